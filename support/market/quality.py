"""A registry that measures what is published into it, and what is looked at in its reports."""

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
from marketplace.insights.rules import DIMENSIONS, RULES
from marketplace.insights.subject import Subject
from marketplace.model.grades import GRADES
from marketplace.model.ids import PackageId
from marketplace.model.release import Release, YankRecord
from marketplace.model.version import Version
from marketplace.registry.local import LocalRegistry
from marketplace.search.base import SearchQuery
from marketplace.security.trust import TrustStore
from marketplace.source import FolderSource, build_release
from support.market.quality_packages import READMES, SPOILED, Files, careful, copy_of, needing, write
from support.market.signing import code_of, signer_of
from support.market.world import World


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
        self.publish(spec, SPOILED[what](careful(*spec.split("@"))["package.toml"]))

    def with_readme(self, spec: str, what: str) -> None:
        """Publish a careful package with another README."""
        self.publish(spec, {"README.md": READMES[what]()})

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
            self.registry.count_installs(
                [self.registry.get_package(id_).latest.release for id_ in self.registry.ids()], {}
            )

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
        return [self.publish(spec, needing(spec, other)).score for spec, other in zip(specs, nexts, strict=True)]

    def publish_dependents(self, id_: str, count: int) -> None:
        """Publish packages that need that one."""
        for number in range(count):
            spec = f"io.acme.user{number}@1.0.0"
            self.publish(spec, needing(spec, id_))

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
