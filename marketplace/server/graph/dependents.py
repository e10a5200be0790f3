"""Who requires a package: the graph of the newest releases, turned round and kept up with the log."""

import threading
from collections.abc import Iterable, Mapping

from marketplace.index import published, several
from marketplace.index.local import LocalIndex


class Dependents:
    """What the newest release of each package requires, for all threads of a worker; read when it is first asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._history = ""
        self._seen = 0
        self._needs: dict[str, Mapping[str, str]] = {}
        self._needed_by: dict[str, dict[str, str]] = {}

    def of(self, index: LocalIndex, ids: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
        """Return id and requirement of each package that requires one of `ids`, sorted by id."""
        with self._lock:
            self._keep_up(index)
            return {id_: sorted(self._needed_by.get(id_, {}).items()) for id_ in ids}

    def _keep_up(self, index: LocalIndex) -> None:
        history, end = index.fingerprint(), published.size(index)
        if history != self._history or end < self._seen:  # the first look, or another index in its place
            self._needs, self._needed_by = {}, {}
            changed = several.requirements(index)
        else:
            ids = set(published.ids_since(index, self._seen))
            for id_ in ids:
                self._forget(id_)
            changed = several.requirements(index, ids) if ids else {}
        for id_, needs in changed.items():
            self._needs[id_] = needs
            for needed, requirement in needs.items():
                self._needed_by.setdefault(needed, {})[id_] = requirement
        self._history, self._seen = history, end

    def _forget(self, id_: str) -> None:
        for needed in self._needs.pop(id_, ()):
            del self._needed_by[needed][id_]
