"""Killing a real process at its n-th file-system operation, without a hook in the product.

A `sitecustomize` module, found before the program starts, registers an audit hook (PEP 578) that counts the events of
file-system changes and sends the process SIGKILL at the chosen one, before the operation is carried out.
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from support.world import World

_HOOK = """
import os, signal, sys
_CHANGES = {"os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.symlink", "os.truncate"}
_left = [int(os.environ["GGEN_TEST_KILL_AT"])]
_log = os.open(os.environ["GGEN_TEST_KILL_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

def _hook(event, args):
    wrote = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
    if event in _CHANGES or wrote:
        _left[0] -= 1
        os.write(_log, f"{event} {args[0]}\\n".encode())
        if _left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(_hook)
"""
_MOST = 200
_TIMEOUT = 60.0


def every_operation(world: World, command: str) -> list[tuple[str, bool]]:
    """Kill `command` at its first, second, … operation until it runs to its end.

    Each time the project is as it was before; afterwards the command is tried again and the result verified. Returns
    the operation and whether all was well then, for each.
    """
    before = world.root / "before"
    shutil.copytree(world.project, before, symlinks=True)
    results: list[tuple[str, bool]] = []
    for place in range(1, _MOST):
        shutil.rmtree(world.project)
        shutil.copytree(before, world.project, symlinks=True)
        killed, operation = _killed_at(world, command, place)
        if not killed:
            return results
        again = world.attempt(command).exit_code == 0 and world.attempt("ggen market verify").exit_code == 0
        results.append((operation, again and world.exit_code() == 0))
    raise AssertionError(f"{command} has more than {_MOST} operations")


def _killed_at(world: World, command: str, place: int) -> tuple[bool, str]:
    folder = world.root / "crash"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_HOOK, encoding="utf-8")
    log = folder / "log"
    log.unlink(missing_ok=True)
    args, environ = world.command(command)
    extra = {"PYTHONPATH": str(folder), "GGEN_TEST_KILL_AT": str(place), "GGEN_TEST_KILL_LOG": str(log)}
    done = subprocess.run(
        args, cwd=world.project, env={**environ, **extra, "PYTHONDONTWRITEBYTECODE": "1"}, stdin=subprocess.DEVNULL,
        capture_output=True, timeout=_TIMEOUT, check=False,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0, _last_line(log)


def _last_line(log: Path) -> str:
    return os.fsdecode(log.read_bytes()).strip().rpartition("\n")[2]
