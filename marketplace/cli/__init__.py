"""The `ggen market` command line: parse, call, render."""
