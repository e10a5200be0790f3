"""What the stored search index has seen, and whether its files are still what was written.

tantivy ends each file of a segment with a CRC-32 of what stands before, but does not look at it when it opens. Reading
everything at each search would cost more than the search, so the stamp remembers for each file its size, time of the
last change and inode as they were when it was known to be sound; only files that differ are read and checked.
"""

import json
import os
import struct
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

STAMP = "stamp.json"
_META = "meta.json"
_EXTENSIONS = ("idx", "pos", "term", "store", "fast", "fieldnorm")
_FOOTER_END = struct.Struct("<II")
"""Length of the footer's JSON and the magic number that end every file of a segment."""
_MAGIC = 1337
_CHUNK = 1 << 20

Facts = tuple[int, int, int]
"""Size, time of the last change of the inode (ns), inode: no write leaves them as they were. (The time of the last
modification can be set back by anybody, that of the inode's change cannot.)"""


class DoubtError(Exception):
    """The stored index cannot be trusted; the text says why, as the end of "the search index …"."""


class Stamp(NamedTuple):
    """The state of a stored index.

    Attributes:
        schema: the version of the schema it was written with.
        fingerprint: the identity of the source it was made from.
        revision: it has everything up to this change of the source, perhaps more.
        meta: the CRC-32 of tantivy's list of segments; None while a commit is under way.
        files: the facts of its files when they were known to be sound.
    """

    schema: int
    fingerprint: str
    revision: int
    meta: int | None
    files: Mapping[str, Facts]

    def encode(self) -> bytes:
        """Return the stamp as the file holds it, with a checksum of its own."""
        state = [self.schema, self.fingerprint, self.revision, self.meta, dict(self.files)]
        return json.dumps({"state": state, "crc": _crc_of(state)}).encode()


def read_stamp(folder: Path) -> Stamp | None:
    """Return the stamp in `folder`, or None when there is none that can be read."""
    try:
        document = json.loads((folder / STAMP).read_bytes())
        schema, fingerprint, revision, meta, files = document["state"]
        sound = document["crc"] == _crc_of(document["state"])
        facts = {str(name): (int(size), int(changed), int(inode)) for name, (size, changed, inode) in files.items()}
        return Stamp(int(schema), str(fingerprint), int(revision), meta, facts) if sound else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _crc_of(state: object) -> int:
    return zlib.crc32(json.dumps(state).encode())


def facts_of(path: Path) -> Facts:
    """Return the facts of a file; OSError when it cannot be had."""
    found = os.stat(path)  # noqa: PTH116 - called for each file at each search, and twice as fast as Path.stat
    return found.st_size, found.st_ctime_ns, found.st_ino


def live_files(folder: Path) -> tuple[int, list[str]]:
    """Return the CRC-32 of the list of segments and the names of the files it needs.

    Raises:
        DoubtError: the list cannot be read.
    """
    try:
        data = (folder / _META).read_bytes()
        names = [name for segment in json.loads(data)["segments"] for name in _names_of(segment)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DoubtError("was damaged") from error
    return zlib.crc32(data), names


def _names_of(segment: Mapping[str, object]) -> list[str]:
    name = str(segment["segment_id"]).replace("-", "")
    names = [f"{name}.{extension}" for extension in _EXTENSIONS]
    deletes = segment["deletes"]
    return [*names, f"{name}.{deletes['opstamp']}.del"] if isinstance(deletes, dict) else names


def check(folder: Path, stamp: Stamp, *, thorough: bool = False) -> dict[str, Facts]:
    """Return the facts of the sound files that the index needs; with `thorough` each is read, whatever its facts.

    Raises:
        DoubtError: a file is missing or not what was written, or there are segments that the stamp does not know of.
    """
    meta, names = live_files(folder)
    if stamp.meta is not None and stamp.meta != meta:
        raise DoubtError("was damaged")
    found = {}
    for name in names:
        try:
            facts = facts_of(folder / name)
            if thorough or facts != stamp.files.get(name):
                check_file(folder / name)
        except OSError as error:
            raise DoubtError("was damaged") from error
        found[name] = facts
    return found


def check_file(path: Path) -> None:
    """Compare a file of a segment with the CRC-32 in its footer.

    Raises:
        DoubtError: they differ, or there is no footer.
    """
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END) - _FOOTER_END.size
            file.seek(max(end, 0))
            length, magic = _FOOTER_END.unpack(file.read(_FOOTER_END.size))
            file.seek(end - length)
            expected = json.loads(file.read(length))["crc"]
            file.seek(0)
            sound = magic == _MAGIC and expected == _crc_of_start(iter(lambda: file.read(_CHUNK), b""), end - length)
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise DoubtError("was damaged") from error
    if not sound:
        raise DoubtError("was damaged")


def _crc_of_start(chunks: Iterable[bytes], length: int) -> int:
    crc = 0
    for chunk in chunks:
        crc = zlib.crc32(chunk[:length], crc)
        length -= len(chunk)
        if length <= 0:
            break
    return crc


def watched(folder: Path, files: Mapping[str, Facts]) -> dict[Path, Facts]:
    """Return the facts of everything whose change means that an opened index must be opened anew."""
    return {**{folder / name: facts for name, facts in files.items()},
            **{folder / name: facts_of(folder / name) for name in (STAMP, _META)}}  # fmt: skip


def unchanged(files: Mapping[Path, Facts]) -> bool:
    """Tell whether all files are as they were."""
    try:
        return all(facts_of(path) == facts for path, facts in files.items())
    except OSError:
        return False
