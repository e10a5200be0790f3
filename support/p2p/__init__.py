"""Peers: nodes as processes and in rooms, hostile peers, and checks of the pure parts."""
