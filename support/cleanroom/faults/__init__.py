"""Faults of nodes: processes, network, files, clock, memory and processor; each is healed."""
