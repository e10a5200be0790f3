"""What the scenarios about the cleanroom ask of it: rooms to disturb, probes, comparisons."""
