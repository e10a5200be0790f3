"""Packages whose quality is measured: a careful one, what spoils it, and what people try to look better."""

from collections.abc import Callable, Mapping
from pathlib import Path

_README = """# {title}

This package writes the routes of a small web service from a description of its resources. Each resource becomes one
module with handlers for listing, reading, creating and removing entries, and every handler checks what it was given
before anything is stored. Names are taken from the model, so that addresses stay readable, and errors are answered as
problem documents which clients can tell apart. Choose a port and a storage folder; both have sensible defaults. When
the model grows, run the generator again: files that people edited by hand are left alone and listed at the end.

Handlers are plain functions. They receive the parsed request together with an open connection, return a value, and
leave encoding to a shared layer. That makes them easy to try without any server: call one, compare what comes back.
Generated tests show how. Timeouts, limits on bodies and the number of workers come from one settings table, whose
comments explain which figure follows from which. Logging happens once per request, in a single line, with the address
pattern instead of the concrete path, because cardinality ruins dashboards. Migrations are numbered and never rewritten;
if two branches add the same number, the generator stops and names both. Deleting a resource keeps its table until you
drop it yourself. Nothing here talks to other machines during generation, and equal models give equal files, byte by
byte, on every platform we could find. Questions and patches are welcome in the repository; please describe first what
you expected, then what you saw instead, and attach the smallest model that still shows it.

```sh
ggen market add {id}
```
"""
_MANIFEST = """[package]
id = "{id}"
version = "{version}"
title = "{title}"
description = "Writes routes, handlers and their tests for small services from one description of resources"
license = "MIT"
authors = ["Alice Example <alice@example.org>"]
category = "backend"
tags = ["rest", "routing"]
keywords = ["http"]
homepage = "https://{name}.example.org"
repository = "https://git.example.org/{name}"
readme = "README.md"

[dependencies]
{needs}

[[template]]
path = "templates/routes.rs.tmpl"
description = "The routes of one resource"
output = "routes.rs"
variables = [{{ name = "resource", description = "What the routes are for", default = "items" }}]
"""
_CHANGELOG = """# Changelog

## {version}

Handlers answer unknown resources with problem documents; timeouts moved into the settings table.
"""
_LICENSE = """Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction, including without
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the
Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions.
"""
_TEMPLATE = "pub fn {{ resource }}() -> Router {\n    Router::new()\n}\n"
_TEST = "model: tests/model.ttl\ntemplate: templates/routes.rs.tmpl\nexpected: tests/expected/routes.rs\n"
_LOREM = (
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore "
    "magna aliqua. Ut enim ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut aliquip ex ea commodo. "
)  # fmt: skip
_SENTENCE = "This package is the best package for everybody who wants a good package. "

Files = dict[str, str | None]
"""What differs from the careful package: texts by path; None takes a file away."""

