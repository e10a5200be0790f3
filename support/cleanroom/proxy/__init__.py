"""A recording fault proxy for HTTP/1.1, a program of its own."""
