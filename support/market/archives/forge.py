"""Forged archives: the bytes of every hostile case, composed by hand, independently of the code that refuses them."""

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

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


CASES: dict[str, Callable[[], Forged]] = {}
"""Every case by the name that the feature file uses: the function's name with spaces."""


def _case(function: Callable[[], bytes | Forged]) -> Callable[[], bytes | Forged]:
    def build() -> Forged:
        made = function()
        return made if isinstance(made, Forged) else Forged(made)

    CASES[function.__name__.strip("_").replace("_", " ")] = build
    return function


# --- the pieces ----------------------------------------------------------------------------------------------------


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


# --- paths ---------------------------------------------------------------------------------------------------------

PATHS: dict[str, tuple[str, ...]] = {
    "a path to the parent": ("../evil.txt",),
    "a path through the parent": ("templates/../../evil.txt",),
    "a dot in a path": ("templates/./evil.txt",),
    "an empty component": ("templates//evil.txt",),
    "an absolute path": ("/etc/evil.txt",),
    "a drive letter": ("C:/evil.txt",),
    "a drive-relative path": ("c:evil.txt",),
    "a backslash": ("templates\\..\\evil.txt",),
    "a network path": ("\\\\host\\share\\evil.txt",),
    "a long component": ("x" * 256,),
    "a long path": ("/".join(["x" * 200] * 21),),
    "a deep path": ("/".join(["x"] * 65),),
    "an escape character": ("evil\x1b[2J.txt",),
    "a line feed": ("evil\n.txt",),
    "a delete character": ("evil\x7f.txt",),
    "a C1 control": ("evil\x9b.txt",),
    "a line separator": ("evil\u2028.txt",),
    "a bidi override": ("evil\u202etxt.exe",),
    "a bidi isolate": ("evil\u2066.txt",),
    "a zero-width character": ("evil\u200b.txt",),
    "a soft hyphen": ("ev\u00adil.txt",),
    "two names equal but for case": ("README.txt", "readme.txt"),
    "two names equal but for sharp s": ("stra\u00dfe.txt", "strasse.txt"),
    "two names equal but for Unicode form": ("cafe\u0301.txt", "caf\u00e9.txt"),
    "two names equal but for width": ("evil.txt", "\uff45vil.txt"),
    "two folders equal but for case": ("Templates/a.txt", "templates/b.txt"),
    "one name twice": ("evil.txt", "evil.txt"),
    "a file that is a folder too": ("evil", "evil/inner.txt"),
    "a file that is a folder but for case": ("EVIL", "evil/inner.txt"),
    "a Windows device": ("con",),
    "a Windows device with an extension": ("templates/Aux.txt",),
    "a Windows port": ("COM1",),
    "a Windows port with a superscript": ("lpt\u00b2.tmpl",),
    "a Windows console": ("conin$",),
    "a trailing dot": ("evil.",),
    "a trailing space": ("templates /evil.txt",),
    "an alternate stream": ("evil.txt:stream",),
    "a wildcard": ("evil*.txt",),
    "the product's folder": (".ggen/packages/evil.txt",),
    "the product's folder in capitals": ("templates/.GGEN/evil.txt",),
    "the product's lock": ("ggen.lock",),
    "the product's project file": ("templates/ggen.toml",),
    "the product's staging mark": (".ggen-staged-00",),
    "the product's short name": ("GGEN~1/journal.json",),
    "a git folder": (".git/config",),
    "a git folder's short name": ("git~1/config",),
    "a mercurial folder": ("templates/.hg/hgrc",),
}


def _path_case(names: tuple[str, ...]) -> Forged:
    files = sorted([*((name, b"x") for name in names), ("package.toml", MANIFEST)], key=lambda file: file[0].encode())
    tar = b"".join(
        member(name.encode(), data) if name.isascii() and len(name) <= 100 else long_member(name, data)
        for name, data in files
    )
    entries = tuple(TreeEntry(name, False, len(data), digest_of(data)) for name, data in files)
    return Forged(packed(tar + END), Tree(entries))


CASES.update({name: partial(_path_case, names) for name, names in PATHS.items()})


@_case
def a_name_in_Latin_1() -> bytes:  # noqa: N802 - the name is the case
    return package(before=member(b"caf\xe9.txt"))


