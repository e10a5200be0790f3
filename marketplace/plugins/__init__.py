"""Plugins: code of others that takes part in publishing, searching and fetching, and is never relied upon.

`found` lists what is installed without importing any of it, `choices` keeps what the user decided about each, `calling`
asks them. What a plugin's author needs is in `hooks`. See docs/plugins.md.
"""
