"""Importing a catalog of the older shape: read it, say what is wrong with each entry, publish the rest.

The whole catalog is read before anything is published, so that `--dry-run` tells the same story. A dependency that
nothing in the catalog can meet does not keep its package out: the package is published as it is, the plan notes it,
and whoever adds it is told by the resolver which requirement is unmet.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from marketplace.errors import ConflictError, MarketError, UnavailableError
from marketplace.importing.convert import ImportedPackage, Source, convert, identify, parse_source
from marketplace.importing.dependencies import id_text
from marketplace.importing.folder import CatalogFolder, open_folder, read_manifest
from marketplace.importing.problems import Problem, RefusedError, refuse
from marketplace.model.ids import PackageId

if TYPE_CHECKING:
    from marketplace.model.package import PackageSource
    from marketplace.model.release import Release
    from marketplace.registry.base import Receipt, Registry
    from marketplace.security.keys import Signer

    Prepare = Callable[[PackageSource], PackageSource]

_T = TypeVar("_T")
_TOGETHER = 64
"""Packages published at once: few enough that an interrupted import has to repeat little."""

__all__ = ["ImportPlan", "ImportReport", "ImportedPackage", "Problem", "publish_plan", "read_catalog"]


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What a catalog holds: `accepted` in the order to publish, why the others are `refused`, and `notes` on both."""

    accepted: tuple[ImportedPackage, ...]
    refused: tuple[Problem, ...]
    notes: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What publishing a plan did.

    Attributes:
        published: new releases, as `id@version`.
        unchanged: releases that were there with the same content.
        failed: what the registry did not take, and why.
        exit_code: that of the first failure, 0 without one.
    """

    published: tuple[str, ...]
    unchanged: tuple[str, ...]
    failed: tuple[Problem, ...]
    exit_code: int


def read_catalog(folder: Path) -> ImportPlan:
    """Read a catalog and decide on every entry; nothing is written.

    Raises:
        NotFoundError: `catalog-not-found`.
    """
    catalog = open_folder(folder)
    reading = _Reading(list(catalog.refused), list(catalog.notes))
    sources = reading.identify(source for name in catalog.names if (source := reading.attempt(_source, catalog, name)))
    known = {name: id_ for id_, source in sources.items() for name in _names(source, id_)}
    accepted: dict[PackageId, ImportedPackage] = {}
    for id_, source in sources.items():
        if converted := reading.attempt(convert, source, id_, known):
            accepted[id_] = converted[0]
            reading.notes += [*_unlisted(catalog, source), *converted[1]]
    reading.notes += _unmet(accepted, {id_text(problem.entry) for problem in reading.refused})
    return ImportPlan(tuple(_ordered(accepted)), tuple(reading.refused), tuple(reading.notes))


class _Reading:
    """The troubles met so far: one entry's trouble never stops the others."""

    def __init__(self, refused: list[Problem], notes: list[Problem]) -> None:
        self.refused = refused
        self.notes = notes

    def attempt(self, step: Callable[..., _T], *arguments: object) -> _T | None:
        """Return what the step returns, or None when it refuses the entry."""
        try:
            return step(*arguments)
        except RefusedError as error:
            self.refused.append(error.problem)
            return None

    def identify(self, sources: Iterable[Source]) -> dict[PackageId, Source]:
        """Give each entry its id; of two that want the same one, the second is refused."""
        found: dict[PackageId, Source] = {}
        for source in sources:
            identity = self.attempt(identify, source)
            if identity is None:
                continue
            id_, notes = identity
            if other := found.get(id_):
                message = f"{other.entry} has the id {id_} already"
                self.refused.append(Problem(source.entry, "id", "entry-duplicate", message, "rename one of the two"))
            else:
                found[id_] = source
                self.notes += notes
        return found


def _source(catalog: CatalogFolder, name: str) -> Source:
    file = catalog.manifests.get(name)
    if file is None:
        hint = f"add manifests/{name}.package.toml, or remove the entry from the index"
        raise refuse(name, "", "manifest-missing", "the index lists it, but it has no manifest", hint)
    return parse_source(name, read_manifest(name, file), catalog.index.get(name, {}))


def _unlisted(catalog: CatalogFolder, source: Source) -> Iterator[Problem]:
    if catalog.index and source.entry not in catalog.index:
        yield Problem(source.entry, "", "index-incomplete", "the index does not list it", "make the index again")


def _names(source: Source, id_: PackageId) -> set[str]:
    """Every name that a dependency may call the package by."""
    name = source.package.get("name")
    return {source.entry, str(id_), name} if isinstance(name, str) else {source.entry, str(id_)}


