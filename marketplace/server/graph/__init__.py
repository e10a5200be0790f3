"""The registry as a graph: `/graphql` of the server."""
