"""Catalogues of packages in any number: to import, to search, to choose from."""
