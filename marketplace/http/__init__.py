"""Speaking HTTP to registries: one request, what is repeated, what is kept. Imported when a request is really made."""
