"""Signals that end a run: SIGTERM is what Ctrl-C is, so that whoever is ended cleans up."""

import signal


def listen() -> None:
    """Make SIGTERM and SIGINT raise KeyboardInterrupt: SIGTERM would end the process on the spot, without cleaning."""
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background begins without it


def ignore() -> None:
    """Be deaf to both from now on: once is enough, and stopping has a time limit of its own."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
