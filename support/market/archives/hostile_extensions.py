"""Archives with extended headers that lie, repeat themselves or never end."""

from support.market.archives.forge import (
    MIB,
    Cases,
    extended,
    header,
    long_member,
    member,
    package,
    record,
)

CASES = Cases()
LONG = "x" * 120


@CASES.add
def a_size_that_differs_in_an_extended_header() -> bytes:
    return package(extended(record(b"path", LONG.encode()) + record(b"size", b"4096")) + member(LONG.encode()[:100]))


@CASES.add
def an_unknown_record() -> bytes:
    return package(extended(record(b"path", LONG.encode()) + record(b"SCHILY.xattr.user.x", b"1")) + member(b"x"))


@CASES.add
def a_record_longer_than_its_header() -> bytes:
    return package(extended(b"999 path=run.sh\n") + member(b"run.sh"))


@CASES.add
def a_record_shorter_than_itself() -> bytes:
    return package(extended(b"6 path=run.sh\n") + member(b"run.sh"))


@CASES.add
def a_record_without_a_length() -> bytes:
    return package(extended(b"path=run.sh\n") + member(b"run.sh"))


@CASES.add
def a_record_without_its_line_feed() -> bytes:
    return package(extended(record(b"path", LONG.encode())[:-1] + b" ") + member(LONG.encode()[:100]))


@CASES.add
def a_path_given_twice() -> bytes:
    records = record(b"path", b"y" * 120) + record(b"path", LONG.encode())
    return package(extended(records) + member(LONG.encode()[:100]))


@CASES.add
def an_extended_header_that_is_not_needed() -> bytes:
    return package(long_member("run.sh"))


@CASES.add
def an_extended_header_without_a_path() -> bytes:
    return package(extended(b"") + member(b"run.sh"))


@CASES.add
def an_extended_header_with_an_empty_path() -> bytes:
    return package(extended(record(b"path", b"")) + member(b"run.sh"))


@CASES.add
def an_endless_extended_header() -> bytes:
    return package(extended(record(b"path", b"x" * MIB)) + member(b"run.sh"))


@CASES.add
def two_extended_headers() -> bytes:
    return package(extended(record(b"path", LONG.encode())) + long_member(LONG))


@CASES.add
def an_extended_header_at_the_end() -> bytes:
    return package(extended(record(b"path", LONG.encode())))


@CASES.add
def a_global_header() -> bytes:
    return package(before=member(b"GlobalHead", record(b"path", b"evil"), kind=b"g"))


@CASES.add
def a_GNU_long_name() -> bytes:  # noqa: N802 - the name is the case
    return package(member(b"././@LongLink", LONG.encode() + b"\0", kind=b"L") + member(LONG.encode()[:100]))


@CASES.add
def a_GNU_long_link() -> bytes:  # noqa: N802 - the name is the case
    return package(member(b"././@LongLink", b"/etc/passwd\0", kind=b"K") + header(b"passwd", kind=b"2"))
