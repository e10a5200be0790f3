"""Sources of settings for a scenario, and processes that write them."""

import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.config import Settings


@dataclass
class Sources:
    """Where a scenario's settings come from: the home, the project's folder, the environment and the flags."""

    home: Path
    project: Path
    environ: dict[str, str] = field(default_factory=dict)
    flags: dict[str, object] = field(default_factory=dict)

    def write_home(self, data: bytes) -> None:
        """Write the home's settings file."""
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "config.toml").write_bytes(data)

    def write_project(self, data: bytes) -> None:
        """Write the project's file."""
        self.project.mkdir(parents=True, exist_ok=True)
        (self.project / "ggen.toml").write_bytes(data)

    def set_everywhere(self, name: str, values: Sequence[str]) -> None:
        """Set a number by the flag, the environment, the project and the home, in this order; `-` leaves one out."""
        flag, environment, project, home = values
        if flag != "-":
            self.flags[name] = flag
        if environment != "-":
            self.environ[f"GGEN_{name.upper()}"] = environment
        if project != "-":
            self.write_project(f"[market]\n{name} = {project}\n".encode())
        if home != "-":
            self.write_home(f"{name} = {home}\n".encode())

    def read(self, below: str = ".") -> Settings:
        """Read the settings as a command in that folder of the project would."""
        folder = self.project / below
        folder.mkdir(parents=True, exist_ok=True)
        return Settings.load(folder=folder, environ={"GGEN_HOME": str(self.home), **self.environ}, flags=self.flags)


def write_together(home: Path, values: Iterable[tuple[str, str]]) -> list[str]:
    """Let one process per setting write it into the home at the same time; return the errors of those that failed."""
    command = [str(Path(sys.executable).with_name("ggen")), "market", "config"]
    environ = {**os.environ, "GGEN_HOME": str(home)}
    writers = [
        subprocess.Popen([*command, *value], env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for value in values
    ]
    try:
        return [error for writer in writers if (error := writer.communicate(timeout=120)[1])]
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
