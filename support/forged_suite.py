"""Small suites written for one scenario, on which the suite's own tools are tried as a user would run them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
_TIMEOUT = 120.0
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

    def environ(self) -> dict[str, str]:
        """Return the environment in which the suite's tools find this project's `support`."""
        return {**os.environ, "PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}

    def run(self, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the suite's tools, `python -m MODULE ARGUMENTS`, on this suite."""
        return subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=self.root, env=self.environ(), text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_TIMEOUT, check=False,
        )  # fmt: skip

    def allure(self) -> dict[str, dict[str, Any]]:
        """Return the Allure results of the last run, by the scenario's name."""
        results = [
            json.loads(path.read_text(encoding="utf-8"))
            for path in (self.root / "build" / "allure-results").glob("*-result.json")
        ]
        return {result["name"]: result for result in results}
