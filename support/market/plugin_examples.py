"""The example plugins of the documents: installed as a user installs them, and shown as they are."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from marketplace.plugins.found import GROUP, HOOKS
from support.market import plugins
from support.market.world import World

_ROOT = Path(__file__).parents[2]
EXAMPLES = _ROOT / "docs" / "plugins" / "examples"
_SHOWN = re.compile(r"`(docs/plugins/examples/[^`]+)`:\n\n```\w+\n(.*?)```\n", re.DOTALL)


def install(world: World, name: str) -> None:
    """Have pip build an example and install it into the folder of the scenario's plugins, with nothing downloaded."""
    copy = world.root / "examples" / name
    shutil.copytree(EXAMPLES / name, copy)  # what a build leaves beside the sources stays out of the project
    subprocess.run(
        [
            sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation",
            "--disable-pip-version-check", "--target", str(plugins.folder(world)), "--upgrade", str(copy),
        ],
        check=True, capture_output=True, timeout=600, env={**os.environ, "PIP_NO_INPUT": "1"},
    )  # fmt: skip


def shown(page: str) -> dict[str, str]:
    """Return the files that a page shows, by their paths."""
    return dict(_SHOWN.findall((_ROOT / page).read_text(encoding="utf-8")))


def differences(page: str) -> list[str]:
    """Return the files that a page shows otherwise than they are, and examples of which it shows no module."""
    there = shown(page)
    wrong = [path for path, text in there.items() if (_ROOT / path).read_text(encoding="utf-8") != text]
    modules = {str(path.relative_to(_ROOT)) for path in EXAMPLES.rglob("*.py")}
    return wrong + sorted(modules - there.keys())


def hooks_of_examples() -> list[str]:
    """Return the hooks that the examples name in their metadata, sorted."""
    found = []
    for file in EXAMPLES.glob("*/pyproject.toml"):
        groups = tomllib.loads(file.read_text(encoding="utf-8"))["project"]["entry-points"]
        found += [group.removeprefix(GROUP) for group in groups]
    return sorted(found)


def hooks_with_sections(page: str) -> list[str]:
    """Return the hooks that have a heading on a page."""
    text = (_ROOT / page).read_text(encoding="utf-8")
    return [hook for hook in HOOKS if f"\n### {hook}\n" in text]
