"""The stored index: opened when it is sound, written by one process at a time, made anew on any doubt."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from marketplace.errors import MarketError
from marketplace.search.base import DocumentSource, RemovedDocument, SearchDocument
from marketplace.search.schema import SCHEMA_VERSION, open_index, to_document
from marketplace.search.stamp import (
    STAMP,
    DoubtError,
    Facts,
    Stamp,
    check,
    facts_of,
    live_files,
    read_stamp,
    unchanged,
    watched,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import tantivy

_HEAP = 30_000_000
"""Bytes of the writer's heap: tantivy wants at least 15 MB a thread, more makes fewer segments."""

_REBUILD_WAIT = 5.0
"""Seconds to wait for another process that is making the index, before answering from memory instead."""

_MISSING = "was missing"

_ATTEMPTS = 3
"""Looks at an index that another process may be changing, before it is taken for damaged."""


class UnwritableError(Exception):
    """The stored index cannot be brought up to date now: it is being written by others, or the disk refuses."""


class View(NamedTuple):
    """An opened index that has everything up to `revision`; `files` tells whether it still is what is stored.

    It is not `settled` when its stamp is of another moment than its files: after a crash, a copy, or in mid-commit.
    """

    searcher: "tantivy.Searcher"
    schema: "tantivy.Schema"
    revision: int
    files: Mapping[Path, Facts]
    settled: bool


