"""The tar layer of a .gpack: POSIX ustar headers (IEEE Std 1003.1, pax) in the one form that this program writes.

A file's name and size, and whether it is executable, decide its header to the last bit. So the reader takes no more
than these three from a header and composes it again: a header that is not the same bytes is refused, whatever trick is
in it. What is said about the difference only serves the message.
"""

import re
from collections.abc import Iterator
from typing import NoReturn

from marketplace.errors import IntegrityError
from marketplace.model.tree import TreeEntry
from marketplace.paths import MAX_PATH, shown

BLOCK = 512
END = bytes(2 * BLOCK)
"""Two zero blocks end a tar archive."""

_NAME = 100
_MAX_PAX = 2 * MAX_PATH
"""Longest extended header that is read, so that a path that is somewhat too long is refused by its name."""

_PAX_NAME = b"PaxHeader"
_USTAR = b"ustar\x0000"
_OCTAL = re.compile(rb"[0-7]{11}\0")
_RECORD = re.compile(rb"([1-9][0-9]{0,6}) ([^=\n]+)=")
_FILE, _PAX = b"0", b"x"
_PLAIN, _EXECUTABLE = b"0000644\0", b"0000755\0"

_KINDS = {
    b"1": ("entry-link", "is a hard link"),
    b"2": ("entry-link", "is a symbolic link"),
    b"3": ("entry-device", "is a character device"),
    b"4": ("entry-device", "is a block device"),
    b"5": ("entry-folder", "is a folder: archives hold files alone, folders follow from their paths"),
    b"6": ("entry-fifo", "is a fifo"),
    b"S": ("entry-sparse", "is a sparse file"),
    b"L": ("entry-long-name", "is a GNU long-name record"),
    b"K": ("entry-long-name", "is a GNU long-link record"),
    b"g": ("pax-global", "is a global extended header"),
}
_RECORDS = {
    "size": ("pax-size", "has its size in an extended header too"),
    "linkpath": ("entry-link", "has a link's target in its extended header"),
}
_HINT = "make the archive with `ggen market pack`"


def head_of(path: str, size: int, *, executable: bool) -> bytes:
    """Return all that stands before a file's bytes: one header, or an extended header with the path and the header.

    An extended header is there exactly when the path is not ASCII or longer than 100 bytes.
    """
    mode = _EXECUTABLE if executable else _PLAIN
    if _fits(path):
        return _header(path.encode("ascii"), mode, size, _FILE)
    record = _record(path)
    short = re.sub(r"[^\x00-\x7f]", "_", path)[:_NAME].encode("ascii")
    return (
        _header(_PAX_NAME, _PLAIN, len(record), _PAX) + record + padding(len(record))
        + _header(short, mode, size, _FILE)
    )  # fmt: skip


def padding(size: int) -> bytes:
    """Return the zeros that fill the last block of `size` bytes."""
    return bytes(-size % BLOCK)


def length_of(entry: TreeEntry) -> int:
    """Return the bytes that a file takes in the tar archive, header and padding included."""
    extra = 0 if _fits(entry.path) else BLOCK + _filled(len(_record(entry.path)))
    return extra + BLOCK + _filled(entry.size)


def _fits(path: str) -> bool:
    return len(path) <= _NAME and path.isascii()


def _filled(size: int) -> int:
    return size + -size % BLOCK


def _header(name: bytes, mode: bytes, size: int, kind: bytes) -> bytes:
    number = b"0000000\0"
    start = name.ljust(_NAME, b"\0") + mode + number + number + b"%011o\0" % size + b"00000000000\0"
    rest = kind + bytes(100) + _USTAR + bytes(64) + number + number + bytes(167)
    return start + b"%06o\0 " % (sum(start) + sum(rest) + 8 * 0x20) + rest


def _record(path: str) -> bytes:
    body = b" path=" + path.encode("utf-8") + b"\n"
    length = len(body) + len(str(len(body)))
    length = len(body) + len(str(length))
    return str(length).encode("ascii") + body


