"""Full-text search over the index: a derived view that can be rebuilt at any time."""
