"""The folder that an archive is unpacked into: new files only, no link followed, nothing left after a refusal."""

import errno
import hashlib
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from marketplace.errors import IntegrityError, MarketError
from marketplace.model.tree import digest_of
from marketplace.storage.files import disk_error

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Staging:
    """Writes files below one empty folder through open folders, so that no component can be swapped for a link.

    A context manager: when its block raises, all that was written is removed again.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._parent = ""
        self._handle = -1

    def __enter__(self) -> "Staging":
        """Open the folder.

        Raises:
            IntegrityError: `staging-not-empty`: something else writes there.
        """
        self._handle = os.open(self._root, _FOLDER_FLAGS)
        if any(self._root.iterdir()):
            os.close(self._handle)
            message = f"the folder {self._root} to unpack into is not empty"
            raise IntegrityError("staging-not-empty", message, hint="unpack into a fresh folder", path=str(self._root))
        return self

    def __exit__(self, kind: type[BaseException] | None, _error: object, _trace: object) -> None:
        """Close the folder, and empty it after an error."""
        os.close(self._handle)
        if kind is not None:
            for item in self._root.iterdir():
                shutil.rmtree(item) if item.is_dir() and not item.is_symlink() else item.unlink()

    def write(self, path: str, chunks: Iterable[bytes], *, executable: bool) -> str:
        """Write a new file of a checked path; return its `sha256:` digest.

        Raises:
            IntegrityError: `staging-tampered`, something is in the way that was not written here.
            UnavailableError: `disk-full` or `store-unwritable`.
        """
        try:
            handle = self._create(path, 0o755 if executable else 0o644)
        except OSError as error:
            raise _obstacle(path, error) from error
        try:
            return _write_hashing(handle, chunks)
        finally:
            os.close(handle)

    def _create(self, path: str, mode: int) -> int:
        parent, _, name = path.rpartition("/")
        if parent != self._parent:
            self._enter(parent)
        return os.open(name, _NEW_FILE, mode, dir_fd=self._handle)

    def _enter(self, parent: str) -> None:
        """Open the folder `parent` below the root, making what is missing."""
        handle = os.open(self._root, _FOLDER_FLAGS)
        try:
            for component in parent.split("/") if parent else ():
                inner = _make_and_open(component, handle)
                os.close(handle)
                handle = inner
        except BaseException:
            os.close(handle)
            raise
        os.close(self._handle)
        self._handle, self._parent = handle, parent


class Held:
    """Holds in memory what `Staging` would write: `files` has the bytes by digest."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def write(self, path: str, chunks: Iterable[bytes], *, executable: bool) -> str:  # noqa: ARG002 - the tree has both
        """Take a file; return its `sha256:` digest."""
        data = b"".join(chunks)
        digest = digest_of(data)
        self.files[digest] = data
        return digest


def _make_and_open(component: str, folder: int) -> int:
    with suppress(FileExistsError):  # made for an earlier file; if it is anything but a folder, opening it fails
        os.mkdir(component, 0o755, dir_fd=folder)
    return os.open(component, _FOLDER_FLAGS, dir_fd=folder)


def _write_hashing(handle: int, chunks: Iterable[bytes]) -> str:
    state = hashlib.sha256()
    for chunk in chunks:
        state.update(chunk)
        try:
            _write_all(handle, chunk)
        except OSError as error:
            raise disk_error(error, "the unpacked archive") from error
    return "sha256:" + state.hexdigest()


def _write_all(handle: int, chunk: bytes) -> None:
    view = memoryview(chunk)
    while view:
        view = view[os.write(handle, view) :]


def _obstacle(path: str, error: OSError) -> MarketError:
    if error.errno not in (errno.EEXIST, errno.ENOTDIR, errno.ELOOP):
        return disk_error(error, "the unpacked archive")
    message = f"something is in the way of {path} where it is unpacked"
    hint = "another program writes into this folder; try again with another home"
    return IntegrityError("staging-tampered", message, hint=hint, entry=path)
