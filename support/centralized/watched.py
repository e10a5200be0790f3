"""A `ggen` command that is watched from within: which folders it makes to unpack archives in."""

import subprocess
import sys

from marketplace.storage.files import STAGED_PREFIX
from support.market.world import World

_SECONDS = 60.0
_WATCHED = """
import sys
log = open(sys.argv.pop(1), "a")
sys.addaudithook(lambda event, args: event == "os.mkdir" and print(args[0], file=log, flush=True))
from marketplace.cli.main import run
run()
"""


def scratch_folders(world: World, command: str) -> list[str]:
    """Run a command, which must succeed; return the temporary folders that it made among unfinished transfers."""
    args, environ = world.command(command)
    log = world.root / "mkdir.log"
    started = [sys.executable, "-c", _WATCHED, str(log), *args[1:]]
    subprocess.run(started, cwd=world.project, env=environ, check=True, capture_output=True, timeout=_SECONDS)
    made = log.read_text(encoding="utf-8").splitlines()
    assert made, "no folder was made at all: nothing was watched"
    return [path for path in made if f"/partial/{STAGED_PREFIX}" in path]
