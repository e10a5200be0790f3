"""Properties of archives and paths that hold for every value, tried with fixed seeds."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import zstandard
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from marketplace.errors import MarketError
from marketplace.paths import check_paths
from marketplace.source import FolderSource
from support.market.archives.archives import packed_bytes, unpacked, write_files
from support.market.archives.forge import MANIFEST, packed

_settings = settings(
    max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
_names = st.text("abcdeXYZ01._-é漢 ßﬁ", min_size=1, max_size=8) | st.sampled_from(["x" * 255, "y" * 99, "漢" * 80])
_paths = st.lists(_names, min_size=1, max_size=4).map("/".join)
_contents = st.binary(max_size=64) | st.integers(0, 3).map(lambda n: b"0" * (511 + n)) | st.just(bytes(600_000))
_files = st.dictionaries(_paths, st.tuples(_contents, st.booleans()), max_size=6)


def _sound(files: Mapping[str, tuple[bytes, bool]]) -> bool:
    try:
        check_paths([*files, "package.toml"])
    except MarketError:
        return False
    return True


def _package(root: Path, files: Mapping[str, tuple[bytes, bool]]) -> FolderSource:
    modes = {name: (data, 0o755 if executable else 0o644) for name, (data, executable) in files.items()}
    folder = root / "package"
    write_files(folder, {**modes, "package.toml": (MANIFEST, 0o644)})
    return FolderSource.read(folder)


def check_round_trip() -> None:
    """Whatever is packed is unpacked to the same tree, which packs to the same bytes."""

    @_settings
    @given(_files)
    def law(files: dict[str, tuple[bytes, bool]]) -> None:
        assume(_sound(files))
        with tempfile.TemporaryDirectory(prefix="ggen-law-") as root:
            source = _package(Path(root), files)
            data = packed_bytes(source)
            found = unpacked(data, Path(root) / "staging")
            assert found.tree == source.tree == FolderSource.read(found.root).tree
            assert packed_bytes(found) == data

    law()


_SOUND = {"run.sh": (b"#!/bin/sh\n", True), "z" * 120: (b"long", False), "empty": (b"", False)}


def check_damaged_archive() -> None:
    """An archive with a flipped bit or a lost tail is refused, leaving nothing, or holds the very same tree."""

    @_settings
    @given(st.integers(0), st.integers(0, 255), st.integers(0, 40))
    def law(place: int, mask: int, cut: int) -> None:
        with tempfile.TemporaryDirectory(prefix="ggen-law-") as root:
            source = _package(Path(root), _SOUND)
            data = packed_bytes(source)
            damaged = bytearray(data[: len(data) - cut])
            damaged[place % len(damaged)] ^= mask
            _refused_or(bytes(damaged), Path(root) / "staging", lambda found: found.tree == source.tree)

    law()


def check_forged_tar() -> None:
    """A changed tar archive in a sound frame is refused, or is the very one that packing its files gives."""

    @_settings
    @given(st.integers(0), st.integers(1, 255))
    def law(place: int, mask: int) -> None:
        with tempfile.TemporaryDirectory(prefix="ggen-law-") as root:
            tar = bytearray(_tar(packed_bytes(_package(Path(root), _SOUND))))
            tar[place % len(tar)] ^= mask
            forged = packed(bytes(tar))
            _refused_or(forged, Path(root) / "staging", lambda found: _tar(packed_bytes(found)) == bytes(tar))

    law()


def _tar(data: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(data)


def _refused_or(data: bytes, staging: Path, holds: Callable[[FolderSource], bool]) -> None:
    try:
        found = unpacked(data, staging)
    except MarketError:
        assert not any(staging.iterdir()), "something is left"
    else:
        assert holds(found)


LAWS: Mapping[str, Callable[[], None]] = {
    "what is packed is unpacked to the same tree and packs to the same bytes": check_round_trip,
    "a damaged archive is refused or holds the same tree": check_damaged_archive,
    "a changed tar is refused or is what packing its files gives": check_forged_tar,
}
