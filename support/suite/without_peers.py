"""`python -m support.suite.without_peers`: what a run of the suite begins with, as on a machine without the extra p2p.

It prints what the lint finds, and the images that would be built and cannot be.
"""

import sys
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

from support.suite import gherkin_lint, prepare
from support.suite.step_files import OF_PEERS


def hide() -> None:
    """Have Python find nothing of what the extra brings."""
    find = PathFinder.find_spec

    def find_others(name: str, *arguments: Any) -> ModuleSpec | None:
        return None if name.partition(".")[0] in OF_PEERS else find(name, *arguments)

    PathFinder.find_spec = find_others  # type: ignore[method-assign, assignment]


def main() -> int:
    """Print what is wrong; return 0 when nothing is, else 1."""
    hide()
    wanted = {"ggen-p2p", "js-libp2p"} & set(prepare.images_wanted([], []))
    for name in sorted(wanted):
        print(f"the image {name} is wanted")  # noqa: T201 - this program's output
    return gherkin_lint.main([]) or int(bool(wanted))


if __name__ == "__main__":
    sys.exit(main())
