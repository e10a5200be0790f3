"""What the library rows find, each way in one process for all scenarios of a run."""

import functools
import json
import subprocess
import sys

_SECONDS = 600.0


@functools.cache
def found(how: str) -> dict[str, str]:
    """Return what every row finds, with the library as it is or with our mends.

    Raises:
        subprocess.CalledProcessError: the process failed.
    """
    command = [sys.executable, "-m", "support.p2p.library_rows", how]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    rows: dict[str, str] = json.loads(done.stdout)
    return rows
