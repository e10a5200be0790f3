"""Archives that burst, and frames with something before, in or behind them."""

import gzip
import io
import struct
import zipfile

import zstandard

from support.market.archives.forge import (
    END,
    MANIFEST,
    MIB,
    Cases,
    frame,
    header,
    member,
    package,
    packed,
)

CASES = Cases()


@CASES.add
def a_ratio_above_20_to_1() -> bytes:
    return package(member(b"zeros", bytes(17 * MIB)))


@CASES.add
def a_ratio_hidden_by_the_declared_length() -> bytes:
    """A frame of zeros, 128 KiB a block of 4 bytes, that declares one MiB."""
    block = struct.pack("<I", 128 * 1024 << 3 | 1 << 1)[:3] + b"\0"
    tar = member(b"package.toml", MANIFEST) + header(b"zeros", 64 * MIB)
    first = struct.pack("<I", len(tar) << 3)[:3] + tar
    return frame(first, *[block] * 511, block[:1].replace(b"\2", b"\3") + block[1:], size=MIB)


@CASES.add
def too_many_files() -> bytes:
    return packed(b"".join(header(b"%05d" % number) for number in range(10_001)) + END)


@CASES.add
def too_many_bytes() -> bytes:
    return package(header(b"zeros", 513 * MIB))


@CASES.add
def a_long_archive() -> bytes:
    return package() + bytes(100 * MIB)


@CASES.add
def a_window_of_two_GiB() -> bytes:  # noqa: N802 - the name is the case
    return frame(b"\1\0\0", descriptor=0xC4, window=b"\xa8")


@CASES.add
def an_empty_file() -> bytes:
    return b""


@CASES.add
def no_archive_at_all() -> bytes:
    return b"<html><body>Please log in</body></html>"


@CASES.add
def a_bare_tar() -> bytes:
    return member(b"package.toml", MANIFEST) + END


@CASES.add
def a_gzip_archive() -> bytes:
    return gzip.compress(member(b"package.toml", MANIFEST) + END)


@CASES.add
def a_zip_before_the_archive() -> bytes:
    return _zip() + package()


@CASES.add
def a_zip_after_the_archive() -> bytes:
    return package() + _zip()


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("evil.txt", "evil")
    return buffer.getvalue()


@CASES.add
def a_skippable_frame_before_the_archive() -> bytes:
    return struct.pack("<II", 0x184D2A50, 4) + b"evil" + package()


@CASES.add
def a_skippable_frame_after_the_archive() -> bytes:
    return package() + struct.pack("<II", 0x184D2A50, 4) + b"evil"


@CASES.add
def a_second_archive_behind_the_first() -> bytes:
    return package() + package()


@CASES.add
def a_tar_in_two_frames() -> bytes:
    tar = member(b"package.toml", MANIFEST) + END
    return packed(tar[:700]) + packed(tar[700:])


@CASES.add
def one_byte_after_the_archive() -> bytes:
    return package() + b"\n"


@CASES.add
def bytes_after_the_tar() -> bytes:
    return package(end=END + b"evil")


@CASES.add
def a_tar_after_the_tar() -> bytes:
    return package(end=END + member(b"evil") + END)


@CASES.add
def zeros_after_the_tar() -> bytes:
    return package(end=END + bytes(8192))


@CASES.add
def a_single_zero_block_and_more() -> bytes:
    return package(end=bytes(512) + member(b"run.sh") + END)


@CASES.add
def a_single_zero_block() -> bytes:
    return package(end=bytes(512))


@CASES.add
def a_tar_without_an_end() -> bytes:
    return package(end=b"")


@CASES.add
def a_frame_that_is_cut_short() -> bytes:
    return package()[:-7]


@CASES.add
def a_frame_cut_in_its_header() -> bytes:
    return package()[:6]


@CASES.add
def a_frame_cut_before_its_first_block() -> bytes:
    whole = package()
    return whole[: zstandard.frame_header_size(whole) + 2]


@CASES.add
def a_frame_without_a_checksum() -> bytes:
    return packed(member(b"package.toml", MANIFEST) + END, checksum=False)


@CASES.add
def a_frame_without_a_length() -> bytes:
    return packed(member(b"package.toml", MANIFEST) + END, size=False)


@CASES.add
def a_frame_with_a_wrong_checksum() -> bytes:
    whole = package()
    return whole[:-1] + bytes([whole[-1] ^ 1])


@CASES.add
def a_reserved_block() -> bytes:
    return frame(b"\7\0\0")