@_case
def a_lone_surrogate_in_a_name() -> bytes:
    name = "evil\ud800.txt".encode("utf-8", "surrogatepass")
    return package(before=extended(record(b"path", name)) + member(b"evil_.txt"))


@_case
def a_zero_byte_in_a_name() -> bytes:
    return package(before=extended(record(b"path", b"evil.txt\0.png")) + member(b"evil.txt"))


# --- kinds and modes -----------------------------------------------------------------------------------------------


@_case
def a_symbolic_link() -> bytes:
    return package(header(b"passwd", kind=b"2", link=b"/etc/passwd"))


@_case
def a_symbolic_link_and_a_file_through_it() -> bytes:
    return package(header(b"templates", kind=b"2", link=b"../..") + member(b"templates/evil.txt"))


@_case
def a_hard_link() -> bytes:
    return package(header(b"passwd", kind=b"1", link=b"/etc/passwd"))


@_case
def a_link_in_an_extended_header() -> bytes:
    records = record(b"linkpath", b"/etc/passwd") + record(b"path", b"passwd")
    return package(extended(records) + header(b"passwd", kind=b"2"))


@_case
def a_character_device() -> bytes:
    return package(header(b"zero", kind=b"3"))


@_case
def a_block_device() -> bytes:
    return package(header(b"sda", kind=b"4"))


@_case
def a_fifo() -> bytes:
    return package(header(b"pipe", kind=b"6"))


@_case
def a_socket() -> bytes:
    return package(header(b"socket", kind=b"s"))


@_case
def a_folder() -> bytes:
    return package(header(b"templates/", kind=b"5", mode=b"0000755\0"))


@_case
def a_sparse_file() -> bytes:
    return package(member(b"sparse", kind=b"S"))


@_case
def a_sparse_file_in_an_extended_header() -> bytes:
    records = record(b"GNU.sparse.major", b"1") + record(b"path", b"sparse")
    return package(extended(records) + member(b"sparse"))


@_case
def a_contiguous_file() -> bytes:
    return package(member(b"run.sh", kind=b"7"))


@_case
def a_file_of_the_oldest_kind() -> bytes:
    return package(member(b"run.sh", kind=b"\0"))


@_case
def a_setuid_bit() -> bytes:
    return package(member(b"run.sh", mode=b"0004755\0"))


@_case
def a_setgid_bit() -> bytes:
    return package(member(b"run.sh", mode=b"0002755\0"))


@_case
def a_mode_writable_by_all() -> bytes:
    return package(member(b"run.sh", mode=b"0000777\0"))


@_case
def a_mode_in_another_spelling() -> bytes:
    return package(member(b"run.sh", mode=b"   644 \0"))


# --- headers -------------------------------------------------------------------------------------------------------


@_case
def a_wrong_header_checksum() -> bytes:
    return package(member(b"run.sh", checksum=b"000001\0 "))


@_case
def a_checksum_in_another_spelling() -> bytes:
    plain = header(b"run.sh", 1)
    return package(member(b"run.sh", checksum=b" " + plain[149:154] + b" \0"))


@_case
def a_GNU_header() -> bytes:  # noqa: N802 - the name is the case
    return package(member(b"run.sh", magic=b"ustar  \0"))


@_case
def an_owner() -> bytes:
    return package(member(b"run.sh", owner=b"0001750\0"))


@_case
def an_owner_by_name() -> bytes:
    return package(member(b"run.sh", user=b"root"))


@_case
def a_time() -> bytes:
    return package(member(b"run.sh", mtime=b"14716000000\0"))


@_case
def a_path_in_the_prefix_field() -> bytes:
    return package(member(b"run.sh", prefix=b"/etc"))


@_case
def a_name_after_a_zero_byte() -> bytes:
    return package(member(b"run.sh\0../../evil"))


@_case
def a_size_in_base_256() -> bytes:
    return package(member(b"run.sh", size_field=b"\x80" + bytes(10) + b"\1"))


@_case
def a_negative_size() -> bytes:
    return package(member(b"run.sh", size_field=b"\xff" * 12))


@_case
def a_size_that_is_no_number() -> bytes:
    return package(member(b"run.sh", size_field=b"0x000000001\0"))


