"""Archives, `*.gpack`: one zstd frame around a tar archive of a package's files. docs/archive.md has the format.

Packing is deterministic: the tree alone decides the bytes (and the zstd library's version, for the compressed layer).
Unpacking trusts nothing: the tar layer must be the very bytes that packing the same files gives, and whatever is
refused leaves nothing behind.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from marketplace.archiving import frame, ustar
from marketplace.archiving.staging import Held, Staging
from marketplace.errors import UnavailableError
from marketplace.model.tree import Tree, TreeEntry
from marketplace.paths import PathSet, shown
from marketplace.source import FolderSource, Totals, changed
from marketplace.storage.files import disk_error, scratch_folder, staged_name, sync_folder

if TYPE_CHECKING:
    from marketplace.model.package import PackageSource

SUFFIX = ".gpack"
_CHUNK = 256 * 1024
"""Bytes handed to the compressor at once; fixed, so that the compressed bytes depend on the files alone."""

_DOWNLOAD = "fetch the archive again"
_REPACK = "make the archive with `ggen market pack`"


def pack(source: "PackageSource", out: BinaryIO) -> int:
    """Write the archive of `source` to `out` and return its length in bytes.

    The same tree gives the same bytes on any machine, whatever the time zone, umask, locale or order of the files.

    Raises:
        IntegrityError: `file-changed` when a file is not what the tree says, `archive-too-large` or `archive-ratio`
            when the archive would be refused; part of it was written.
    """
    import zstandard

    content = sum(ustar.length_of(entry) for entry in source.tree) + len(ustar.END)
    compressor = zstandard.ZstdCompressor(level=frame.LEVEL, write_checksum=True, write_content_size=True)
    stream = compressor.compressobj(size=content)
    written = 0
    for piece in _pieces(_tar(source)):
        written += out.write(stream.compress(piece))
        frame.check_size(written)
    written += out.write(stream.flush())
    frame.check_size(written)
    frame.check_ratio(written, content)
    return written


def _pieces(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Join and cut `parts` into pieces of `_CHUNK` bytes: few calls, and the same calls whatever the source reads."""
    buffer = bytearray()
    for part in parts:
        buffer += part
        while len(buffer) >= _CHUNK:
            yield bytes(buffer[:_CHUNK])
            del buffer[:_CHUNK]
    yield bytes(buffer)


def _tar(source: "PackageSource") -> Iterator[bytes]:
    for entry in source.tree:
        yield ustar.head_of(entry.path, entry.size, executable=entry.executable)
        yield from _content(source, entry)
        yield ustar.padding(entry.size)
    yield ustar.END


def _content(source: "PackageSource", entry: TreeEntry) -> Iterator[bytes]:
    """Yield the bytes of a file, and raise when it is not the file that was hashed."""
    state, size = hashlib.sha256(), 0
    with source.open(entry.path) as file:
        while piece := file.read(_CHUNK):
            size += len(piece)
            if size > entry.size:
                break
            state.update(piece)
            yield piece
    if size != entry.size or "sha256:" + state.hexdigest() != entry.digest:
        raise changed(entry.path, "changed while it was packed")


def write_archive(source: "PackageSource", target: Path) -> int:
    """Write the archive of `source` to the file `target`, replacing it as a whole; return its length in bytes.

    Raises:
        IntegrityError: what `pack` raises; `target` is what it was before.
        UnavailableError: `disk-full` or `output-unwritable`; likewise.
    """
    staged = target.with_name(staged_name())
    try:
        with staged.open("xb") as file:
            written = pack(source, file)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_error(error, str(target)) from error
        message, hint = f"{target} cannot be written: {error.strerror}", "choose another place with --output"
        raise UnavailableError("output-unwritable", message, hint=hint, path=str(target)) from error
    finally:
        staged.unlink(missing_ok=True)
    return written


