"""Packages whose quality is measured: a careful one, what spoils it, and what people try to look better."""

import json
import re
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from marketplace.errors import MarketError
from marketplace.insights.checks import CONTENT_CHECKS
from marketplace.insights.facts import Facts
from marketplace.insights.history import HISTORY_CHECKS
from marketplace.insights.quality import Point, Report, measure
from marketplace.insights.rules import DIMENSIONS, GRADES, RULES
from marketplace.insights.subject import Subject
from marketplace.model.ids import PackageId
from marketplace.model.release import Release, YankRecord
from marketplace.model.version import Version
from marketplace.registry.local import LocalRegistry
from marketplace.search.base import SearchQuery
from marketplace.security.trust import TrustStore
from marketplace.source import FolderSource, build_release
from support.market.signing import code_of, signer_of
from support.market.world import World

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

_READMES: Mapping[str, Callable[[], str]] = {
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
_SPOILED: Mapping[str, Callable[[str], Files]] = {
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


class Workshop:
    """A registry of its own that measures what is published into it, by the scenario's clock."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.registry = LocalRegistry(
            world.root / "registry", trust=lambda: TrustStore(world.root / "trust.json"), clock=world.clock
        )
        world.defer(self._close)
        self.report: Report | None = None

    def _close(self) -> None:
        self.registry.index.close()

    def publish(self, spec: str, changes: Files | None = None, *, by: str = "Alice", dated: str = "") -> Report:
        """Publish a careful package with changes; return what the registry measured."""
        source, release = self.made(spec, changes, by=by, dated=dated)
        self.registry.publish(source, release)
        return self.measured(release)

    def made(
        self, spec: str, changes: Files | None = None, *, by: str = "Alice", dated: str = ""
    ) -> tuple[FolderSource, Release]:
        """Write and sign a package; `dated` is what its publisher says of the time."""
        id_, _, version = spec.partition("@")
        folder = self.world.root / "packages" / id_ / version
        write(folder, {**careful(id_, version), **(changes or {})})
        source = FolderSource.read(folder)
        signer = signer_of(by)
        release = build_release(source, signer, self.world.now)
        if dated:
            fields = {name: getattr(release, name) for name in Release.__slots__}
            release = Release(**{**fields, "published_at": dated, "signature": ""})
            release = release.signed(signer.sign(release.statement()))
        return source, release

    def measured(self, release: Release) -> Report:
        """Return what the registry keeps of a release."""
        found = self.registry.quality(release)
        assert found and found.is_ours, found
        self.report = found.report
        return found.report

    def spoil(self, spec: str, what: str) -> None:
        """Publish a careful package in which one thing is not as it should be."""
        self.publish(spec, _SPOILED[what](careful(*spec.split("@"))["package.toml"]))

    def with_readme(self, spec: str, what: str) -> None:
        """Publish a careful package with another README."""
        self.publish(spec, {"README.md": _READMES[what]()})

    def point(self, name: str) -> Point:
        """Return a point of the last report."""
        assert self.report
        return next(point for point in self.report.points if point.name == name)

    def only_lost(self, *names: str) -> None:
        """Check that of the points of a careful first release just these are lost."""
        assert self.report
        first = {"changed", "followed-up", "kept-up", "few-yanks", "same-key"}
        lost = {point.name for point in self.report.points if not point.earned} - first
        assert lost == set(names), (lost, names)

    def release_often(self, id_: str, count: int, apart: timedelta, *, content: bool = True) -> None:
        """Publish version after version, `apart` from each other, each with new content or without."""
        for number in range(count):
            changes: Files = {"templates/more.tmpl": f"number {number}\n"} if content else {}
            self.publish(f"{id_}@1.{number}.0", changes)
            self.world.now += apart

    def yank(self, spec: str) -> None:
        """Yank a version as Alice."""
        id_, _, version = spec.partition("@")
        listed = next(item for item in self.registry.list_versions(_id(id_)) if str(item.release.version) == version)
        signer = signer_of("Alice")
        record = YankRecord("yank", listed.release.id, Version.parse(version), "broken", "2026-01-01T00:00:00Z",
                            signer.public)  # fmt: skip
        self.registry.yank(record.signed(signer.sign(record.statement())))

    def order(self, sort: str) -> list[str]:
        """Return the ids that a search for everything lists, in an order."""
        hits = self.registry.search(SearchQuery("", sort=sort)).hits  # type: ignore[arg-type]  # the scenario's word
        return [hit.document.id for hit in hits]

    def found(self, text: str) -> list[str]:
        """Return what a search finds, best first."""
        return [hit.document.id for hit in self.registry.search(SearchQuery(text)).hits]

    def lose_score(self, spec: str) -> None:
        """Let the index forget what was measured of a release, as if an older version had taken it."""
        with closing(sqlite3.connect(self.world.root / "registry" / "index.sqlite")) as db, db:
            db.execute("DELETE FROM quality WHERE id || '@' || version = ?", (spec,))

    def unlearn(self) -> None:
        """Let the index forget everything that was measured, as if an older version had taken it."""
        with closing(sqlite3.connect(self.world.root / "registry" / "index.sqlite")) as db, db:
            db.execute("DELETE FROM quality")
            db.execute("DELETE FROM marks")

    def download_all(self, times: int) -> None:
        """Count downloads of every package, in the order of ids."""
        for _ in range(times):
            self.registry.count_downloads(self.registry.ids())

    def trust_too(self, person: str, namespace: str) -> None:
        """Let another person sign for a namespace, beside who did so far."""
        TrustStore(self.world.root / "trust.json").trust(namespace, signer_of(person).public, keep=True)

    def publish_together(self, spec: str, copy: str) -> None:
        """Publish a package and a copy of its README in one call; keep what was measured of the copy."""
        offers = [self.made(spec), self.made(copy, copy_of(spec), by="Mallory")]
        outcomes = self.registry.publish_many(offers)
        assert not any(isinstance(outcome, MarketError) for outcome in outcomes), outcomes
        self.measured(offers[1][1])

    def publish_ring(self, specs: list[str]) -> list[int]:
        """Publish packages of which each needs the next; return their scores."""
        nexts = [*specs[1:], specs[0]]
        return [self.publish(spec, _needing(spec, other)).score for spec, other in zip(specs, nexts, strict=True)]

    def publish_dependents(self, id_: str, count: int) -> None:
        """Publish packages that need that one."""
        for number in range(count):
            spec = f"io.acme.user{number}@1.0.0"
            self.publish(spec, _needing(spec, id_))

    def score_of(self, id_: str) -> int | None:
        """Return the score that the search shows."""
        return self.registry.index.lookup([id_])[id_].quality

    def remeasure(self, spec: str) -> None:
        """Let the registry tell the quality of a release once more."""
        id_, _, version = spec.partition("@")
        self.measured(self.registry.get_release(PackageId.parse(id_), Version.parse(version)).release)

    def measured_anew(self, id_: str) -> int:
        """Return the score of the newest release, measured once more, and by a registry that had forgotten it."""
        release = self.registry.get_package(PackageId.parse(id_)).latest.release
        self.lose_score(str(release))
        return self.measured(release).score

    def measure_alone(self, spec: str) -> None:
        """Measure a package of which nothing but the content is known."""
        source, release = self.made(spec)
        facts = Facts.read(source.manifest, source.tree, lambda entry: source.open(entry.path))
        self.report = measure(Subject(release, facts, self.world.now))


def _needing(spec: str, other: str) -> Files:
    """Return what makes a careful package need another one."""
    id_, _, version = spec.partition("@")
    return {"package.toml": careful(id_, version, f'"{other.partition("@")[0]}" = "^1"')["package.toml"]}


def copy_of(spec: str, step: int = 0) -> Files:
    """Return the README of a careful package, with every `step`th word another."""
    words = careful(*spec.split("@"))["README.md"].split(" ")
    changed = [f"thing{place}" if step and place % step == 0 else word for place, word in enumerate(words)]
    return {"README.md": " ".join(changed)}


def shell_with_readme(spec: str) -> Files:
    """Return a shell that has the README of a careful package."""
    files, readme = shell(spec), careful(*spec.split("@"))["README.md"]
    return {**files, "README.md": readme, "package.toml": f'{files["package.toml"]}readme = "README.md"\n'}


def check_rules(dimensions: list[str]) -> None:
    """Check that the table of rules is whole."""
    assert sum(rule.points for rule in RULES) == 100
    assert list(DIMENSIONS) == dimensions, DIMENSIONS
    names = [rule.name for rule in RULES]
    assert sorted(names) == sorted({**CONTENT_CHECKS, **HISTORY_CHECKS}) and len(names) == len(set(names))


def check_documented() -> None:
    """Check that the page says what the table says."""
    text = (Path(__file__).parents[2] / "docs" / "quality.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", text, re.MULTILINE)
    assert [(name, int(points)) for name, points in rows] == [(rule.name, rule.points) for rule in RULES], rows
    grades = re.findall(r"^\| ([A-F]) \| (\d+) \|", text, re.MULTILINE)
    assert [(grade, int(least)) for grade, least in grades] == list(GRADES), grades


_FORGED: Mapping[str, Callable[[dict[str, Any]], object]] = {
    "a state is another word": lambda value: _first(value).update(state="splendid"),
    "a number is negative": lambda value: _first(value).update(points=-1),
    "points are 1000": lambda value: _first(value).update(points=1000),
    "all points are doubled": lambda value: value["dimensions"].extend(list(value["dimensions"])),
    "a text is a number": lambda value: _first(value).update(evidence=7),
    "the dimensions are none": lambda value: value.update(dimensions=None),
    "there are 300 checks": lambda value: value["dimensions"][0].update(
        checks=[{**_first(value), "points": 0} for _ in range(300)]
    ),
}


def _first(value: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = value["dimensions"][0]["checks"][0]
    return found


def refused_report(world: World, what: str) -> str:
    """Return the code with which a report is refused that somebody has changed."""
    value = json.loads(json.dumps(twice_alike(world)[0].to_json()))
    _FORGED[what](value)
    return code_of(lambda: Report.of_json(value)).code


def shell(spec: str) -> Files:
    """Return what takes everything from a careful package but what a manifest must have."""
    id_, _, version = spec.partition("@")
    manifest = f'[package]\nid = "{id_}"\nversion = "{version}"\ndescription = "Nothing"\n'
    return {**dict.fromkeys(careful(id_, version), None), "package.toml": manifest}


def twice_alike(world: World) -> tuple[Report, Report]:
    """Measure one subject twice, its files read in opposite orders."""
    workshop = Workshop(world)
    source, release = workshop.made("io.acme.web@1.0.0")
    facts = Facts.read(source.manifest, source.tree, lambda entry: source.open(entry.path))
    turned = Facts(facts.manifest, facts.tree, dict(reversed(facts.texts.items())), facts.unread)
    one = measure(Subject(release, facts, world.now, signature=True, earlier=(), copied={}))
    return one, measure(Subject(release, turned, world.now, signature=True, earlier=(), copied={}))


def unlearn(home: Path) -> None:
    """Make a home's index one of a version that measured nothing."""
    with closing(sqlite3.connect(home / "registry" / "index.sqlite")) as db, db:
        db.execute("DROP TABLE quality")
        db.execute("DROP TABLE marks")


def reports_of(home: Path) -> list[Report]:
    """Return what a home's registry keeps of all its releases."""
    with closing(sqlite3.connect(home / "registry" / "index.sqlite")) as db:
        return [Report.of_json(json.loads(row[0])) for row in db.execute("SELECT report FROM quality")]


def check_refusal(error: Mapping[str, Any]) -> None:
    """Check that a refusal says what was found and what would earn more: no more than there is to earn."""
    missing = error["missing"]
    assert error["score"] + sum(point["points"] for point in missing) == 100, error
    assert all(point["name"] and point["evidence"] and point["earn"] for point in missing), missing
    assert error["grade"] > error["minimum"], error


def read_json(report: Report) -> Report:
    """Return a report that went through JSON."""
    return Report.of_json(json.loads(json.dumps(report.to_json())))


def _id(text: str) -> PackageId:
    return PackageId.parse(text)
