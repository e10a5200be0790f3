"""A node's logs on a disk that is full for a while, in a process of its own: `python -m support.p2p.full_disk FOLDER`.

The disk is full in the way that a limit on the size of files makes it so: no write that lets a file grow succeeds.
"""

import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

from marketplace.errors import UnavailableError
from marketplace.p2p import sync
from marketplace.p2p.logstore import LogStore
from support.p2p.authors import author

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path) -> dict[str, Any]:
    """Return what a process saw that offered entries to a full disk, and then to one with room."""
    command = [sys.executable, "-m", "support.p2p.full_disk", str(folder)]
    found: dict[str, Any] = json.loads(subprocess.check_output(command, cwd=ROOT, timeout=60))
    return found


def main(folder: Path) -> None:
    """Print it."""
    path = folder / "logs.sqlite"
    ann, eve = author("ann", 3), author("eve", 1)
    offers = [*ann.entries[1:], eve.fork(1, "io.eve.other")]
    store = LogStore(path)
    store.offer([*ann.entries[:1], *eve.entries])
    told = {"before": sync.digest(store.logs.summary())}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.with_name("logs.sqlite-wal").stat().st_size, hard))
    try:
        store.offer(offers)
    except UnavailableError as error:
        told["error"] = error.code
    told["full"] = sync.digest(store.logs.summary())
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    told["outcomes"] = " ".join(outcome.value for outcome in store.offer(offers))
    told["after"] = sync.digest(store.logs.summary())
    store.close()
    opened = LogStore(path)
    told["opened"] = sync.digest(opened.logs.summary())
    opened.close()
    print(json.dumps(told))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