@_case
def the_largest_octal_size() -> bytes:
    return package(header(b"run.sh", size_field=b"77777777777\0"))


@_case
def a_size_beyond_the_archive() -> bytes:
    return package(header(b"run.sh", 10 * MIB) + bytes(512))


@_case
def another_order() -> bytes:
    return package(before=member(b"run.sh"))


@_case
def bytes_hidden_after_a_file() -> bytes:
    return package(header(b"run.sh", 1) + b"x" + b"evil".ljust(511, b"\0"))


# --- extended headers ----------------------------------------------------------------------------------------------

LONG = "x" * 120


@_case
def a_size_that_differs_in_an_extended_header() -> bytes:
    return package(extended(record(b"path", LONG.encode()) + record(b"size", b"4096")) + member(LONG.encode()[:100]))


@_case
def an_unknown_record() -> bytes:
    return package(extended(record(b"path", LONG.encode()) + record(b"SCHILY.xattr.user.x", b"1")) + member(b"x"))


@_case
def a_record_longer_than_its_header() -> bytes:
    return package(extended(b"999 path=run.sh\n") + member(b"run.sh"))


@_case
def a_record_shorter_than_itself() -> bytes:
    return package(extended(b"6 path=run.sh\n") + member(b"run.sh"))


@_case
def a_record_without_a_length() -> bytes:
    return package(extended(b"path=run.sh\n") + member(b"run.sh"))


@_case
def a_record_without_its_line_feed() -> bytes:
    return package(extended(record(b"path", LONG.encode())[:-1] + b" ") + member(LONG.encode()[:100]))


@_case
def a_path_given_twice() -> bytes:
    records = record(b"path", b"y" * 120) + record(b"path", LONG.encode())
    return package(extended(records) + member(LONG.encode()[:100]))


@_case
def an_extended_header_that_is_not_needed() -> bytes:
    return package(long_member("run.sh"))


@_case
def an_extended_header_without_a_path() -> bytes:
    return package(extended(b"") + member(b"run.sh"))


@_case
def an_extended_header_with_an_empty_path() -> bytes:
    return package(extended(record(b"path", b"")) + member(b"run.sh"))


@_case
def an_endless_extended_header() -> bytes:
    return package(extended(record(b"path", b"x" * MIB)) + member(b"run.sh"))


@_case
def two_extended_headers() -> bytes:
    return package(extended(record(b"path", LONG.encode())) + long_member(LONG))


@_case
def an_extended_header_at_the_end() -> bytes:
    return package(extended(record(b"path", LONG.encode())))


@_case
def a_global_header() -> bytes:
    return package(before=member(b"GlobalHead", record(b"path", b"evil"), kind=b"g"))


@_case
def a_GNU_long_name() -> bytes:  # noqa: N802 - the name is the case
    return package(member(b"././@LongLink", LONG.encode() + b"\0", kind=b"L") + member(LONG.encode()[:100]))


@_case
def a_GNU_long_link() -> bytes:  # noqa: N802 - the name is the case
    return package(member(b"././@LongLink", b"/etc/passwd\0", kind=b"K") + header(b"passwd", kind=b"2"))


# --- bombs ---------------------------------------------------------------------------------------------------------


@_case
def a_ratio_above_20_to_1() -> bytes:
    return package(member(b"zeros", bytes(17 * MIB)))


@_case
def a_ratio_hidden_by_the_declared_length() -> bytes:
    """A frame of zeros, 128 KiB a block of 4 bytes, that declares one MiB."""
    block = struct.pack("<I", 128 * 1024 << 3 | 1 << 1)[:3] + b"\0"
    tar = member(b"package.toml", MANIFEST) + header(b"zeros", 64 * MIB)
    first = struct.pack("<I", len(tar) << 3)[:3] + tar
    return frame(first, *[block] * 511, block[:1].replace(b"\2", b"\3") + block[1:], size=MIB)


@_case
def too_many_files() -> bytes:
    return packed(b"".join(header(b"%05d" % number) for number in range(10_001)) + END)


@_case
def too_many_bytes() -> bytes:
    return package(header(b"zeros", 513 * MIB))


