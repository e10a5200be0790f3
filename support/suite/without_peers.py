"""`python -m support.suite.without_peers`: the lint of features and steps as on a machine without the extra p2p."""

import sys
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

from support.suite import gherkin_lint
from support.suite.step_files import OF_PEERS


def hide() -> None:
    """Have Python find nothing of what the extra brings."""
    find = PathFinder.find_spec

    def find_others(name: str, *arguments: Any) -> ModuleSpec | None:
        return None if name.partition(".")[0] in OF_PEERS else find(name, *arguments)

    PathFinder.find_spec = find_others  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    hide()
    sys.exit(gherkin_lint.main([]))
