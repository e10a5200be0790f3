"""The registry server: a registry's files and the interface beside them, over HTTP (docs/protocol.md)."""
