"""The quality of releases in a local registry: what came before and who said it first is looked up in its index."""

import json
from collections.abc import Callable
from typing import BinaryIO

from marketplace.clock import Clock, timestamp
from marketplace.index.local import LocalIndex
from marketplace.index.scores import END, Score
from marketplace.insights.facts import Facts
from marketplace.insights.quality import Report, measure
from marketplace.insights.subject import Earlier, Subject
from marketplace.model.manifest import Manifest
from marketplace.model.package import PackageSource
from marketplace.model.release import Release
from marketplace.model.tree import Tree


def facts_of(source: PackageSource) -> Facts:
    """Read a package that is to be published."""
    return Facts.read(source.manifest, source.tree, lambda entry: source.open(entry.path))


def stored_facts(manifest: Manifest, tree: Tree, opened: Callable[[str], BinaryIO]) -> Facts:
    """Read a package whose files are opened by their digests."""
    return Facts.read(manifest, tree, lambda entry: opened(entry.digest))


def estimate(facts: Facts, release: Release, clock: Clock) -> Report:
    """Measure a release as far as its own content tells; what the registry alone knows is unknown."""
    return measure(Subject(release, facts, clock(), signature=True))


class Scoring:
    """Measures releases of `index`, by the time of `clock`. Their signatures have been checked."""

    def __init__(self, index: LocalIndex, clock: Clock) -> None:
        self._index = index
        self._clock = clock

    def report(self, release: Release, facts: Facts, place: int = END) -> Report:
        """Measure a release, as one at that place of the log."""
        return measure(Subject(
            release, facts, self._clock(), signature=True, earlier=self._earlier(release, place),
            copied=self._index.marked_by_others(facts.prose.marks, release.id.namespace, place),
        ))  # fmt: skip

    def _earlier(self, release: Release, place: int) -> tuple[Earlier, ...]:
        before = self._index.taken_before(release.id, place)
        scores = self._index.scores(release.id) if before else {}
        known = {version: (score.taken_at, score.payload) for version, score in scores.items()}
        return tuple(Earlier(*item, *known.get(item[0], (None, None))) for item in before)

    def taken(self, report: Report, facts: Facts) -> Score:
        """Return what is kept of a release that is being taken now."""
        return Score(timestamp(self._clock()), facts.payload, report.score, encoded(report))

    def found(self, report: Report, facts: Facts) -> Score:
        """Return what is kept of a release that was taken at an unknown time."""
        return Score(None, facts.payload, report.score, encoded(report))


def encoded(report: Report) -> str:
    """Return a report as the index keeps it."""
    return json.dumps(report.to_json(), ensure_ascii=False, separators=(",", ":"))


def decoded(text: str) -> Report:
    """Read a report of the index.

    Raises:
        IntegrityError: `document-malformed`.
    """
    return Report.of_json(json.loads(text))
