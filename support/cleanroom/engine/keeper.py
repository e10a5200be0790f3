"""Holds the line to a room's holder when the process that made the room has ended, until the holder ends."""

import select
import signal
import sys


def main(handle: int) -> int:
    """Wait until the other end is closed."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    line = select.poll()
    line.register(handle, 0)  # the end of the line is told unasked; what is on it is not for this process
    line.poll()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
