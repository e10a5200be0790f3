"""The synced index: the views of all namespaces, kept as an ordinary registry folder that the CLI reads by itself."""

from collections.abc import Callable, Iterable
from pathlib import Path

from marketplace.errors import IntegrityError, InvalidInputError
from marketplace.index.local import LocalIndex
from marketplace.model.manifest import Manifest
from marketplace.model.release import LogRecord, Release, YankRecord
from marketplace.p2p.view import Place, Trust, View, namespaces, place, view_of
from marketplace.storage.files import scratch_folder


class Replica:
    """An index that shows what the logs hold.

    Args:
        index: the index, written by this object alone.
        records: returns all records of the logs.
        manifest: returns the bytes of a manifest by digest, None while they are not here.
        trust: the trust decisions of this home.
    """

    def __init__(
        self,
        index: LocalIndex,
        records: Callable[[], Iterable[LogRecord]],
        manifest: Callable[[str], bytes | None],
        trust: Trust,
    ) -> None:
        self._index = index
        self._records = records
        self._manifest = manifest
        self._trust = trust
        self._by_namespace: dict[str, list[LogRecord]] = {}
        self.views: dict[str, View] = {}
        self.awaited: dict[Place, Release] = {}
        self.refused: dict[Place, str] = {}
        self._shown: dict[str, dict[Place, tuple[Release, bytes]]] = {}

    def reload(self) -> None:
        """Make the index show what the logs hold, whatever it has shown before."""
        self._by_namespace = namespaces(self._records())
        self.views, self.awaited, self.refused = {}, {}, {}
        self._shown = self._read_index()
        self._apply({*self._shown, *self._by_namespace})  # what is shown may be in no log that counts any more

    def _read_index(self) -> dict[str, dict[Place, tuple[Release, bytes]]]:
        """Return what the index shows, by namespace and place: the release, and the statement of the last yank."""
        found: dict[str, dict[Place, tuple[Release, bytes]]] = {}
        for _, record in self._index.entries():
            some, where = found.setdefault(record.id.namespace, {}), place(record)
            some[where] = (record, b"") if isinstance(record, Release) else (some[where][0], record.statement())
        return found

    def add(self, records: Iterable[LogRecord]) -> None:
        """Show records that are new in the logs."""
        fresh = namespaces(records)
        for namespace, some in fresh.items():
            self._by_namespace.setdefault(namespace, []).extend(some)
        self._apply(fresh)

    def has(self, release: Release) -> bool:
        """Tell whether the key of a release has published that version already, shown or not."""
        view, where = self.views.get(release.id.namespace, View()), place(release)
        if not view.contested:
            return where in view.releases or where in view.quarantined
        records = self._by_namespace[release.id.namespace]
        return any(isinstance(one, Release) and one.key == release.key and place(one) == where for one in records)

    def is_yanked(self, record: YankRecord) -> bool:
        """Tell whether the version that a record is about is shown as yanked."""
        last = self.views.get(record.id.namespace, View()).yanks.get(place(record))
        return last is not None and last.action == "yank"

    def manifests_came(self) -> None:
        """Show the releases whose manifests are here now."""
        self._apply({release.id.namespace for release in self.awaited.values()})

    def _apply(self, touched: Iterable[str]) -> None:
        for namespace in sorted(touched):
            self.views[namespace] = view_of(namespace, self._by_namespace.get(namespace, []), self._trust)
        appended = [self._append(namespace) for namespace in sorted(touched)]
        if not all(appended):
            self._rebuild()

    def _append(self, namespace: str) -> bool:
        """Append what a view has more than the index; False when the index shows what the view does not."""
        view = self.views[namespace]
        shown = self._shown.setdefault(namespace, {})
        if any(not _same(view.releases.get(where), release) for where, (release, _) in shown.items()):
            return False
        self._forget(namespace)
        self._append_releases([release for where, release in view.releases.items() if where not in shown])
        return all(self._append_yank(shown, where, view) for where in [*shown])

    def _forget(self, namespace: str) -> None:
        """Forget what was awaited and refused in a namespace: its view says anew what is."""
        for state in (self.awaited, self.refused):
            for where in [where for where in state if where[0].rpartition(".")[0] == namespace]:
                del state[where]

    def _append_releases(self, releases: Iterable[Release]) -> None:
        offers = []
        for release in releases:
            data = self._manifest(release.manifest)
            if data is None:
                self.awaited[place(release)] = release
            elif manifest := self._checked(release, data):
                offers.append((release, manifest, data))
        for release, _, _ in offers:
            self._shown[release.id.namespace][place(release)] = (release, b"")
        if offers:
            self._index.append_releases(offers)

    def _checked(self, release: Release, data: bytes) -> Manifest | None:
        """Return the manifest if it is what its release says; a publisher may have signed what is not."""
        try:
            manifest = Manifest.parse(data)
        except (InvalidInputError, IntegrityError) as error:
            self.refused[place(release)] = error.message
            return None
        found = (manifest.id, manifest.version, manifest.dependencies)
        if found != (release.id, release.version, release.dependencies):
            self.refused[place(release)] = "its manifest is of another package, version or dependencies"
            return None
        return manifest

    def _append_yank(self, shown: dict[Place, tuple[Release, bytes]], where: Place, view: View) -> bool:
        release, last = shown[where]
        wanted = view.yanks.get(where)
        if wanted is None or wanted.statement() == last:
            return wanted is not None or last == b""
        yanked = self._index.release(wanted.id, wanted.version).yanked
        if (yanked is not None) == (wanted.action == "yank"):
            return yanked is None or yanked == wanted.reason
        self._index.append_yank(wanted)
        shown[where] = (release, wanted.statement())
        return True

    def _rebuild(self) -> None:
        """Write an index of the present views beside the old one, and put it in its place in one transaction."""
        self._shown, self.awaited, self.refused = {}, {}, {}
        old = self._index
        with scratch_folder(old.path.parent) as scratch:
            fresh = Path(scratch) / "index.sqlite"
            self._index = LocalIndex(fresh)
            try:
                for namespace in sorted(self.views):
                    self._append(namespace)
            finally:
                self._index.close()
                self._index = old
            old.replace_content(fresh)


def _same(found: Release | None, shown: Release) -> bool:
    """Tell whether a view has a release that is shown. Most often it is the same object, and its statement long."""
    return found is shown or (found is not None and found.statement() == shown.statement())