def _unmet(accepted: Mapping[PackageId, ImportedPackage], refused: set[str]) -> Iterator[Problem]:
    """Note the requirements that nothing in the catalog meets: their packages cannot be installed from it."""
    for package in accepted.values():
        for id_, requirement in package.manifest.dependencies:
            other = accepted.get(id_)
            if other is not None and requirement.admits(other.manifest.version):
                continue
            if other is not None:
                code, why = "requirement-unmet", f"of which the catalog has {other.manifest.version}"
            else:
                code, why = (
                    "dependency-missing",
                    f"which {'was refused' if str(id_) in refused else 'is not in the catalog'}",
                )
            message = f"cannot be installed from this catalog alone: it needs {id_} {requirement}, {why}"
            hint = f"publish a version of {id_} that fits {requirement}"
            yield Problem(package.entry, "dependencies", code, message, hint)


def _ordered(packages: Mapping[PackageId, ImportedPackage]) -> Iterator[ImportedPackage]:
    """Yield what a package needs before it, otherwise by id; a cycle is cut where it is entered."""
    begun: set[PackageId] = set()

    def visit(root: PackageId) -> Iterator[ImportedPackage]:
        stack = [(root, False)]
        while stack:
            id_, expanded = stack.pop()
            if expanded:
                yield packages[id_]
            elif id_ not in begun:
                begun.add(id_)
                needs = [(need, False) for need, _ in packages[id_].manifest.dependencies if need in packages]
                stack += [(id_, True), *reversed(needs)]

    for id_ in sorted(packages):
        yield from visit(id_)


def publish_plan(
    plan: ImportPlan, registry: "Registry", signer: "Signer", now: datetime,
    advance: Callable[[str, int, int], None] = lambda _what, _done, _total: None, *,
    prepare: "Prepare" = lambda source: source,
) -> ImportReport:  # fmt: skip
    """Publish the accepted packages, signed by `signer` at `now`, each with or after those that it needs.

    One that cannot be published is reported and the next is tried. `advance` is told the id, how many are done and
    how many there are. `prepare` is given each package before it is signed: it returns what to publish, or raises.

    Raises:
        UnavailableError: the registry cannot be written at all.
    """
    published: list[str] = []
    unchanged: list[str] = []
    failed: list[tuple[ImportedPackage, MarketError]] = []
    for start in range(0, len(plan.accepted), _TOGETHER):
        group = plan.accepted[start : start + _TOGETHER]
        for place, package in enumerate(group):
            advance(str(package.id), start + place, len(plan.accepted))
        for package, outcome in zip(
            group, _publish(group, registry, partial(_signed, signer=signer, now=now, prepare=prepare)), strict=True
        ):
            if isinstance(outcome, MarketError):
                failed.append((package, outcome))
            else:
                (published if outcome else unchanged).append(f"{package.id}@{package.manifest.version}")
    problems = tuple(Problem(package.entry, "", error.code, error.message, error.hint) for package, error in failed)
    return ImportReport(tuple(published), tuple(unchanged), problems, failed[0][1].exit_code if failed else 0)


def _publish(
    group: Sequence[ImportedPackage],
    registry: "Registry",
    sign: "Callable[[ImportedPackage, Path], tuple[PackageSource, Release] | MarketError]",
) -> list[bool | MarketError]:
    """Publish packages together; of each tell whether it is new, False when the same content was there already."""
    with tempfile.TemporaryDirectory(prefix="ggen-import-") as scratch:
        signed = [sign(package, Path(scratch)) for package in group]
        ready = [item for item in signed if not isinstance(item, MarketError)]
        outcomes = registry.publish_many(ready) if ready else []
    verdicts = iter(
        [_verdict(outcome, release, registry) for outcome, (_, release) in zip(outcomes, ready, strict=True)]
    )
    return [item if isinstance(item, MarketError) else next(verdicts) for item in signed]


def _signed(
    package: ImportedPackage, scratch: Path, *, signer: "Signer", now: datetime, prepare: "Prepare"
) -> "tuple[PackageSource, Release] | MarketError":
    from marketplace.source import FolderSource, build_release

    try:
        source = prepare(FolderSource.read(package.write(scratch / str(package.id))))
        return source, build_release(source, signer, now)
    except UnavailableError:
        raise
    except MarketError as error:
        return error


def _verdict(outcome: "Receipt | MarketError", release: "Release", registry: "Registry") -> bool | MarketError:
    if not isinstance(outcome, MarketError):
        return True
    if isinstance(outcome, ConflictError) and outcome.code == "version-exists":
        there = registry.get_release(release.id, release.version).release
        return False if there.content_id == release.content_id else outcome
    return outcome