READMES: Mapping[str, Callable[[], str]] = {
    "1000 blanks": lambda: " " * 1000,
    "250 full stops": lambda: ". " * 250,
    "one sentence, 40 times": lambda: _SENTENCE * 40,
    "one word, 300 times": lambda: "quality " * 300,
    "lorem ipsum": lambda: _LOREM * 4,
    "nothing but TODO": lambda: "TODO: describe this. " * 60,
    "60 words in a code block": lambda: f"```\n{' '.join(f'word{number}' for number in range(60))}\n```\n",
    "ten words in ever new order": lambda: " ".join(
        f"w{(number * step) % 10}" for step in range(1, 40) for number in range(10)
    ),
}
SPOILED: Mapping[str, Callable[[str], Files]] = {
    "no README": lambda manifest: {"README.md": None, "package.toml": _without(manifest, "readme")},
    "a short README": lambda _: {"README.md": "# Web\n\nIt writes routes.\n"},
    "a README without an example": lambda _: {"README.md": _README.partition("```")[0]},
    "a description of two words": lambda manifest: {"package.toml": _changed(manifest, "description", "Writes routes")},
    "a template without a description": lambda manifest: {
        "package.toml": manifest.replace('description = "The routes of one resource"\n', "")
    },
    "a variable without a description": lambda manifest: {
        "package.toml": manifest.replace('description = "What the routes are for", ', "")
    },
    "no tests": lambda _: {"tests/routes.toml": None, "tests/expected/routes.rs": None},
    "tests that are empty files": lambda _: {"tests/routes.toml": "", "tests/expected/routes.rs": "\n\n"},
    "tests that are one line, ten times": lambda _: {
        "tests/routes.toml": "ok\n" * 10,
        "tests/expected/routes.rs": None,
    },
    "the same test in five files": lambda _: {f"tests/copy{number}.toml": _TEST for number in range(4)},
    "tests that name no template": lambda _: {
        "tests/routes.toml": "one\ntwo\nthree\n",
        "tests/expected/routes.rs": None,
    },
    "no expected output": lambda _: {"tests/expected/routes.rs": None},
    "no changelog": lambda _: {"CHANGELOG.md": None},
    "a changelog of another version": lambda _: {"CHANGELOG.md": _CHANGELOG.format(version="0.9.0")},
    "a changelog that says nothing": lambda _: {
        "CHANGELOG.md": "## 1.0.0\n\n- Various bug fixes and improvements\n- Minor changes\n- Updated some things\n"
    },
    "a changelog that says the same of two versions": lambda _: {
        "CHANGELOG.md": _CHANGELOG.format(version="1.0.0") + _CHANGELOG.format(version="0.9.0")
    },
    "a private key": lambda _: {"deploy.pem": "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n"},
    "a token": lambda _: {"templates/ci.yml": f"token: ghp_{'a1B2' * 9}\n"},
    "more text than is read": lambda _: {"big.ttl": "a line of a large ontology\n" * 4000},
    "a compiled program": lambda _: {"bin/tool": "\x7fELF\x02\x01\x01\0\0\0"},
    "an http homepage": lambda manifest: {"package.toml": manifest.replace("https://web", "http://web")},
    "a licence that is no SPDX identifier": lambda manifest: {
        "package.toml": _changed(manifest, "license", "Free as in beer")
    },
    "an empty licence file": lambda _: {"LICENSE": "\n"},
    "no authors": lambda manifest: {"package.toml": _without(manifest, "authors")},
    "no links": lambda manifest: {"package.toml": _without(_without(manifest, "homepage"), "repository")},
    "tags that repeat the id": lambda manifest: {
        "package.toml": manifest.replace('"rest", "routing"', '"web", "acme"').replace('["http"]', '["web"]')
    },
    "a blank template": lambda _: {"templates/routes.rs.tmpl": "\n"},
    "a requirement without an upper bound": lambda manifest: {
        "package.toml": manifest.replace("[dependencies]", '[dependencies]\n"io.acme.core" = ">=1"')
    },
    "itself as a dependency": lambda manifest: {
        "package.toml": manifest.replace("[dependencies]", '[dependencies]\n"io.acme.web" = "^1"')
    },
    "a variable that is not used": lambda _: {"templates/routes.rs.tmpl": "pub fn items() {}\n"},
    "a variable that is not declared": lambda _: {"templates/routes.rs.tmpl": "{{ resource }} {{ port }}\n"},
    "an editor's backup": lambda _: {"templates/routes.rs.tmpl~": "old\n"},
}


def _without(manifest: str, field: str) -> str:
    return "".join(line for line in manifest.splitlines(keepends=True) if not line.startswith(f"{field} ="))


def _changed(manifest: str, field: str, value: str) -> str:
    lines = manifest.splitlines(keepends=True)
    return "".join(f'{field} = "{value}"\n' if line.startswith(f"{field} =") else line for line in lines)


def careful(id_: str, version: str, needs: str = "") -> dict[str, str]:
    """Return the files of a package to which nobody would have an objection; its words are the same for all ids."""
    name = id_.rpartition(".")[2]
    manifest = _MANIFEST.format(id=id_, version=version, title=f"The {name} kit", name=name, needs=needs)
    return {
        "package.toml": manifest, "README.md": _README.format(id=id_, title=name), "LICENSE": _LICENSE,
        "CHANGELOG.md": _CHANGELOG.format(version=version), "templates/routes.rs.tmpl": _TEMPLATE,
        "tests/routes.toml": _TEST, "tests/expected/routes.rs": "pub fn items() -> Router {\n    Router::new()\n}\n",
    }  # fmt: skip


def write(folder: Path, files: Mapping[str, str | None]) -> Path:
    """Write the files of a package into a folder."""
    for path, text in files.items():
        if text is not None:
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    return folder


def needing(spec: str, other: str) -> Files:
    """Return what makes a careful package need another one."""
    id_, _, version = spec.partition("@")
    return {"package.toml": careful(id_, version, f'"{other.partition("@")[0]}" = "^1"')["package.toml"]}


def shell(spec: str) -> Files:
    """Return what takes everything from a careful package but what a manifest must have."""
    id_, _, version = spec.partition("@")
    manifest = f'[package]\nid = "{id_}"\nversion = "{version}"\ndescription = "Nothing"\n'
    return {**dict.fromkeys(careful(id_, version), None), "package.toml": manifest}


def copy_of(spec: str, step: int = 0) -> Files:
    """Return the README of a careful package, with every `step`th word another."""
    words = careful(*spec.split("@"))["README.md"].split(" ")
    changed = [f"thing{place}" if step and place % step == 0 else word for place, word in enumerate(words)]
    return {"README.md": " ".join(changed)}


def shell_with_readme(spec: str) -> Files:
    """Return a shell that has the README of a careful package."""
    files, readme = shell(spec), careful(*spec.split("@"))["README.md"]
    return {**files, "README.md": readme, "package.toml": f'{files["package.toml"]}readme = "README.md"\n'}
