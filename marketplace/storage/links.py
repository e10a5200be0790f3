"""Files made from blobs: links of copies kept for linking, or files of their own.

What is linked into projects is never the blob itself but another file with its bytes, kept under `links/`, so that an
installed file edited in place cannot damage the store.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from marketplace.storage.blobs import CHUNK, check_digest

_FICLONE = 0x40049409
"""ioctl number of "clone this file's extents" (linux/fs.h)."""

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

How = Literal["reflink", "hardlink", "copy"]


class LinkCopies:
    """The copies below `root`, made from the blobs that `path_of` and `open_blob` find."""

    def __init__(self, root: Path, path_of: Callable[[str], Path], open_blob: Callable[[str], BinaryIO]) -> None:
        self._root = root
        self._path_of = path_of
        self._open = open_blob
        self._can_clone = True

    def materialise(self, digest: str, destination: str | Path, *, executable: bool, copy: bool) -> How:
        """Make a file with the blob's bytes at `destination`; see `FilesystemStore.materialise`."""
        if copy:
            return self._copy(digest, destination, 0o755 if executable else 0o644)
        source = self._place(digest, executable=executable)
        try:
            os.link(source, destination)
        except FileNotFoundError:
            return self._first(digest, source, destination, executable=executable)
        except OSError:  # another filesystem (EXDEV), too many links (EMLINK) or no links at all (EPERM)
            return self._copy(digest, destination, 0o755 if executable else 0o644)
        return "hardlink"

    def _place(self, digest: str, *, executable: bool) -> str:
        check_digest(digest)
        return f"{self._root}/{digest[7:9]}/{digest[9:]}{'-x' if executable else ''}"

    def _first(self, digest: str, source: str, destination: str | Path, *, executable: bool) -> How:
        """Make the file from the verified blob, and keep another name of it to link from; so it is written once."""
        how = self._copy(digest, destination, 0o555 if executable else 0o444)
        try:
            _link_into(destination, source)
        except FileExistsError:
            pass  # another process was faster; this file stays as it is
        except OSError:
            os.chmod(destination, 0o755 if executable else 0o644)  # noqa: PTH101 - it may be a text
            return how
        return "hardlink"

    def drop(self, digest: str, *, executable: bool) -> None:
        """Forget a copy; the next use makes a fresh one."""
        Path(self._place(digest, executable=executable)).unlink(missing_ok=True)

    def clear(self) -> int:
        """Remove all copies; return the bytes no longer used by anybody."""
        freed = sum(path.lstat().st_size for path in self.unused())
        if self._root.is_dir():
            shutil.rmtree(self._root)
        return freed

    def unused(self) -> Iterator[Path]:
        """Yield the copies that no project has."""
        copies = self._root.glob("??/*") if self._root.is_dir() else iter(())
        return (path for path in copies if path.lstat().st_nlink == 1)

    def _copy(self, digest: str, destination: str | Path, mode: int) -> How:
        with self._open(digest) as source:
            handle = os.open(destination, _NEW, mode)
            try:
                with os.fdopen(handle, "wb", buffering=0) as target:
                    os.fchmod(handle, mode)
                    cloned = self._can_clone and self._clone(digest, handle)
                    if not cloned:
                        shutil.copyfileobj(source, target, CHUNK)
            except BaseException:
                os.unlink(destination)  # noqa: PTH108 - it may be a text
                raise
        return "reflink" if cloned else "copy"

    def _clone(self, digest: str, target: int) -> bool:
        """Clone the blob; where the store's file system cannot, it is not tried again."""
        with self._path_of(digest).open("rb") as source:
            error = clone_error(source.fileno(), target)
        self._can_clone = error in (0, errno.EXDEV)
        return error == 0


def _link_into(file: str | Path, name: str) -> None:
    try:
        os.link(file, name)
    except FileNotFoundError:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        os.link(file, name)


def clone_error(source: int, target: int) -> int:
    """Let the file `target` share the extents of `source` (both descriptors); return 0 or the error's number."""
    import fcntl

    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        return error.errno or errno.EIO
    return 0
