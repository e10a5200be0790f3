"""The pieces of forged archives, composed by hand, independently of the code that refuses them."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

import zstandard

from marketplace.model.tree import Tree, TreeEntry, digest_of

MANIFEST = b'[package]\nid = "io.evil.pack"\nversion = "1.0.0"\ndescription = "Forged"\n'
END = bytes(1024)
MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Forged:
    """A hostile archive, and its files as a registry would list them where a tree can say the same."""

    data: bytes
    tree: Tree | None = None


class Cases(dict[str, Callable[[], Forged]]):
    """Hostile cases by the names that the feature file uses: the functions' names with spaces."""

    def add(self, function: Callable[[], bytes | Forged]) -> Callable[[], bytes | Forged]:
        """Add the case that a function makes."""

        def build() -> Forged:
            made = function()
            return made if isinstance(made, Forged) else Forged(made)

        self[function.__name__.strip("_").replace("_", " ")] = build
        return function


def header(
    name: bytes, size: int = 0, *, mode: bytes = b"0000644\0", owner: bytes = b"0000000\0", size_field: bytes = b"",
    mtime: bytes = b"00000000000\0", checksum: bytes = b"", kind: bytes = b"0", link: bytes = b"",
    magic: bytes = b"ustar\x0000", user: bytes = b"", prefix: bytes = b"",
) -> bytes:  # fmt: skip
    """Return a tar header with any field as wished."""
    start = name.ljust(100, b"\0") + mode + owner + owner + (size_field or b"%011o\0" % size) + mtime
    rest = kind + link.ljust(100, b"\0") + magic + user.ljust(32, b"\0") + bytes(32) + b"0000000\0" * 2
    rest += prefix.ljust(155, b"\0") + bytes(12)
    return start + (checksum or b"%06o\0 " % (sum(start) + sum(rest) + 256)) + rest


def pad(data: bytes) -> bytes:
    """Return `data` filled up to whole blocks."""
    return data + bytes(-len(data) % 512)


def member(name: bytes, data: bytes = b"x", **fields: bytes) -> bytes:
    """Return a header and the data that it announces."""
    return header(name, len(data), **fields) + pad(data)


def record(key: bytes, value: bytes) -> bytes:
    """Return one record of an extended header."""
    length = len(key) + len(value) + 3
    while len(b"%d" % length) + len(key) + len(value) + 3 != length:
        length += 1
    return b"%d %s=%s\n" % (length, key, value)


def extended(records: bytes) -> bytes:
    """Return an extended header with these records."""
    return member(b"PaxHeader", records, kind=b"x")


def long_member(path: str, data: bytes = b"x") -> bytes:
    """Return a file whose path is in an extended header."""
    short = "".join(char if char.isascii() else "_" for char in path)[:100].encode()
    return extended(record(b"path", path.encode())) + member(short, data)


def packed(tar: bytes, *, checksum: bool = True, size: bool = True) -> bytes:
    """Return one zstd frame around a tar archive."""
    return zstandard.ZstdCompressor(level=3, write_checksum=checksum, write_content_size=size).compress(tar)


def package(after: bytes = b"", *, before: bytes = b"", manifest: bytes = MANIFEST, end: bytes = END) -> bytes:
    """Return the archive of a package with a manifest, and other members before and after it."""
    return packed(before + member(b"package.toml", manifest) + after + end)


def frame(*blocks: bytes, descriptor: int = 0xE4, window: bytes = b"", size: int = 2048) -> bytes:
    """Return a zstd frame with a header of our own: by default 8 bytes of size, a single segment, a checksum."""
    return struct.pack("<IB", 0xFD2FB528, descriptor) + window + struct.pack("<Q", size) + b"".join(blocks) + bytes(4)


def package_of(names: tuple[str, ...]) -> Forged:
    """Return the archive of a package with files of these names, and its tree."""
    files = sorted([*((name, b"x") for name in names), ("package.toml", MANIFEST)], key=lambda file: file[0].encode())
    tar = b"".join(
        member(name.encode(), data) if name.isascii() and len(name) <= 100 else long_member(name, data)
        for name, data in files
    )
    entries = tuple(TreeEntry(name, False, len(data), digest_of(data)) for name, data in files)
    return Forged(packed(tar + END), Tree(entries))
