"""Writing a mirror that ends too early.

`python -m support.centralized.killed_mirror HOME TARGET N` writes a mirror and dies before rename number N;
`… HOME TARGET each FOLDER` does so for every N, each time to a copy of TARGET in FOLDER that has the number's name.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from marketplace.server.content import Content
from marketplace.server.log import log_key
from marketplace.server.mirror import Mirror
from support.market.packages import local_registry


def write(home: Path, target: Path, number: int) -> None:
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


def each(home: Path, target: Path, folder: Path) -> None:
    """Do so before the first rename, before the second, and so on until it ends by itself."""
    folder.mkdir()
    number, killed = 0, True
    while killed:
        number += 1
        copy = folder / str(number)
        subprocess.run(["cp", "-a", str(target), str(copy)], check=True)
        child = os.fork()
        if child == 0:
            write(home, copy, number)
            os._exit(0)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        killed = status == -signal.SIGKILL
        assert killed or status == 0, status


if __name__ == "__main__":
    if sys.argv[3] == "each":
        each(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[4]))
    else:
        write(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
