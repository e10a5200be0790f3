"""How a catalog of the older shape is read; `marketplace.importer` is its front."""
