"""Features run by a user who is not root, as a newcomer's `make test` does where no engine is installed."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from support.cleanroom.engine.base import RUN_FOLDERS
from support.cleanroom.policy import USER

_PROJECT = Path(__file__).resolve().parents[2]
_SECONDS = 900.0
# Run in a mount namespace of its own: "$1" is a folder that only its owner may pass through, "$2" an empty one, "$3" a
# folder below "$1". An open folder takes the place of "$1", with "$3" in it. What comes after is the command.
_OPEN_THE_WAY = """set -e
mount --rbind "$1" "$2"
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir -p "$3"
mount --rbind "$2${3#"$1"}" "$3"
shift 3
exec "$@"
"""

_RUNNER = "support.suite.fork_server:LoadedRunner"
"""The suite's own, which knows a machine without the extra p2p."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many scenarios ended in which way, and what behave printed."""

    counts: Counter[str]
    printed: str


def as_user(argv: Sequence[str]) -> list[str]:
    """Return the words that run a command as a user of no rights, in no group but its own."""
    uid, _, gid = USER.partition(":")
    return ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", *argv]


def may_make_namespaces() -> bool:
    """Say whether this machine lets a user who is not root make a user namespace: not every one does."""
    return subprocess.run(as_user(["unshare", "-Urnm", "true"]), capture_output=True, check=False).returncode == 0


def run(features: Sequence[str]) -> Outcome:
    """Run features on the host engine as such a user, in a home of its own."""
    with tempfile.TemporaryDirectory(prefix="ggen-without-root-", dir=RUN_FOLDERS) as home:  # where all may pass
        os.chown(home, *map(int, USER.split(":")))
        report = Path(home) / "report.json"
        options = [f"--runner={_RUNNER}", "-D", "engine=host", "-f", "json", "-o", str(report)]
        command = [sys.executable, "-m", "behave", *options, *features]
        environment = {"HOME": home, "TMPDIR": home, "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        way = [*_reachable(Path(sys.base_prefix), home), *_reachable(_PROJECT, home)]
        done = subprocess.run(
            [*way, *as_user(command)], cwd=_PROJECT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
        if not report.exists():
            raise RuntimeError(f"behave did not begin:\n{done.stdout[-2000:]}")
        return Outcome(_statuses(report), done.stdout)


def _reachable(folder: Path, home: str) -> list[str]:
    """Return the words that run a command where everybody may pass to `folder`: root's own may be closed to others."""
    closed = [path for path in folder.parents if not path.stat().st_mode & 0o001]
    if not closed:
        return []
    aside = Path(tempfile.mkdtemp(dir=home))
    return ["unshare", "--mount", "sh", "-c", _OPEN_THE_WAY, "sh", str(closed[-1]), str(aside), str(folder)]


def _statuses(report: Path) -> Counter[str]:
    features = json.loads(report.read_text(encoding="utf-8"))
    elements = (element for feature in features for element in feature["elements"])
    return Counter(element["status"] for element in elements if element["type"] == "scenario")