@_case
def a_long_archive() -> bytes:
    return package() + bytes(100 * MIB)


@_case
def a_window_of_two_GiB() -> bytes:  # noqa: N802 - the name is the case
    return frame(b"\1\0\0", descriptor=0xC4, window=b"\xa8")


# --- the frame and what surrounds it -------------------------------------------------------------------------------


@_case
def an_empty_file() -> bytes:
    return b""


@_case
def no_archive_at_all() -> bytes:
    return b"<html><body>Please log in</body></html>"


@_case
def a_bare_tar() -> bytes:
    return member(b"package.toml", MANIFEST) + END


@_case
def a_gzip_archive() -> bytes:
    return gzip.compress(member(b"package.toml", MANIFEST) + END)


@_case
def a_zip_before_the_archive() -> bytes:
    return _zip() + package()


@_case
def a_zip_after_the_archive() -> bytes:
    return package() + _zip()


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("evil.txt", "evil")
    return buffer.getvalue()


@_case
def a_skippable_frame_before_the_archive() -> bytes:
    return struct.pack("<II", 0x184D2A50, 4) + b"evil" + package()


@_case
def a_skippable_frame_after_the_archive() -> bytes:
    return package() + struct.pack("<II", 0x184D2A50, 4) + b"evil"


@_case
def a_second_archive_behind_the_first() -> bytes:
    return package() + package()


@_case
def a_tar_in_two_frames() -> bytes:
    tar = member(b"package.toml", MANIFEST) + END
    return packed(tar[:700]) + packed(tar[700:])


@_case
def one_byte_after_the_archive() -> bytes:
    return package() + b"\n"


@_case
def bytes_after_the_tar() -> bytes:
    return package(end=END + b"evil")


@_case
def a_tar_after_the_tar() -> bytes:
    return package(end=END + member(b"evil") + END)


@_case
def zeros_after_the_tar() -> bytes:
    return package(end=END + bytes(8192))


@_case
def a_single_zero_block_and_more() -> bytes:
    return package(end=bytes(512) + member(b"run.sh") + END)


@_case
def a_single_zero_block() -> bytes:
    return package(end=bytes(512))


@_case
def a_tar_without_an_end() -> bytes:
    return package(end=b"")


@_case
def a_frame_that_is_cut_short() -> bytes:
    return package()[:-7]


@_case
def a_frame_cut_in_its_header() -> bytes:
    return package()[:6]


@_case
def a_frame_cut_before_its_first_block() -> bytes:
    whole = package()
    return whole[: zstandard.frame_header_size(whole) + 2]


@_case
def a_frame_without_a_checksum() -> bytes:
    return packed(member(b"package.toml", MANIFEST) + END, checksum=False)


@_case
def a_frame_without_a_length() -> bytes:
    return packed(member(b"package.toml", MANIFEST) + END, size=False)


@_case
def a_frame_with_a_wrong_checksum() -> bytes:
    whole = package()
    return whole[:-1] + bytes([whole[-1] ^ 1])


@_case
def a_reserved_block() -> bytes:
    return frame(b"\7\0\0")


# --- the manifest --------------------------------------------------------------------------------------------------


@_case
def no_files() -> bytes:
    return packed(END)


@_case
def no_manifest() -> bytes:
    return packed(member(b"run.sh") + END)


@_case
def a_manifest_in_a_folder_alone() -> bytes:
    return packed(member(b"inner/package.toml", MANIFEST) + END)


@_case
def a_manifest_in_capitals() -> bytes:
    return packed(member(b"Package.toml", MANIFEST) + END)


@_case
def two_manifests() -> Forged:
    return _path_case(("PACKAGE.TOML",))


@_case
def a_manifest_twice() -> Forged:
    return _path_case(("package.toml",))


@_case
def a_manifest_that_is_not_TOML() -> bytes:  # noqa: N802 - the name is the case
    return package(manifest=b"\xff\xfe")


@_case
def a_manifest_above_a_MiB() -> bytes:  # noqa: N802 - the name is the case
    return package(manifest=MANIFEST + b"#" * MIB)


@_case
def a_manifest_that_names_a_missing_file() -> bytes:
    return package(manifest=MANIFEST + b'readme = "../../README.md"\n')
