"""Archives whose manifest is missing, hidden, doubled or no manifest."""

from support.market.archives.forge import (
    END,
    MANIFEST,
    MIB,
    Cases,
    Forged,
    member,
    package,
    package_of,
    packed,
)

CASES = Cases()


@CASES.add
def no_files() -> bytes:
    return packed(END)


@CASES.add
def no_manifest() -> bytes:
    return packed(member(b"run.sh") + END)


@CASES.add
def a_manifest_in_a_folder_alone() -> bytes:
    return packed(member(b"inner/package.toml", MANIFEST) + END)


@CASES.add
def a_manifest_in_capitals() -> bytes:
    return packed(member(b"Package.toml", MANIFEST) + END)


@CASES.add
def two_manifests() -> Forged:
    return package_of(("PACKAGE.TOML",))


@CASES.add
def a_manifest_twice() -> Forged:
    return package_of(("package.toml",))


@CASES.add
def a_manifest_that_is_not_TOML() -> bytes:  # noqa: N802 - the name is the case
    return package(manifest=b"\xff\xfe")


@CASES.add
def a_manifest_above_a_MiB() -> bytes:  # noqa: N802 - the name is the case
    return package(manifest=MANIFEST + b"#" * MIB)


@CASES.add
def a_manifest_that_names_a_missing_file() -> bytes:
    return package(manifest=MANIFEST + b'readme = "../../README.md"\n')
