"""A run of its own whose groups and folders come and go all the time, while another run looks what is left.

`python -m support.trials.coming_and_going` makes and removes them until its input ends.
"""

import contextlib
import select
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from support.cleanroom.engine.base import EngineError, run_folder
from support.cleanroom.engine.cgroups import Group
from support.cleanroom.engine.host import GROUPS
from support.cleanroom.engine.run_id import RunId

_ROOT = Path(__file__).resolve().parents[2]


@contextlib.contextmanager
def _another_run() -> Iterator[None]:
    command = [sys.executable, "-m", "support.trials.coming_and_going"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=_ROOT) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield
    if process.returncode:
        raise RuntimeError(f"the other run ended with {process.returncode}")


def looked(looks: Iterable[Callable[[], object]], times: int) -> list[str]:
    """Look many times while another run's things come and go; return what went wrong."""
    wrong = []
    with _another_run():
        for look in [*looks] * times:
            try:
                look()
            except (OSError, EngineError) as error:
                wrong.append(f"{type(error).__name__}: {error}")
    return wrong


def _come_and_go(run: str) -> None:
    group, folder = Group.named(f"{GROUPS}/{run}/a-container"), run_folder(run)
    with contextlib.suppress(OSError):  # without the rights of root there are folders alone
        group.create()
    for kind in ("volumes", "networks"):
        (folder / kind / "127.0.0@a-room").mkdir(parents=True)
    for place in set(group.folders.values()):
        with contextlib.suppress(OSError):
            place.rmdir()
            place.parent.rmdir()
    shutil.rmtree(folder)


def main() -> None:
    """Make and remove until the input ends."""
    run = str(RunId.mine())
    sys.stdout.write("\n")
    sys.stdout.flush()
    while not select.select([sys.stdin], [], [], 0)[0]:
        _come_and_go(run)


if __name__ == "__main__":
    main()
