"""init: the publisher's first verb."""

from collections.abc import Iterator
from pathlib import Path

import click

from marketplace.cli import render
from marketplace.cli.session import Session, with_session


@click.command("init")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--id", "id_text", metavar="ID", help="The package's id; otherwise example.<folder name>.")
@click.option("--title", default="", help="A short title.")
@with_session()
def init_command(session: Session, path: Path, id_text: str | None, title: str) -> None:
    """Make the folder PATH of a new package, ready to publish.

    Example: ggen market init my-template --id io.acme.my-template
    """
    from marketplace.scaffold import scaffold

    folder = session.folder / path
    id_, files = scaffold(folder, id_text, title)
    document = {"id": str(id_), "version": "0.1.0", "path": str(folder), "files": files}
    session.out.result(document, lambda: _init_text(str(id_), path, files))


def _init_text(id_: str, path: Path, files: list[str]) -> Iterator[str]:
    yield f"{render.good('Made')} {render.bold(id_)} in {path}"
    yield from (f"  {name}" for name in files)
    yield render.dim(f"next: edit the template, then `ggen market publish {path}`")
