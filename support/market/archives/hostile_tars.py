"""Archives whose members are of a kind, a mode or a header that no package has."""

from support.market.archives.forge import (
    MIB,
    Cases,
    extended,
    header,
    member,
    package,
    record,
)

CASES = Cases()


@CASES.add
def a_symbolic_link() -> bytes:
    return package(header(b"passwd", kind=b"2", link=b"/etc/passwd"))


@CASES.add
def a_symbolic_link_and_a_file_through_it() -> bytes:
    return package(header(b"templates", kind=b"2", link=b"../..") + member(b"templates/evil.txt"))


@CASES.add
def a_hard_link() -> bytes:
    return package(header(b"passwd", kind=b"1", link=b"/etc/passwd"))


@CASES.add
def a_link_in_an_extended_header() -> bytes:
    records = record(b"linkpath", b"/etc/passwd") + record(b"path", b"passwd")
    return package(extended(records) + header(b"passwd", kind=b"2"))


@CASES.add
def a_character_device() -> bytes:
    return package(header(b"zero", kind=b"3"))


@CASES.add
def a_block_device() -> bytes:
    return package(header(b"sda", kind=b"4"))


@CASES.add
def a_fifo() -> bytes:
    return package(header(b"pipe", kind=b"6"))


@CASES.add
def a_socket() -> bytes:
    return package(header(b"socket", kind=b"s"))


@CASES.add
def a_folder() -> bytes:
    return package(header(b"templates/", kind=b"5", mode=b"0000755\0"))


@CASES.add
def a_sparse_file() -> bytes:
    return package(member(b"sparse", kind=b"S"))


@CASES.add
def a_sparse_file_in_an_extended_header() -> bytes:
    records = record(b"GNU.sparse.major", b"1") + record(b"path", b"sparse")
    return package(extended(records) + member(b"sparse"))


@CASES.add
def a_contiguous_file() -> bytes:
    return package(member(b"run.sh", kind=b"7"))


@CASES.add
def a_file_of_the_oldest_kind() -> bytes:
    return package(member(b"run.sh", kind=b"\0"))


@CASES.add
def a_setuid_bit() -> bytes:
    return package(member(b"run.sh", mode=b"0004755\0"))


@CASES.add
def a_setgid_bit() -> bytes:
    return package(member(b"run.sh", mode=b"0002755\0"))


@CASES.add
def a_mode_writable_by_all() -> bytes:
    return package(member(b"run.sh", mode=b"0000777\0"))


@CASES.add
def a_mode_in_another_spelling() -> bytes:
    return package(member(b"run.sh", mode=b"   644 \0"))


@CASES.add
def a_wrong_header_checksum() -> bytes:
    return package(member(b"run.sh", checksum=b"000001\0 "))


@CASES.add
def a_checksum_in_another_spelling() -> bytes:
    plain = header(b"run.sh", 1)
    return package(member(b"run.sh", checksum=b" " + plain[149:154] + b" \0"))


@CASES.add
def a_GNU_header() -> bytes:  # noqa: N802 - the name is the case
    return package(member(b"run.sh", magic=b"ustar  \0"))


@CASES.add
def an_owner() -> bytes:
    return package(member(b"run.sh", owner=b"0001750\0"))


@CASES.add
def an_owner_by_name() -> bytes:
    return package(member(b"run.sh", user=b"root"))


@CASES.add
def a_time() -> bytes:
    return package(member(b"run.sh", mtime=b"14716000000\0"))


@CASES.add
def a_path_in_the_prefix_field() -> bytes:
    return package(member(b"run.sh", prefix=b"/etc"))


@CASES.add
def a_name_after_a_zero_byte() -> bytes:
    return package(member(b"run.sh\0../../evil"))


@CASES.add
def a_size_in_base_256() -> bytes:
    return package(member(b"run.sh", size_field=b"\x80" + bytes(10) + b"\1"))


@CASES.add
def a_negative_size() -> bytes:
    return package(member(b"run.sh", size_field=b"\xff" * 12))


@CASES.add
def a_size_that_is_no_number() -> bytes:
    return package(member(b"run.sh", size_field=b"0x000000001\0"))


@CASES.add
def the_largest_octal_size() -> bytes:
    return package(header(b"run.sh", size_field=b"77777777777\0"))


@CASES.add
def a_size_beyond_the_archive() -> bytes:
    return package(header(b"run.sh", 10 * MIB) + bytes(512))


@CASES.add
def another_order() -> bytes:
    return package(before=member(b"run.sh"))


@CASES.add
def bytes_hidden_after_a_file() -> bytes:
    return package(header(b"run.sh", 1) + b"x" + b"evil".ljust(511, b"\0"))