@contextmanager
def open_archive(path: Path) -> Iterator[BinaryIO]:
    """Open an archive file to be read by `unpack`.

    Raises:
        UnavailableError: `file-unreadable`.
        IntegrityError: `archive-format`, this is not a plain file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise UnavailableError("file-unreadable", message, hint="check its name and permissions") from error
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise frame.refuse("format", f"{path} is not a plain file", "name a .gpack file or a package's folder")
        yield stream


def unpack(stream: BinaryIO, staging: Path) -> FolderSource:
    """Check the archive that fills `stream` (seekable) and write its files below the empty folder `staging`.

    Memory is bounded whatever the archive says. When anything is refused, `staging` is empty again.

    Raises:
        IntegrityError: `archive-…` for the archive as a whole; `entry-…`, `pax-…`, `path-…`, `header-checksum`,
            `package-too-many-files`, `package-too-large` or `manifest-ambiguous` naming the `entry`;
            `staging-not-empty` or `staging-tampered`.
        InvalidInputError: `manifest-missing`, `manifest-invalid`, `file-missing`, or what a manifest's parsing raises.
        UnavailableError: `disk-full`.
    """
    whole = frame.inspect(stream)
    with Staging(staging) as target:
        return FolderSource.of(staging, _unpacked(stream, whole, target))


def unpack_in_memory(stream: BinaryIO, most: int) -> tuple[Tree, dict[str, bytes]] | None:
    """Check an archive as `unpack` does; return its tree and its files by digest, None when they exceed `most` bytes.

    Raises:
        IntegrityError: as `unpack`; whether there is a sound manifest is left to whoever uses the tree.
    """
    whole = frame.inspect(stream)
    if whole.content > most:
        return None
    target = Held()
    return _unpacked(stream, whole, target), target.files


def _unpacked(stream: BinaryIO, whole: frame.Frame, target: "Staging | Held") -> Tree:
    import zstandard

    decompressor = zstandard.ZstdDecompressor(max_window_size=frame.MAX_WINDOW)
    with decompressor.stream_reader(stream, closefd=False) as content:
        reader = _Reader(content, whole.content)
        try:
            tree = Tree.of(_entries(reader, target))
            reader.expect_end()
        except zstandard.ZstdError as error:
            raise frame.refuse("damaged", f"the archive cannot be decompressed: {error}", _DOWNLOAD) from error
    return tree


def _entries(reader: "_Reader", target: "Staging | Held") -> Iterator[TreeEntry]:
    paths, totals, previous = PathSet(), Totals(), b""
    while (found := _next_header(reader)) is not None:
        head, path, size, executable = found
        reader.entry = shown(path)
        paths.add(path)
        totals.add(path, size)
        ustar.check_canonical(head, path, size, executable=executable)
        if path.encode("utf-8") <= previous:
            raise frame.refuse("not-canonical", f"'{shown(path)}' is not in order", _REPACK, entry=shown(path))
        previous = path.encode("utf-8")
        digest = target.write(path, reader.pieces(size), executable=executable)
        if reader.read(-size % ustar.BLOCK).strip(b"\0"):
            raise frame.refuse("not-canonical", f"bytes are hidden after '{shown(path)}'", _REPACK, entry=shown(path))
        yield TreeEntry(path, executable, size, digest)
    if not previous:
        raise frame.refuse("empty", "the archive has no files", _REPACK)


def _next_header(reader: "_Reader") -> tuple[bytes, str, int, bool] | None:
    """Return a file's headers as they stand, its path, size and executability; None at the end of the archive."""
    head = reader.read(ustar.BLOCK)
    if head == bytes(ustar.BLOCK):
        if reader.read(ustar.BLOCK) != head:
            raise frame.refuse("not-canonical", "the archive goes on after its end", _REPACK)
        return None
    length = ustar.extended(head)
    if length is None:
        return head, *ustar.entry_of(head, None)
    records = reader.read(length + -length % ustar.BLOCK)
    header = reader.read(ustar.BLOCK)
    return head + records + header, *ustar.entry_of(header, ustar.path_of(records[:length]))


@contextmanager
def open_source(path: Path, scratch: Path) -> "Iterator[PackageSource]":
    """Read the package at `path`: a folder, or a .gpack archive that is unpacked below `scratch` first.

    Raises:
        What `FolderSource.read` and `unpack` raise; nothing is left below `scratch`.
    """
    if path.is_dir():
        yield FolderSource.read(path)
        return
    with open_archive(path) as stream, scratch_folder(scratch) as folder:
        yield unpack(stream, folder)


class _Reader:
    """Reads the decompressed archive; what the frame declares is a bound, never a reason to allocate.

    `entry` is the file that is being read, for the messages.
    """

    def __init__(self, content: BinaryIO, declared: int) -> None:
        self._content = content
        self._left = declared
        self.entry = ""

    def read(self, size: int) -> bytes:
        """Return exactly `size` bytes.

        Raises:
            IntegrityError: `archive-truncated`.
        """
        data = _read_full(self._content, size)
        self._left -= len(data)
        if len(data) < size or self._left < 0:
            message = f"the archive ends within or right after '{self.entry}'"
            raise frame.refuse("truncated", message, _DOWNLOAD, entry=self.entry)
        return data

    def pieces(self, size: int) -> Iterator[bytes]:
        """Yield exactly `size` bytes in pieces.

        Raises:
            IntegrityError: `archive-truncated`.
        """
        while size:
            piece = self.read(min(size, _CHUNK))
            size -= len(piece)
            yield piece

    def expect_end(self) -> None:
        """Read on to the end of the frame, so that its checksum is compared.

        Raises:
            IntegrityError: `archive-trailing-data`.
        """
        if self._content.read(1):
            raise frame.refuse("trailing-data", "bytes follow the end of the tar archive", _REPACK)


def _read_full(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    while len(data) < size and (more := file.read(size - len(data))):
        data += more
    return data