def extended(header: bytes) -> int | None:
    """Return the length of the extended header's records that `header` announces, None if it is a file's header.

    Raises:
        IntegrityError: `header-checksum`, `archive-format`, `entry-size`, or `pax-malformed`.
    """
    _check_sum(header)
    if header[156:157] != _PAX:
        return None
    size = _size(header, _text(header[:_NAME]))
    if not 0 < size <= _MAX_PAX:
        _refuse("pax-malformed", _text(header[:_NAME]), f"is an extended header of {size:,} bytes")
    return size


def path_of(records: bytes) -> str:
    """Return the path in the records of an extended header.

    Raises:
        IntegrityError: `pax-malformed`, `pax-size`, `pax-record`, `entry-link` or `entry-sparse`.
    """
    fields = dict(_records(records))
    path = _decode(fields.pop("path", b""))
    for name in fields:
        if name.startswith("GNU.sparse."):
            _refuse("entry-sparse", path, "is a sparse file")
        unknown = ("pax-record", f"has the unknown record '{shown(name)}' in its extended header")
        code, what = _RECORDS.get(name, unknown)
        _refuse(code, path, what)
    if not path:
        _refuse("pax-malformed", _PAX_NAME.decode(), "is an extended header without a path")
    return path


def _records(data: bytes) -> Iterator[tuple[str, bytes]]:
    while data:
        match = _RECORD.match(data)
        length = int(match[1]) if match else 0
        if match is None or not match.end() < length <= len(data) or data[length - 1 : length] != b"\n":
            _refuse("pax-malformed", _PAX_NAME.decode(), "is an extended header with a malformed record")
        yield _decode(match[2]), data[match.end() : length - 1]
        data = data[length:]


def entry_of(header: bytes, path: str | None) -> tuple[str, int, bool]:
    """Return path, size and executability of a file; `path` is from its extended header, None without one.

    Raises:
        IntegrityError: `header-checksum`, `archive-format`, `entry-…` by its kind, `entry-size`, `entry-mode` or
            `pax-malformed`.
    """
    if path is not None and not any(header):
        _refuse("pax-malformed", path, "has an extended header and no header of its own")
    _check_sum(header)
    name = path if path is not None else _text(header[:_NAME])
    _check_kind(header[156:157], name)
    size = _size(header, name)
    mode = header[100:108]
    if mode not in (_PLAIN, _EXECUTABLE):
        _refuse("entry-mode", name, f"has the mode {_text(mode)}; 0644 and 0755 are the two there are")
    return name, size, mode == _EXECUTABLE


def check_canonical(found: bytes, path: str, size: int, *, executable: bool) -> None:
    """Refuse the headers of a file that are not what `head_of` composes; the path must be a checked one.

    Raises:
        IntegrityError: `archive-not-canonical`.
    """
    if found != head_of(path, size, executable=executable):
        _refuse("archive-not-canonical", path, "has a header in another form than this program writes")


def _check_sum(header: bytes) -> None:
    found = header[148:156].rstrip(b" \0")
    actual = sum(header) - sum(header[148:156]) + 8 * 0x20
    if not re.fullmatch(rb"[0-7]{1,8}", found) or int(found, 8) != actual:
        _refuse("header-checksum", _text(header[:_NAME]), "has a header with a wrong checksum")
    if header[257:265] != _USTAR:
        _refuse("archive-format", _text(header[:_NAME]), "has a header that is not of the ustar format")


def _check_kind(kind: bytes, name: str) -> None:
    if kind == _PAX:
        _refuse("pax-malformed", name, "is an extended header that follows another")
    if kind != _FILE:
        code, what = _KINDS.get(kind, ("entry-kind", f"is of the unknown kind {kind!r}"))
        _refuse(code, name, what)


def _size(header: bytes, name: str) -> int:
    field = header[124:136]
    if not _OCTAL.fullmatch(field):
        _refuse("entry-size", name, "has a size that is not 11 octal digits")
    return int(field[:-1], 8)


def _text(field: bytes) -> str:
    return _decode(field.partition(b"\0")[0])


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _refuse(code: str, name: str, what: str) -> NoReturn:
    entry = shown(name)
    raise IntegrityError(code, f"'{entry}' {what}", hint=_HINT, entry=entry)
