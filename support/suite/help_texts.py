"""The help texts that the command line prints without loading click: made from click, kept beside the code.

`python -m support.suite.help_texts` writes them anew.
"""

from collections.abc import Iterator
from pathlib import Path

import click

import marketplace.cli
from marketplace.cli.app import ggen

FOLDER = Path(marketplace.cli.__file__).parent / "help"
_COLUMNS = 80

Words = tuple[str, ...]


def commands(command: click.Command = ggen, path: Words = ("ggen",)) -> Iterator[tuple[Words, click.Command]]:
    """Yield every command with the words that name it, `ggen` itself first."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, name
            yield from commands(found, (*path, name))


def texts() -> dict[str, str]:
    """Return what click prints for each command's `--help`, by the name of its file."""
    return {"-".join(path) + ".txt": _text(path, command) for path, command in commands()}


def _text(path: Words, command: click.Command) -> str:
    context = click.Context(command, info_name=" ".join(path), terminal_width=_COLUMNS - 2)
    return command.get_help(context) + "\n"


def stored() -> dict[str, str]:
    """Return the texts that are kept."""
    return {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()} if FOLDER.is_dir() else {}


def write() -> None:
    """Write all texts, and remove those of commands that are gone."""
    FOLDER.mkdir(exist_ok=True)
    made = texts()
    for name in stored().keys() - made.keys():
        (FOLDER / name).unlink()
    for name, text in made.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
