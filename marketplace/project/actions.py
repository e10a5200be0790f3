"""What the project verbs do: add, remove, install, update, outdated, list, verify."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from marketplace.errors import ConflictError, IntegrityError, NotFoundError
from marketplace.model.ids import PackageId
from marketplace.model.requirement import Requirement
from marketplace.project import content, journal
from marketplace.project.lockfile import Locked, Lockfile
from marketplace.project.project import Project, edited, requirements_of

if TYPE_CHECKING:
    from marketplace.registry.local import LocalRegistry
    from marketplace.security.trust import TrustStore

Advance = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What a change did, each as (id, version); `bytes_fetched` counts what a registry had to send."""

    installed: tuple[tuple[str, str], ...] = ()
    updated: tuple[tuple[str, str], ...] = ()
    removed: tuple[tuple[str, str], ...] = ()
    unchanged: tuple[tuple[str, str], ...] = ()
    bytes_fetched: int = 0
    pinned: tuple[str, ...] = ()
    yanked: Mapping[str, str] = field(default_factory=dict)


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
    """The project verbs over one project, one registry and one set of pins.

    Args:
        copy: install copies instead of links.
        lock_timeout: seconds to wait for another command that changes the project.
        notify: told what the user should know.
        advance: told of the progress.
    """

    def __init__(
        self, project: Project, registry: "LocalRegistry", trust: "TrustStore", *, copy: bool, lock_timeout: float,
        notify: Callable[[str], None], advance: Advance = lambda _what, _done, _total: None,
    ) -> None:  # fmt: skip
        self._project = project
        self._registry = registry
        self._trust = trust
        self._copy = copy
        self._lock_timeout = lock_timeout
        self._notify = notify
        self._advance = advance

    def add(
        self, wishes: Mapping[PackageId, Requirement | None], *, install: bool = True, force: bool = False,
        prereleases: bool = False,
    ) -> Report:  # fmt: skip
        """Require packages; one without a requirement gets a caret on the version chosen now.

        `prereleases` allows them where no requirement names one; so it does in `install` and `update`.

        Raises:
            What resolving, fetching and verifying raise; ConflictError `local-edits`.
        """
        with self._project.exclusive(self._lock_timeout, self._notify):
            self._recover()
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
        with self._project.exclusive(self._lock_timeout, self._notify):
            self._recover()
            text = edited(self._project.manifest_text(), dict.fromkeys(map(str, ids)))
            lock, yanked = self._resolved(text)
            return self._apply(lock, text, install=True, force=force, yanked=yanked)

    def install(self, *, locked: bool = False, force: bool = False, prereleases: bool = False) -> Report:
        """Install what the lock says if it answers `ggen.toml`, else resolve first.

        Raises:
            ConflictError: `lock-out-of-date` with `locked`; `local-edits`.
        """
        with self._project.exclusive(self._lock_timeout, self._notify):
            self._recover()
            text = self._project.manifest_text()
            lock, yanked = self._project.lock(), dict[str, str]()
            if not lock.meets(requirements_of(text)):
                if locked:
                    hint = "run `ggen market install` without --locked and commit the new ggen.lock"
                    raise ConflictError("lock-out-of-date", "ggen.lock does not answer ggen.toml", hint=hint)
                lock, yanked = self._resolved(text, prereleases=prereleases)
            return self._apply(lock, text, install=True, force=force, yanked=yanked)

    def update(self, ids: Sequence[PackageId], *, force: bool = False, prereleases: bool = False) -> Report:
        """Choose the newest allowed versions of `ids`, or of everything.

        Raises:
            NotFoundError: `not-locked`.
        """
        with self._project.exclusive(self._lock_timeout, self._notify):
            self._recover()
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
        rows = []
        for id_, item in self._project.lock().by_id().items():
            current = item.release.version
            fits = wanted[id_].release.version if id_ in wanted else current
            latest = self._registry.get_package(id_).latest.release.version
            if fits.precedence != current.precedence or latest.precedence > current.precedence:
                rows.append(Outdated(str(id_), str(current), str(fits), str(latest)))
        return tuple(rows)

    def verify(self, *, fix: bool = False) -> tuple[Verified, ...]:
        """Re-hash every installed file and re-check every signature and pin; with `fix` restore what differs.

        Raises:
            IntegrityError: with `fix`, when the store itself is damaged.
        """
        with self._project.exclusive(self._lock_timeout, self._notify):
            self._recover()
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
            tree = content.checked_tree(self._registry.store, release)
        except (IntegrityError, NotFoundError) as error:
            return [content.Problem("", error.code, release.key, error.message)]
        return list(content.problems(self._project.packages / str(release.id), tree))

    # --- the one way in which a project changes ------------------------------------------------------------------

    def _recover(self) -> None:
        if journal.recover(self._project):
            self._notify("an interrupted command was completed first")

    def _resolved(
        self, text: str, upgrade: set[PackageId] | None = None, *, prereleases: bool = False
    ) -> tuple[Lockfile, dict[str, str]]:
        from marketplace.project.resolver import resolve

        kept = {i: item.release.version for i, item in self._project.lock().by_id().items() if i not in (upgrade or ())}
        found = resolve(requirements_of(text), self._registry, locked=kept, prereleases=prereleases)
        lock = Lockfile.of(Locked(release, self._registry.name) for release in found.releases)
        return lock, {str(id_): reason for id_, reason in found.yanked.items()}

    def _apply(
        self, lock: Lockfile, text: str | None, *, install: bool, force: bool, yanked: Mapping[str, str],
        again: frozenset[str] | set[str] = frozenset(),
    ) -> Report:  # fmt: skip
        before = self._project.installed()
        after = {str(item.release.id): item for item in lock.packages} if install else {}
        changed = [
            item for id_, item in after.items()
            if id_ in again or before.get(id_, {}).get("content_id") != item.release.content_id
            or not (self._project.packages / id_).is_dir()
        ]  # fmt: skip
        removed = [id_ for id_ in before if install and id_ not in after]
        if not force:
            self._refuse_edits(before, [*(str(item.release.id) for item in changed), *removed])
        same_files = text in (None, self._on_disk("ggen.toml")) and lock.render() == self._on_disk("ggen.lock")
        pinned, fetched = self._check_and_fetch(changed if install else lock.packages)
        if changed or removed or not same_files:
            self._stage(changed, lock, text, before, after if install else None)
            journal.commit(self._project, [str(item.release.id) for item in changed], removed)
        if changed:
            self._registry.count_downloads([item.release.id for item in changed])
        report = self._report(before, after, changed, removed)
        return replace(report, bytes_fetched=fetched, pinned=pinned, yanked=yanked)

    def _on_disk(self, name: str) -> str | None:
        path = self._project.root / name
        return path.read_text(encoding="utf-8") if path.exists() else None

    def _refuse_edits(self, before: Mapping[str, Mapping[str, str]], ids: Sequence[str]) -> None:
        from marketplace.storage.base import read_tree

        for id_ in ids:
            folder = self._project.packages / id_
            if id_ not in before or not folder.is_dir():
                continue
            tree = read_tree(self._registry.store, before[id_]["content_id"])
            edits = [f"{problem.path} ({problem.kind})" for problem in content.problems(folder, tree)]
            if edits:
                raise ConflictError(
                    "local-edits", f"{id_} has local edits: {', '.join(edits[:5])}", id=id_, files=edits,
                    hint="copy what you want to keep to another place, then run the command again with --force",
                )  # fmt: skip

    def _check_and_fetch(self, items: Sequence[Locked]) -> tuple[tuple[str, ...], int]:
        pinned, fetched = [], 0
        for done, item in enumerate(items):
            self._advance(str(item.release), done, len(items))
            if self._trust.check_release(item.release):
                pinned.append(item.release.id.namespace)
            fetched += self._registry.fetch(item.release, self._registry.store).bytes
        return tuple(pinned), fetched

    def _stage(
        self, changed: Sequence[Locked], lock: Lockfile, text: str | None, before: Mapping[str, Mapping[str, str]],
        after: Mapping[str, Locked] | None,
    ) -> None:  # fmt: skip
        folder = journal.staging(self._project)
        for item in changed:
            tree = content.checked_tree(self._registry.store, item.release)
            content.stage(self._registry.store, tree, folder / "new" / str(item.release.id), copy=self._copy)
        state = before if after is None else {
            id_: {"version": str(item.release.version), "content_id": item.release.content_id, "source": item.source}
            for id_, item in after.items()
        }  # fmt: skip
        (folder / "installed.json").write_text(json.dumps(state, indent=1), encoding="utf-8")
        (folder / "ggen.lock").write_text(lock.render(), encoding="utf-8")
        if text is not None:
            (folder / "ggen.toml").write_text(text, encoding="utf-8")
        (self._project.state / ".gitignore").write_text("*\n", encoding="utf-8")

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
