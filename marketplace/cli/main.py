"""The entry point: runs the command line, turns errors into one message and an exit code."""

import gc
import sys
from collections.abc import Sequence

from marketplace.cli import shortcut

_INTERRUPTED = 130
"""Exit code of a command that the user stopped, as shells count it: 128 + SIGINT."""

_GARBAGE = 20_000
"""New objects between two looks for garbage: Python's 700 looks dozens of times while modules are being imported."""


def run_cli(argv: Sequence[str], *, shortcuts: bool = True) -> int:
    """Run `ggen` with `argv` (without the program's name) and return its exit code. Prints to sys.stdout and stderr.

    `shortcuts=False` leaves everything to click; the answers are the same.
    """
    try:
        code = shortcut.answer(argv) if shortcuts else None
        if code is None:
            from marketplace.cli.app import ggen

            code = ggen.main(args=list(argv), prog_name="ggen", standalone_mode=False)
        sys.stdout.flush()
    except Exception as error:  # noqa: BLE001 - the outermost frame: every error becomes a message and a code
        from marketplace.cli.failures import failed

        return failed(error, as_json="--json" in argv)
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped\n")
        return _INTERRUPTED
    return code if isinstance(code, int) else 0


def run() -> None:
    """The `ggen` command."""
    gc.set_threshold(_GARBAGE)
    code = run_cli(sys.argv[1:])
    gc.freeze()  # what is alive now ends with the process: looking through it at exit takes a fifth of a search
    sys.exit(code)
