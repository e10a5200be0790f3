"""Registries: an index plus a blob source behind one protocol."""
