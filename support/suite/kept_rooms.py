"""A room that a small suite kept, as its user meets it: by what was printed."""

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import run_folder
from support.cleanroom.engine.choice import available
from support.cleanroom.reaper import leftovers_of

_SECONDS = 60.0
_PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class KeptRoom:
    """What was told of a room: the command that enters it, and the run that it is part of."""

    entrance: str
    run: str

    @classmethod
    def told_in(cls, output: str) -> "KeptRoom":
        """Return the one room that an output tells of."""
        enter = set(re.findall(r"^ *enter: +(.+)$", output, re.MULTILINE))
        remove = set(
            re.findall(r"^ *remove: python -m support\.cleanroom\.reaper --remove (\S+)$", output, re.MULTILINE)
        )
        assert (len(enter), len(remove)) == (1, 1), output
        return cls(enter.pop(), remove.pop())

    def ask(self, command: str) -> str:
        """Return what a command prints that is run by the shell inside."""
        argv = [word for word in shlex.split(self.entrance) if word != "-it"]  # there is no terminal here
        done = subprocess.run([*argv, "-c", command], capture_output=True, text=True, timeout=_SECONDS, check=True)
        return done.stdout

    def remove(self) -> None:
        """Remove it, as it was told."""
        command = [sys.executable, "-m", "support.cleanroom.reaper", "--remove", self.run]
        subprocess.run(command, cwd=_PROJECT, timeout=_SECONDS, check=True, capture_output=True)

    def is_gone(self) -> bool:
        """Say whether nothing of its run is left a short time later."""
        return bool(Deadline.after(60).poll(self._gone))

    def _gone(self) -> bool:
        return not leftovers_of(self.run, available()) and not run_folder(self.run).exists()
