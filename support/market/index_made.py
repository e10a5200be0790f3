"""Opening the index of a new home from several sides in the same moment."""

import threading
from pathlib import Path

from marketplace.index.local import LocalIndex

_WAIT = 60.0


def open_together(folder: Path, programs: int, homes: int) -> list[str]:
    """Let `programs` threads, each with its own connection, open each new index at once; return what failed."""
    failed: list[str] = []
    for number in range(homes):
        start = threading.Barrier(programs)
        place = folder / f"home-{number}" / "index.sqlite"
        threads = [threading.Thread(target=_open, args=(place, start, failed)) for _ in range(programs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(_WAIT)
            assert not thread.is_alive(), "opening an index did not end"
    return failed


def _open(place: Path, start: threading.Barrier, failed: list[str]) -> None:
    start.wait(_WAIT)
    try:
        index = LocalIndex(place)
        index.set_downloads(dict)
        index.close()
    except Exception as error:  # noqa: BLE001 - handed to the step: an error in a thread would only be printed
        failed.append(repr(error))