class StoredIndex:
    """The index of `source` in `folder`, which may be deleted at any time.

    Args:
        folder: the index's own folder; the lock lies beside it, so that it outlives the index.
        tell: told why the index was made anew.
    """

    def __init__(self, folder: Path, source: DocumentSource, tell: Callable[[str], None]) -> None:
        self._folder = folder
        self._lock = folder.with_name(folder.name + ".lock")
        self._source = source
        self._tell = tell
        self._view: View | None = None

    def view(self) -> View:
        """Return the stored index, made anew when it is missing or in doubt.

        Raises:
            UnwritableError: it is unusable and cannot be made now.
        """
        if self._view is None or not unchanged(self._view.files):
            self._view = None
            self._view = self._look() or self._remade()
        return self._view

    def remake(self) -> None:
        """Make the stored index anew, since reading it failed although its files looked sound.

        Raises:
            UnwritableError: it cannot be made now.
        """
        self._view = None
        with self._writing(_REBUILD_WAIT):
            self._make("was damaged")

    def catch_up(self, *, thorough: bool = False) -> View:
        """Commit everything that the stored index lacks; with `thorough` read and check all that is there first.

        Raises:
            UnwritableError: others are at it, or the disk refuses; the index is as it was.
        """
        lost = self._lock.exists()
        with self._writing(0):
            stamp, why = read_stamp(self._folder), ""
            if stamp is not None:
                try:
                    settled = self._check(stamp, thorough=thorough) == stamp.files and stamp.meta is not None
                except DoubtError as doubt:
                    why = str(doubt)
            if stamp is None or why:
                self._make(why or self._why_missing(), lost=lost)
            elif not settled or stamp.revision < self._source.revision():
                self._write(stamp)
        self._view = None
        return self.view()

    def clear(self) -> int:
        """Remove the stored index on purpose: its absence will not be reported. Return the bytes freed.

        Raises:
            UnwritableError: others are writing it, or the disk refuses.
        """
        import shutil

        with self._writing(_REBUILD_WAIT):
            freed = sum(path.stat().st_size for path in self._folder.glob("*"))
            shutil.rmtree(self._folder, ignore_errors=True)
            self._lock.unlink()
        return freed

    # --- reading -----------------------------------------------------------------------------------------------------

    def _look(self) -> View | None:
        for _ in range(_ATTEMPTS):
            stamp = read_stamp(self._folder)
            if stamp is None:
                return None
            try:
                return self._open(stamp)
            except DoubtError:
                if read_stamp(self._folder) == stamp:
                    return None
        return None

    def _open(self, stamp: Stamp) -> View:
        files = self._check(stamp)
        watch = watched(self._folder, files)
        settled = stamp.meta is not None and files == stamp.files
        with _doubting():
            index = open_index(str(self._folder))
            return View(index.searcher(), index.schema, stamp.revision, watch, settled)

    def _check(self, stamp: Stamp, *, thorough: bool = False) -> dict[str, Facts]:
        if stamp.fingerprint != self._source.fingerprint():
            raise DoubtError("was that of another package index")
        if stamp.schema != SCHEMA_VERSION:
            raise DoubtError("was of another version")
        if stamp.revision > self._source.revision():
            raise DoubtError("was ahead of the package index")
        return check(self._folder, stamp, thorough=thorough)

    # --- writing -----------------------------------------------------------------------------------------------------

    def _remade(self) -> View:
        lost = self._lock.exists()
        with self._writing(_REBUILD_WAIT):
            found = self._look()  # another process may have made it while this one waited
            if found is not None:
                return found
            self._make(self._why_missing(), lost=lost)
        found = self._look()
        if found is None:
            raise UnwritableError("the search index does not stay as it was written")
        return found

    def _why_missing(self) -> str:
        stamp = read_stamp(self._folder)
        if stamp is None:
            return "was damaged" if self._folder.is_dir() and any(self._folder.iterdir()) else _MISSING
        try:
            self._check(stamp)
        except DoubtError as doubt:
            return str(doubt)
        return "was damaged"

    def _make(self, why: str, *, lost: bool = True) -> None:
        """Make the index from nothing; `why` is told, unless it is missing and was never there."""
        import shutil

        if self._folder.exists():
            shutil.rmtree(self._folder)
        self._folder.mkdir()
        try:
            self._write(Stamp(SCHEMA_VERSION, self._source.fingerprint(), 0, None, {}))
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        if lost or why != _MISSING:
            self._tell(f"the search index {why} and has been rebuilt")

    def _write(self, stamp: Stamp) -> None:
        """Commit what came after `stamp`, then stamp anew.

        While the commit is under way the stamp says so: whoever reads then, or after a crash, takes the list of
        segments as it is, checks every file it does not know, and reads all changes after the old revision again.
        """
        from marketplace.storage.files import write_atomic

        if stamp.files:
            write_atomic(self._folder / STAMP, Stamp(
                stamp.schema, stamp.fingerprint, stamp.revision, None, stamp.files
            ).encode())  # fmt: skip
        index = open_index(str(self._folder))
        revision = write_changes(index, self._source.documents(stamp.revision), fresh=not stamp.revision)
        meta, names = live_files(self._folder)
        files = {name: facts_of(self._folder / name) for name in names}
        new = Stamp(stamp.schema, stamp.fingerprint, max(revision, stamp.revision), meta, files)
        write_atomic(self._folder / STAMP, new.encode())

    @contextmanager
    def _writing(self, timeout: float) -> "Iterator[None]":
        """Be the only writer; every way in which the disk or another writer can refuse is an UnwritableError."""
        from marketplace.storage.locks import FileLock

        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self._lock, purpose="updating the search index", timeout=timeout), _doubting():
                yield
        except (MarketError, OSError, DoubtError) as error:
            raise UnwritableError(str(error)) from error


def write_changes(index: "tantivy.Index", changes: Iterable[SearchDocument | RemovedDocument], *, fresh: bool) -> int:
    """Commit `changes`; return the newest revision among them, or 0. Only a `fresh` index holds no older states."""
    writer = index.writer(_HEAP, 1)
    revision = 0
    for change in changes:
        if not fresh:
            writer.delete_documents_by_term("id", change.id)
        if not isinstance(change, RemovedDocument):
            writer.add_document(to_document(change))
        revision = change.revision
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return revision


@contextmanager
def _doubting() -> "Iterator[None]":
    """Turn what tantivy raises over its files into DoubtError: a panic (a BaseException), ValueError or OSError."""
    try:
        yield
    except BaseException as error:
        if is_damage(error):
            raise DoubtError("was damaged") from error
        raise


def is_damage(error: BaseException) -> bool:
    """Tell whether tantivy may have stumbled over its files."""
    return type(error).__name__ == "PanicException" or isinstance(error, ValueError | OSError)
