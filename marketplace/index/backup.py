"""Copies of the local index: made while others publish, and checked in full before one is put in the index's place."""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from marketplace.errors import ConflictError, IntegrityError, NotFoundError, UnavailableError
from marketplace.index.local import LocalIndex
from marketplace.storage.files import disk_error, staged_name, sync_folder

_PARTS = ("-wal", "-shm", "")
"""What SQLite keeps beside a database, and the database, in the order in which they are put aside."""


def backup(index: LocalIndex, target: Path) -> None:
    """Write a consistent copy of `index` to `target` while others read and publish; an older file is replaced.

    Raises:
        UnavailableError: `disk-full`, `store-unwritable` or `index-unwritable`; the older file is kept.
    """
    if not target.parent.is_dir():
        hint = "make the folder first, or name another file"
        raise NotFoundError("folder-missing", f"there is no folder {target.parent}", hint=hint, path=str(target.parent))
    staged = target.with_name(staged_name())
    try:
        index.copy_to(staged)
        staged.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        raise disk_error(error, str(target)) from error
    finally:
        staged.unlink(missing_ok=True)


def restore(path: Path, source: Path, *, force: bool = False) -> None:
    """Check the backup at `source` in full, then put its content in the place of the index at `path`.

    The caller keeps publishers away meanwhile.

    A sound index is replaced in one transaction, under the eyes of its readers. A damaged one is kept beside it under
    the name `index.sqlite.damaged-<time>`.

    Raises:
        IntegrityError: `backup-invalid`; nothing was changed.
        ConflictError: `backup-older`, the present index is sound and has entries that the backup lacks (not with
            `force`); nothing was changed.
        UnavailableError: `disk-full`, `store-unwritable`, `index-unwritable` or `index-busy`.
    """
    bring = _checked_leaves(source)
    with _staged_copy(path, source) as staged:
        try:
            with closing(LocalIndex(path)) as present:
                present.verify()
                if not force:
                    _refuse_loss(present.leaves(), bring, source)
                present.replace_content(staged)
        except IntegrityError as error:
            if error.code != "index-corrupt":
                raise  # `index-newer`: another version of this program takes care of that index
            _put_in_place(path, staged)


def _checked_leaves(source: Path) -> list[bytes]:
    try:
        with closing(LocalIndex.open_copy(source)) as copy:
            copy.verify()
            return copy.leaves()
    except (IntegrityError, UnavailableError) as error:
        hint = "choose another backup; the present index was not changed"
        raise IntegrityError("backup-invalid", f"{source} is not a sound backup: {error}", hint=hint) from error


def _refuse_loss(have: list[bytes], bring: list[bytes], source: Path) -> None:
    if have != bring[: len(have)]:
        common = sum(1 for _ in _equal_start(have, bring))
        raise ConflictError(
            "backup-older", f"the index has {len(have) - common} log entries that {source} lacks",
            hint="the index is sound: to go back to the backup all the same, add --force", lacking=len(have) - common,
        )  # fmt: skip


def _equal_start(one: list[bytes], other: list[bytes]) -> Iterator[bytes]:
    for left, right in zip(one, other, strict=False):
        if left != right:
            return
        yield left


@contextmanager
def _staged_copy(path: Path, source: Path) -> Iterator[Path]:
    """Copy the backup beside the index and give the copy a new history, so that the swap itself is one step."""
    staged = path.with_name(staged_name())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(LocalIndex.open_copy(source)) as copy:
            copy.copy_to(staged)
        with closing(LocalIndex(staged)) as index:
            index.start_new_history()
        yield staged
    except OSError as error:
        raise disk_error(error, str(path)) from error
    finally:
        for suffix in _PARTS:
            path.with_name(staged.name + suffix).unlink(missing_ok=True)


def _put_in_place(path: Path, staged: Path) -> None:
    """Swap a damaged index for the copy; of the damaged one nothing is thrown away."""
    damaged = f"{path.name}.damaged-{time.time_ns()}"
    for suffix in _PARTS:
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(path.with_name(damaged + suffix))
    staged.replace(path)
    sync_folder(path.parent)
