"""`python -m marketplace.cli`: the command line without its shortcuts."""

import sys

from marketplace.cli.main import run_cli

if __name__ == "__main__":
    sys.exit(run_cli(sys.argv[1:], shortcuts=False))
