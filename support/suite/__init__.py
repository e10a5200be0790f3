"""What runs the suite and judges it: processes, verdicts, reports, coverage, and the checks of the house itself."""
