"""What the project verbs do: add, remove, install, update, outdated, list, verify."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from marketplace.errors import ConflictError, IntegrityError, NotFoundError, UnavailableError
from marketplace.model.ids import PackageId
from marketplace.model.package import Package
from marketplace.model.release import Release
from marketplace.model.requirement import Requirement
from marketplace.project import content, journal
from marketplace.project.edits import refuse_edits
from marketplace.project.lockfile import Locked, Lockfile
from marketplace.project.project import Project, edited, requirements_of, unwritable
from marketplace.project.report import Report
from marketplace.project.staging import Stager

if TYPE_CHECKING:
    from marketplace.project.staging import Inspect
    from marketplace.registry.base import Advance, Registry
    from marketplace.security.trust import TrustStore
    from marketplace.storage.filesystem import FilesystemStore


@dataclass(frozen=True, slots=True)
class Verified:
    """The verdict on one installed package."""

    id: str
    version: str
    problems: tuple[content.Problem, ...]


@dataclass(frozen=True, slots=True)
class Outdated:
    """A locked package that has newer versions: `wanted` fits the requirements, `latest` may not."""

    id: str
    current: str
    wanted: str
    latest: str


class Workshop:
    """The project verbs over one project, one registry (or several in an order) and one set of pins.

    Args:
        store: what packages are installed from; the registry fetches into it.
        copy: install copies instead of links.
        lock_timeout: seconds to wait for another command that changes the project.
        notify: told what the user should know.
        advance: told of the progress.
        inspect: asked what is dangerous in the files of a package, which lie in a folder as the tree says.
    """

    def __init__(
        self, project: Project, registry: "Registry", trust: "TrustStore", *, store: "FilesystemStore", copy: bool,
        lock_timeout: float, notify: Callable[[str], None], advance: "Advance" = lambda _what, _done, _total: None,
        inspect: "Inspect | None" = None,
    ) -> None:  # fmt: skip
        self._project = project
        self._registry = registry
        self._trust = trust
        self._store = store
        self._lock_timeout = lock_timeout
        self._notify = notify
        self._advance = advance
        self._inspect = inspect
        self._stager = Stager(project, registry, store, copy=copy, advance=advance, inspect=inspect)

    def add(
        self, wishes: Mapping[PackageId, Requirement | None], *, install: bool = True, force: bool = False,
        prereleases: bool = False,
    ) -> Report:  # fmt: skip
        """Require packages; one without a requirement gets a caret on the version chosen now.

        `prereleases` allows them where no requirement names one; so it does in `install` and `update`.

        Raises:
            What resolving, fetching and verifying raise; ConflictError `local-edits`.
        """
        with self._changing():
            text = self._project.manifest_text()
            wanted = {str(id_): str(requirement or "*") for id_, requirement in wishes.items()}
            lock, yanked = self._resolved(edited(text, wanted), upgrade=set(wishes), prereleases=prereleases)
            chosen = lock.by_id()
            final = {str(i): str(r) if r else f"^{chosen[i].release.version}" for i, r in wishes.items()}
            return self._apply(lock, edited(text, final), install=install, force=force, yanked=yanked)

    def remove(self, ids: Sequence[PackageId], *, force: bool = False) -> Report:
        """Take requirements back and remove what nothing needs any more.

        Raises:
            NotFoundError: `not-required`.
            ConflictError: `local-edits`.
        """
        with self._changing():
            text = edited(self._project.manifest_text(), dict.fromkeys(map(str, ids)))
            lock, yanked = self._resolved(text)
            return self._apply(lock, text, install=True, force=force, yanked=yanked)

    def install(self, *, locked: bool = False, force: bool = False, prereleases: bool = False) -> Report:
        """Install what the lock says if it answers `ggen.toml`, else resolve first.

        Raises:
            ConflictError: `lock-out-of-date` with `locked`; `local-edits`.
        """
        with self._changing():
            text = self._project.manifest_text()
            lock = self._project.lock()
            if not lock.meets(requirements_of(text)):
                if locked:
                    hint = "run `ggen market install` without --locked and commit the new ggen.lock"
                    raise ConflictError("lock-out-of-date", "ggen.lock does not answer ggen.toml", hint=hint)
                lock, yanked = self._resolved(text, prereleases=prereleases)
            else:
                found = self._registry.yanked([item.release for item in lock.packages])
                yanked = {str(id_): reason for id_, reason in found.items()}
            return self._apply(lock, text, install=True, force=force, yanked=yanked)

    def update(self, ids: Sequence[PackageId], *, force: bool = False, prereleases: bool = False) -> Report:
        """Choose the newest allowed versions of `ids`, or of everything.

        Raises:
            NotFoundError: `not-locked`.
        """
        with self._changing():
            known = self._project.lock().by_id()
            for id_ in ids:
                if id_ not in known:
                    raise NotFoundError(
                        "not-locked", f"{id_} is not in ggen.lock", hint="`ggen market list` shows what is"
                    )
            text = self._project.manifest_text()
            lock, yanked = self._resolved(text, upgrade=set(ids) or set(known), prereleases=prereleases)
            return self._apply(lock, text, install=True, force=force, yanked=yanked)

    def outdated(self) -> tuple[Outdated, ...]:
        """Compare the lock with what the registry has."""
        newest, _ = self._resolved(self._project.manifest_text(), upgrade=set(self._project.lock().by_id()))
        wanted = newest.by_id()
        rows = list[Outdated]()
        for id_, item in self._project.lock().by_id().items():
            current = item.release.version
            fits = wanted[id_].release.version if id_ in wanted else current
            latest = Package(id_, self._registry.list_versions(id_), 0).latest.release.version
            if fits.precedence != current.precedence or latest.precedence > current.precedence:
                rows.append(Outdated(str(id_), str(current), str(fits), str(latest)))
        return tuple(rows)

    def verify(self, *, fix: bool = False) -> tuple[Verified, ...]:
        """Re-hash every installed file and re-check every signature and pin; with `fix` restore what differs.

        Raises:
            IntegrityError: with `fix`, when the store itself is damaged.
        """
        with self._changing() if fix else self._reading():
            verdicts = self._verdicts()
            if fix and any(verdict.problems for verdict in verdicts):
                wrong = {verdict.id for verdict in verdicts if verdict.problems}
                self._apply(self._project.lock(), None, install=True, force=True, again=wrong, yanked={})
                verdicts = self._verdicts()
        return verdicts

    def _verdicts(self) -> tuple[Verified, ...]:
        packages = self._project.lock().packages
        verdicts = []
        for done, item in enumerate(packages):
            self._advance(str(item.release), done, len(packages))
            verdicts.append(Verified(str(item.release.id), str(item.release.version), tuple(self._problems(item))))
        return tuple(verdicts)

    def _problems(self, item: Locked) -> list[content.Problem]:
        release = item.release
        try:
            self._trust.check_release(release, pin=False)
            place = self._project.trees / str(release.id)
            tree = content.kept_tree(place, release.content_id, self._store)
            content.check_bound(tree, release)
        except (IntegrityError, NotFoundError) as error:
            return [content.Problem("", error.code, release.key, error.message)]
        folder = self._project.packages / str(release.id)
        return list(content.problems(folder, tree)) or [
            content.Problem(danger.finding.file, "unsafe", "", str(danger))
            for danger in (self._inspect(folder, tree) if self._inspect else ())
        ]

    # --- the one way in which a project changes ------------------------------------------------------------------

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Hold the project's lock, after completing what an interrupted command began.

        Raises:
            UnavailableError: `project-unwritable` or `disk-full`.
        """
        try:
            with self._project.exclusive(self._lock_timeout, self._notify):
                if journal.recover(self._project):
                    self._notify("an interrupted command was completed first")
                yield
        except OSError as error:
            raise unwritable(error, self._project.root) from error

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """As `_changing`, but a project that cannot be written and that nobody left half changed is only read."""
        if os.access(self._project.root, os.W_OK) or self._project.journal.exists():
            with self._changing():
                yield
        else:
            self._project.check_folders()
            yield

    def _resolved(
        self, text: str, upgrade: set[PackageId] | None = None, *, prereleases: bool = False
    ) -> tuple[Lockfile, dict[str, str]]:
        from marketplace.project.resolver import resolve

        kept = {i: item.release.version for i, item in self._project.lock().by_id().items() if i not in (upgrade or ())}
        try:
            found = resolve(requirements_of(text), self._registry, locked=kept, prereleases=prereleases)
        except (ConflictError, NotFoundError):
            with suppress(UnavailableError):
                self._registry.prove(())  # what is lacking may have been taken back
            raise
        self._registry.prove(())  # that nothing newer is there is an answer too
        self._refuse_changed(found.releases)
        lock = Lockfile.of(Locked(release, self._registry.source_of(release.id)) for release in found.releases)
        return lock, {str(id_): reason for id_, reason in found.yanked.items()}

    def _refuse_changed(self, releases: Iterable[Release]) -> None:
        """Refuse a version that is locked when a registry has another release of it: what it was is what it stays.

        Raises:
            IntegrityError: `release-changed`.
        """
        locked = self._project.lock().by_id()
        for release in releases:
            before = locked[release.id].release if release.id in locked else release
            if before != release and before.version.precedence == release.version.precedence:
                source = self._registry.source_of(release.id)
                hint = (
                    f"do not use it; if its publisher confirms it: `ggen market remove {release.id}`, and add it again"
                )
                message = f"{source} has another release {release} than the one in ggen.lock"
                raise IntegrityError("release-changed", message, hint=hint, id=str(release.id), registry=source)

    def _apply(
        self, lock: Lockfile, text: str | None, *, install: bool, force: bool, yanked: Mapping[str, str],
        again: frozenset[str] | set[str] = frozenset(),
    ) -> Report:  # fmt: skip
        before = self._project.installed()
        after = {str(item.release.id): item for item in lock.packages} if install else {}
        changed = [
            item for id_, item in after.items()
            if id_ in again or before.get(id_, {}).get("content_id") != item.release.content_id
            or not _is_folder(self._project.packages / id_)
        ]  # fmt: skip
        removed = [id_ for id_ in before if install and id_ not in after]
        if not force:
            new = {str(item.release.id): item.release.content_id for item in changed}
            refuse_edits(
                self._project,
                self._store,
                {**new, **{i: before[i]["content_id"] for i in [*new, *removed] if i in before}},
            )
        inputs = self._project.inputs(text, lock.render()) if install else ""
        same_files = inputs == self._project.recorded_inputs() and inputs == self._project.inputs()
        pinned, fetched = self._check_and_fetch(changed if install else lock.packages, before)
        if changed or removed or not same_files:
            state = {"packages": _state(after) if install else before, "inputs": inputs}
            fetched += self._stager.stage(changed, lock, text, state)
            journal.commit(self._project, [str(item.release.id) for item in changed], removed)
        if changed:
            required = requirements_of(self._project.manifest_text() if text is None else text)
            self._registry.count_installs(
                [item.release for item in changed], {id_: str(id_) not in before for id_ in required}
            )
        report = self._report(before, after, changed, removed)
        sources, degraded = self._registry.asked(), self._registry.degraded
        return report._replace(bytes_fetched=fetched, pinned=pinned, yanked=yanked, sources=sources, degraded=degraded)

    def _check_and_fetch(
        self, items: Sequence[Locked], before: Mapping[str, Mapping[str, str]]
    ) -> tuple[tuple[str, ...], int]:
        """Check every signature and pin, then the log, then fetch what is lacking, all together.

        Keys of namespaces that are new here are pinned when the log has spoken: what it lacks pins nothing.
        """
        for item in items:
            self._check_signed(item)
        have = {PackageId(id_): state["content_id"] for id_, state in before.items()}
        releases = [item.release for item in items]
        locked = {item.release for item in self._project.lock().packages}
        self._registry.prove([release for release in releases if release not in locked])
        pinned = [release.id.namespace for release in releases if self._trust.pin(release)]
        fetched = self._registry.fetch_many(releases, self._store, have=have, advance=self._advance)
        return tuple(pinned), fetched.bytes

    def _check_signed(self, item: Locked) -> None:
        """Check a release's signature and key; the error says which registry it is from.

        Raises:
            IntegrityError: as `TrustStore.check_release`.
        """
        try:
            self._trust.check_release(item.release, pin=False)
        except IntegrityError as error:
            error.details["registry"] = item.source
            error.message = f"{error.message} (from {item.source})"
            raise

    def _report(
        self, before: Mapping[str, Mapping[str, str]], after: Mapping[str, Locked], changed: Sequence[Locked],
        removed: Sequence[str],
    ) -> Report:  # fmt: skip
        touched = {str(item.release.id): str(item.release.version) for item in changed}
        return Report(
            installed=tuple((i, v) for i, v in touched.items() if i not in before),
            updated=tuple((i, v) for i, v in touched.items() if i in before),
            removed=tuple((i, before[i]["version"]) for i in removed),
            unchanged=tuple((i, str(item.release.version)) for i, item in after.items() if i not in touched),
        )


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _state(packages: Mapping[str, Locked]) -> Mapping[str, object]:
    return {
        id_: {"version": str(item.release.version), "content_id": item.release.content_id, "source": item.source}
        for id_, item in packages.items()
    }
