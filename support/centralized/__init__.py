"""What the scenarios of the centralized registry need: its protocol, its server, its clients."""
