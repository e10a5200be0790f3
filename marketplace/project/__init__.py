"""A user's project folder: its requirements, its lock and its installed packages."""
