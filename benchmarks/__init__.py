"""Speed as ratios to peers, measured in one run on one machine. `python -m benchmarks.<name>` prints a table."""
