"""Small suites written for one scenario, on which the suite's own tools are tried as a user would run them."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from support.suite.verdicts import Verdict, read_record

PROJECT = Path(__file__).resolve().parents[2]
_TIMEOUT = 600.0
_FEATURE = """@local @level1
Feature: Sound

  Scenario: Nothing is wrong here
    Given a sound step
"""
_STEPS = """from behave import given


@given("a sound step")
def step_impl(context):
    print("the sound step was here")
"""
_SETTINGS = '[tool.behave]\npaths = ["features"]\n'


class ForgedSuite:
    """A suite below `root`: sound as it is made, spoilt by what a scenario writes into it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("features/sound.feature", _FEATURE)
        self.write("steps/sound_steps.py", _STEPS)
        self.write("pyproject.toml", _SETTINGS)
        self.write("docs/tags.md", (PROJECT / "docs" / "tags.md").read_text(encoding="utf-8"))
        shutil.copy(PROJECT / "environment.py", root / "environment.py")

    def write(self, name: str, text: str) -> None:
        """Write a file of the suite."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def add_odd_steps(self, name: str = "odd") -> None:
        """Add steps each of which goes wrong in a way of its own: `odd`, or `room` for those with rooms."""
        file = f"{name}_steps.py"
        shutil.copy(PROJECT / "features" / "suite" / "data" / file, self.root / "steps" / file)

    def run(self, module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one of the suite's tools, `python -m MODULE ARGUMENTS`, on this suite."""
        return run_tool(self.root, module, *arguments)

    def run_each(self, feature: str, scenarios: Sequence[str]) -> "list[subprocess.CompletedProcess[str]]":
        """Run some scenarios of a feature at the same time, each by a behave of its own."""
        options = [("--no-color", "--name", f"^{name}$", feature) for name in scenarios]
        with ThreadPoolExecutor(len(options)) as pool:
            return list(pool.map(lambda given: self.run("behave", *given), options))

    def interrupt(self, number: int, name: str, module: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run one of the suite's tools, send a signal as soon as a scenario has written `name`, and wait for the end.

        It is started as a script starts a job in the background: with SIGINT ignored. Its temporary files are in `tmp`.
        """
        background = ("sh", "-c", "trap '' INT; exec \"$@\"", "sh")
        command = [*background, sys.executable, "-m", module, *arguments]
        (self.root / "tmp").mkdir()
        with subprocess.Popen(
            command, cwd=self.root, env={**_environ(), "TMPDIR": str(self.root / "tmp")}, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            deadline = time.monotonic() + _TIMEOUT
            while not (self.root / name).exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=_TIMEOUT)
        return subprocess.CompletedProcess(command, process.returncode, stdout, stderr)

    def artefacts(self, scenario: str) -> dict[str, str]:
        """Return the files in a scenario's folder of artefacts, by their paths in it."""
        folders = [path for path in self.root.glob("build/artefacts/*") if path.name[:-9] == scenario.replace(" ", "-")]
        files = [(folder, path) for folder in folders for path in folder.rglob("*") if path.is_file()]
        return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for folder, path in files}

    def attachments(self, scenario: str) -> dict[str, str]:
        """Return what Allure shows with a scenario, by its name."""
        folder = self.root / "build" / "allure-results"
        attached = self.allure()[scenario].get("attachments", [])
        return {item["name"]: (folder / item["source"]).read_text(encoding="utf-8") for item in attached}

    def allure(self) -> dict[str, dict[str, Any]]:
        """Return the Allure results of the last run, by the scenario's name."""
        results = [
            json.loads(path.read_text(encoding="utf-8"))
            for path in (self.root / "build" / "allure-results").glob("*-result.json")
        ]
        return {result["name"]: result for result in results}


def _environ() -> dict[str, str]:
    """Return the environment in which a suite's tools find this project's `support`."""
    return {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}


def run_tool(root: Path, module: str, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run `python -m MODULE ARGUMENTS` in the folder of a suite, with further variables in its environment."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=root, env={**_environ(), **environ}, text=True,
        stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False,
    )  # fmt: skip


def verdicts(build: Path) -> dict[str, Verdict]:
    """Return what the behave processes of the last run told, by the scenario's name."""
    records = [read_record(path) for path in sorted((build / "records").glob("*.jsonl"))]
    return {verdict.name: verdict for record in records for verdict in record.verdicts}
