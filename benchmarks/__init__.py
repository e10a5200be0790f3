"""Speed as ratios to peers and floors, measured in one run on one machine. `python -m benchmarks --help` says how."""
