"""A product of two functions for a forged suite: small enough to say in a scenario which of its lines ran where."""

import re
from dataclasses import dataclass
from html import unescape

from support.suite.coverage_map import TABLE
from support.suite.forged_suite import PROJECT, ForgedSuite

_PROJECT = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "till"
version = "1"
requires-python = ">=3.11"

[tool.setuptools]
packages = ["till"]

[tool.behave]
paths = ["features"]
"""
_FILES = {
    "till/__init__.py": "",
    "till/sums.py": """def change(given, price):
    if given < price:
        raise SystemExit("too little")
    return given - price


def greeting():
    return "good day"
""",
    "till/__main__.py": """import sys

from till.sums import change

print(change(int(sys.argv[1]), int(sys.argv[2])))
""",
}
_TABLE = """package = "till"
overall = 80

[[component]]
name = "counter"
files = ["sums.py"]
[component.critical]
"sums.py" = ["change"]

[[component]]
name = "door"
files = ["__init__.py", "__main__.py"]
[component.critical]
"""


def add_product(suite: ForgedSuite) -> None:
    """Add a shop's till to a forged suite, with steps that run it, and the table of its critical functions."""
    for name, text in _FILES.items():
        suite.write(name, text)
    suite.write("pyproject.toml", _PROJECT)
    suite.write(TABLE.as_posix(), _TABLE)
    steps = PROJECT / "features" / "suite" / "data" / "till_steps.py"
    suite.write("steps/till_steps.py", steps.read_text(encoding="utf-8"))
    constraints = (PROJECT / "constraints.txt").read_text(encoding="utf-8")
    suite.write("constraints.txt", constraints)


def change_table(suite: ForgedSuite, old: str, new: str) -> None:
    """Replace a text of the table.

    Raises:
        ValueError: it is not there.
    """
    path = suite.root / TABLE
    text = path.read_text(encoding="utf-8")
    if old not in text:
        raise ValueError(f"{old!r} is not in the table")
    path.write_text(text.replace(old, new), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class InAllure:
    """How Allure shows the map: the status, the message, and the texts that are attached."""

    status: str
    message: str
    attachments: tuple[str, ...]


def map_in_allure(suite: ForgedSuite) -> InAllure:
    """Return how Allure shows the map of the last run."""
    result = suite.allure()["Coverage map"]
    folder = suite.root / "build" / "allure-results"
    texts = tuple((folder / item["source"]).read_text(encoding="utf-8") for item in result["attachments"])
    return InAllure(result["status"], result["statusDetails"]["message"], texts)


def rows_of_page(suite: ForgedSuite) -> list[tuple[str, ...]]:
    """Return component, function, percentage and what is missing, as the map's page shows them."""
    text = (suite.root / "build" / "coverage" / "index.html").read_text(encoding="utf-8")
    found = []
    for part in re.findall(r"<details>(.*?)</details>", text, re.DOTALL):
        component = re.findall(r'class="label">(.*?)<', part)[0]
        for row in re.findall(r"<tr class=.*?</tr>", part):
            cells = [unescape(re.sub("<.*?>", "", cell)) for cell in re.findall(r"<td.*?</td>", row)]
            found.append((component, *(cell for place, cell in enumerate(cells) if place != 1)))
    return found


def row_of(output: str, name: str) -> dict[str, float]:
    """Return the figures that a run's table of metrics shows for a scenario, by the table's headings."""
    lines = output.splitlines()
    head = next(line for line in lines if line.endswith("  scenario"))
    names = re.findall(r"\S+(?: \S+)?", head)[:-1]
    row = next(line for line in lines if f"  {name} (" in line and line.count(".") > len(names) - 2)
    return dict(zip(names, map(float, row.split()), strict=False))


def metrics_in_allure(suite: ForgedSuite, name: str) -> dict[str, float]:
    """Return the figures that are attached to a scenario's result."""
    attached = {item["name"]: item["source"] for item in suite.allure()[name]["attachments"]}
    text = (suite.root / "build" / "allure-results" / attached["metrics"]).read_text(encoding="utf-8")
    return {key: float(value) for key, value in (line.split() for line in text.splitlines())}
