"""The append-only log of releases and yanks, with the current state as its view."""
