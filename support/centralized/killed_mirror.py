"""`python -m support.centralized.killed_mirror HOME TARGET N`: write a mirror, and die before rename number N."""

import os
import signal
import sys
from pathlib import Path

from marketplace.server.content import Content
from marketplace.server.log import log_key
from marketplace.server.mirror import Mirror
from support.market.packages import local_registry


def main(home: Path, target: Path, number: int) -> None:
    """Write the mirror of a home's registry with a rename that kills the process when it is called so often."""
    left = [number]
    rename = Path.replace

    def replace(path: Path, other: Path) -> Path:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(path, other)

    Path.replace = replace  # type: ignore[assignment]
    key = log_key(home / "registry" / "log.key")
    content = Content(local_registry(home), key, None)
    Mirror(content, key, target, archives=False, advance=lambda _what, _done, _all: None).run(lock_timeout=5)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
