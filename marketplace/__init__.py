"""A marketplace for code-generation packages: signed releases, one content-addressed store, several registries."""

__version__ = "0.1.0"
