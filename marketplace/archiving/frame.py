"""The compressed layer of a .gpack: exactly one zstd frame (RFC 8878), nothing before it and nothing after it.

The frame is walked block by block before anything is decompressed, which tells exactly where it ends: a decoder would
silently go on with a second frame, or stop and never mention what follows.
"""

import os
from dataclasses import dataclass
from typing import BinaryIO

from marketplace.errors import IntegrityError

MAX_ARCHIVE = 100 * 1024 * 1024
"""Longest archive in bytes (HOSTILE-INPUT)."""

MAX_RATIO = 20
"""Most bytes that one compressed byte may become (HOSTILE-INPUT: 20:1)."""

RATIO_FLOOR = 16 * 1024 * 1024
"""Bytes that may always be unpacked, whatever the ratio: the tar headers of 10,000 empty files, long names included,
compress better than 20:1 without being a bomb, and so does a small ontology."""

MAX_WINDOW = 8 * 1024 * 1024
"""Largest window in bytes that a decoder should have to keep (RFC 8878, section 3.1.1.1.2)."""

LEVEL = 3
"""Compression level of every archive: part of the format, since another level gives other bytes."""

_MAGIC = b"\x28\xb5\x2f\xfd"
_MAX_HEADER = 18
_CHECKSUM = 4


@dataclass(frozen=True, slots=True)
class Frame:
    """What was learned about a frame without decompressing it: its lengths in bytes, compressed and declared."""

    compressed: int
    content: int


def refuse(rule: str, message: str, hint: str, **details: object) -> IntegrityError:
    """Return the error `archive-<rule>`."""
    return IntegrityError(f"archive-{rule}", message, hint=hint, **details)


_REPACK = "make the archive with `ggen market pack`"
_DOWNLOAD = "fetch the archive again"


def check_size(compressed: int) -> None:
    """Refuse an archive beyond `MAX_ARCHIVE`.

    Raises:
        IntegrityError: `archive-too-large`.
    """
    if compressed > MAX_ARCHIVE:
        raise refuse("too-large", f"the archive is longer than {MAX_ARCHIVE:,} bytes", "split the package")


def check_ratio(compressed: int, content: int) -> None:
    """Refuse content that is too much for the length of its archive.

    Raises:
        IntegrityError: `archive-ratio`.
    """
    if content > max(RATIO_FLOOR, MAX_RATIO * compressed):
        message = f"{compressed:,} bytes unpack to {content:,}, more than {MAX_RATIO} times as many"
        raise refuse("ratio", message, "publish the folder instead of its archive, or shorten its repetitive files")


def inspect(stream: BinaryIO) -> Frame:
    """Check the frame that fills `stream`, a seekable file, and leave the stream at its start.

    Raises:
        IntegrityError: `archive-too-large`, `archive-format`, `archive-truncated`, `archive-trailing-data`,
            `archive-several-frames` or `archive-ratio`.
    """
    length = stream.seek(0, os.SEEK_END)
    check_size(length)
    stream.seek(0)
    start = stream.read(_MAX_HEADER)
    header, content = _header(start)
    end = _walk(stream, header)
    if end != length:
        raise _trailing(stream, end, length)
    check_ratio(length, content)
    stream.seek(0)
    return Frame(length, content)


def _header(start: bytes) -> tuple[int, int]:
    """Return the length of the frame's header and the length of the content that it declares."""
    import zstandard

    if not start.startswith(_MAGIC):
        raise refuse("format", "this is not a .gpack archive: it does not start with a zstd frame", _REPACK)
    try:
        fields = zstandard.get_frame_parameters(start)
        content = zstandard.frame_content_size(start)
        header = zstandard.frame_header_size(start)
    except zstandard.ZstdError as error:
        raise refuse("truncated", "the archive ends within the header of its zstd frame", _DOWNLOAD) from error
    if content < 0:
        raise refuse("format", "the zstd frame does not declare the length of its content", _REPACK)
    if not fields.has_checksum or fields.dict_id:
        raise refuse("format", "the zstd frame has no checksum, or needs a dictionary", _REPACK)
    if fields.window_size > MAX_WINDOW:
        raise refuse("format", f"the zstd frame needs a window above {MAX_WINDOW:,} bytes", _REPACK)
    return header, content


def _walk(stream: BinaryIO, place: int) -> int:
    """Follow the block headers from `place` to the end of the frame, and return where that is."""
    last = False
    while not last:
        stream.seek(place)
        head = stream.read(3)
        if len(head) < 3:
            raise refuse("truncated", "the archive ends within its zstd frame", _DOWNLOAD)
        fields = int.from_bytes(head, "little")
        last, kind, size = bool(fields & 1), fields >> 1 & 3, fields >> 3
        if kind == 3:
            raise refuse("damaged", "the zstd frame has a block of a reserved type", _DOWNLOAD)
        place += 3 + (1 if kind == 1 else size)
    stream.seek(place)
    if len(stream.read(_CHECKSUM)) < _CHECKSUM:
        raise refuse("truncated", "the archive ends within its zstd frame", _DOWNLOAD)
    return place + _CHECKSUM


def _trailing(stream: BinaryIO, end: int, length: int) -> IntegrityError:
    stream.seek(end)
    if stream.read(len(_MAGIC)) == _MAGIC:
        return refuse("several-frames", "the archive has more than one zstd frame", _REPACK)
    return refuse("trailing-data", f"{length - end:,} bytes follow the end of the archive", _REPACK)
