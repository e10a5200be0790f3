"""The folder of a new package, as `init` makes it."""

import re
from pathlib import Path

from marketplace.errors import ConflictError
from marketplace.model.ids import PackageId

DESCRIPTION = "What this package generates, in a sentence or two"
"""What stands in a new package until its author describes it."""

_MANIFEST = """\
[package]
id = "{id}"
version = "0.1.0"
title = "{title}"
description = "{description}"
license = "MIT"
authors = []
category = "templates"
tags = []
keywords = []
readme = "README.md"

# [dependencies]
# "io.ggen.rust.core" = "^1.0"

[[template]]
path = "templates/greeting.txt.tmpl"
description = "A greeting"
output = "greeting.txt"
variables = [{{ name = "name", description = "Whom to greet", default = "world" }}]
"""
_README = "# {title}\n\nAdd it to a project with `ggen market add {id}`.\n"
_TEMPLATE = "Hello, {{ name }}!\n"


def scaffold(folder: Path, id_text: str | None, title: str) -> tuple[PackageId, list[str]]:
    """Write a package that can be published as it is; return its id and the files written, relative to `folder`.

    Without an id, the package is called `example.` and the folder's name made fit.

    Raises:
        ConflictError: `folder-not-empty`.
        InvalidInputError: `invalid-package-id`.
    """
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")
    id_ = PackageId.parse(id_text or f"example.{name}")
    if folder.exists() and any(folder.iterdir()):
        message = f"{folder} is there and is not empty"
        raise ConflictError("folder-not-empty", message, hint="name a new or an empty folder", path=str(folder))
    shown = (title or id_.name).replace("\\", "").replace('"', "'")
    files = {
        "package.toml": _MANIFEST.format(id=id_, title=shown, description=DESCRIPTION),
        "README.md": _README.format(id=id_, title=shown),
        "templates/greeting.txt.tmpl": _TEMPLATE,
    }
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return id_, list(files)
