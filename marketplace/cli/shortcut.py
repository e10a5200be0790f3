"""The commands asked most often, answered without click: `search`, `install` with nothing to do, every `--help`.

Only what is plainly right is answered here. Anything else, every mistake included, is left to click, so there is one
place that judges arguments. Both ways give the same answer (features/cli/cold_start.feature).
"""

import os
import sys
from collections.abc import Sequence

_HELP_WIDTH = 80
"""Columns for which the stored help texts are laid out: click's widest."""
_MAX_DIGITS = 9
_SHARED_FLAGS = {
    "--json": "json", "-q": "quiet", "--quiet": "quiet", "--offline": "offline", "--prefer-offline": "prefer_offline",
}  # fmt: skip
_INSTALL_FLAGS = ("--locked", "--pre", "--copy", "--force")


def answer(argv: Sequence[str]) -> int | None:
    """Answer a command and return its exit code, or None to leave it to click.

    Raises:
        What the verb raises.
    """
    if "_GGEN_COMPLETE" in os.environ:
        return None
    if argv and argv[-1] == "--help":
        return _help(argv[:-1])
    if list(argv[:2]) == ["market", "search"]:
        return _search(argv[2:])
    if list(argv[:2]) == ["market", "install"]:
        return _install(argv[2:])
    return None


def _help(verbs: Sequence[str]) -> int | None:
    if not all(verb.isascii() and verb.isalpha() for verb in verbs) or not _is_wide():
        return None
    path = os.path.join(os.path.dirname(__file__), "help", "-".join(("ggen", *verbs)) + ".txt")  # noqa: PTH118, PTH120 - pathlib costs more than all of this
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            text = file.read()
    except FileNotFoundError:
        return None
    sys.stdout.write(text)
    return 0


def _is_wide() -> bool:
    """Tell whether click would lay a help text out for `_HELP_WIDTH` columns (it asks shutil.get_terminal_size)."""
    if "COLUMNS" in os.environ:
        return False
    try:
        columns = os.get_terminal_size(1).columns
    except OSError:
        return True
    return columns == 0 or columns >= _HELP_WIDTH


def _search(args: Sequence[str]) -> int | None:
    found = _parse(args)
    if found is None:
        return None
    from marketplace.cli.searching import search
    from marketplace.cli.session import make_session, working_folder

    words, filters, flags = found
    session = make_session(working_folder(), flags, os.environ)
    try:
        search(session, words, filters)
    finally:
        session.close()
    return 0


def _install(args: Sequence[str]) -> int | None:
    """Answer an install that has nothing to do; its own flags change nothing then."""
    flags = {_SHARED_FLAGS[argument]: True for argument in args if argument in _SHARED_FLAGS}
    if not all(argument in _SHARED_FLAGS or argument in _INSTALL_FLAGS for argument in args):
        return None
    from marketplace.cli.installing import installed_already
    from marketplace.cli.session import make_session, working_folder

    return 0 if installed_already(make_session(working_folder(), flags, os.environ)) else None


def _parse(args: Sequence[str]) -> tuple[list[str], dict[str, object], dict[str, object]] | None:
    """Return the words, filters and flags, or None when any argument is not plainly one of them."""
    words: list[str] = []
    filters: dict[str, object] = {}
    flags: dict[str, object] = {}
    rest = iter(args)
    for argument in rest:
        if not argument.startswith("-"):
            words.append(argument)
        elif argument in _SHARED_FLAGS:
            flags[_SHARED_FLAGS[argument]] = True
        else:
            value = next(rest, "-")
            if value.startswith("-") or not _take(argument, value, filters, flags):
                return None
    return words, filters, flags


def _take(option: str, value: str, filters: dict[str, object], flags: dict[str, object]) -> bool:
    """Keep the value of an option; False when it is not plainly valid."""
    from marketplace.cli.searching import FILTERS

    if option == "--registry":
        flags["registry"] = value
        return True
    known = FILTERS.get(option)
    if known is None or (known.choices and value not in known.choices):
        return False
    if known.low is None:
        filters[known.name] = value
        return True
    if not (value.isascii() and value.isdigit() and len(value) <= _MAX_DIGITS):
        return False
    filters[known.name] = int(value)
    return known.low <= int(value) <= known.high
