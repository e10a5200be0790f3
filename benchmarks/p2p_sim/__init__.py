"""A seeded simulation of many peers that run the product's own announcing, syncing and judging: see `__main__`."""
