"""What scenarios need of the product: a world with a home and a project, packages, keys, stores, samples."""
