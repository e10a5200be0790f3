"""Logs for scenarios: checkpoints right and spoilt, trees in tiles compared with their definition."""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from marketplace.index import merkle, tiles
from marketplace.index.tiles import TiledTree
from marketplace.model.release import Release, YankRecord
from marketplace.protocol import notes
from marketplace.protocol.notes import Checkpoint, VerifierKey
from marketplace.protocol.paths import place_of
from marketplace.server.log import Checkpoints, log_key
from support.centralized import witness
from support.market.packages import local_registry
from support.market.signing import code_of, signer_of
from support.market.world import World

_SIZE, _TIME = 20_852_163, 1_767_225_600


def key_of(person: str, name: str = "registry.acme.example") -> tuple[VerifierKey, notes.Sign]:
    """Return the key of a log that a person runs."""
    signer = signer_of(person)
    return VerifierKey(name, bytes.fromhex(signer.public[8:])), lambda message: bytes.fromhex(signer.sign(message))


def note(person: str = "Alice", name: str = "registry.acme.example", *, size: int = _SIZE) -> bytes:
    """Return a checkpoint of the log that a person runs."""
    root = hashlib.sha256(b"root").digest()
    return notes.write_checkpoint(Checkpoint(name, size, root, _TIME), *key_of(person, name))


def round_trip() -> None:
    """Read a checkpoint back, by the product and by the standards alone."""
    key, _ = key_of("Alice")
    expected = Checkpoint("registry.acme.example", _SIZE, hashlib.sha256(b"root").digest(), _TIME)
    assert notes.read_checkpoint(note(), key) == expected
    assert witness.head(note(), str(key)) == witness.Head(_SIZE, expected.root, _TIME)
    assert VerifierKey.parse(str(key)) == key


def _lines(data: bytes, change: Callable[[list[bytes]], object]) -> bytes:
    lines = data.split(b"\n")
    change(lines)
    return b"\n".join(lines)


def _resigned(text: bytes) -> bytes:
    """Sign a text as Alice's log, whatever it says."""
    key, sign = key_of("Alice")
    plain = key.id_of(notes.ED25519) + sign(text)
    stamped = (
        key.id_of(notes.COSIGNATURE) + _TIME.to_bytes(8, "big") + sign(b"cosignature/v1\ntime %d\n" % _TIME + text)
    )
    lines = [f"\u2014 {key.name} {base64.b64encode(data).decode()}\n".encode() for data in (plain, stamped)]
    return text + b"\n" + b"".join(lines)


def _text(
    size: str = "7", root: str = base64.b64encode(bytes(32)).decode(), origin: str = "registry.acme.example"
) -> bytes:
    return f"{origin}\n{size}\n{root}\n".encode()


_OTHER = "\u2014 other.example AAAAAAAA\n".encode()
SPOILT: Mapping[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "a web page": lambda: b"<html>sign in</html>\n",
    "another size": lambda: note().replace(b"20852163", b"20852164"),
    "another root": lambda: _lines(note(), lambda lines: lines.__setitem__(2, base64.b64encode(bytes(32)))),
    "another origin": lambda: note().replace(b"registry.acme.example\n", b"registry.acme.exampel\n", 1),
    "the signature of another key": lambda: note("Mallory"),
    "the log of another name": lambda: note(name="other.example"),
    "no signature": lambda: note().partition(b"\n\n")[0] + b"\n\n" + _OTHER,
    "no time": lambda: _lines(note(), lambda lines: lines.pop(-2)),
    "a time alone": lambda: _lines(note(), lambda lines: lines.pop(-3)),
    "another time": lambda: _lines(note(), lambda lines: lines.__setitem__(-2, _later(lines[-2]))),
    "no line break at its end": lambda: note()[:-1],
    "bytes behind it": lambda: note() + b"x",
    "line ends of another system": lambda: note().replace(b"\n", b"\r\n"),
    "a control character": lambda: note().replace(b"registry", b"regi\x1bstry", 1),
    "bytes that are no text": lambda: b"\xff" + note(),
    "65 signatures": lambda: note() + _OTHER * 63,
    "more than 64 KiB": lambda: note() + _OTHER * 3000,
    "a root in another spelling": lambda: _resigned(_text(root=base64.b64encode(bytes(32)).decode()[:-2] + "B=")),
    "a short root": lambda: _resigned(_text(root="AAAA")),
    "a size with a zero before it": lambda: _resigned(_text(size="07")),
    "a negative size": lambda: _resigned(_text(size="-7")),
    "an absurd size": lambda: _resigned(_text(size="9" * 30)),
    "the origin of another log, signed by this one": lambda: _resigned(_text(origin="other.example")),
    "two lines": lambda: _resigned(b"registry.acme.example\n7\n"),
    "an empty line in its text": lambda: _resigned(_text() + b"\n"),
}


def _later(line: bytes) -> bytes:
    dash, name, signature = line.split(b" ")
    data = bytearray(base64.b64decode(signature))
    data[11] ^= 1
    return b" ".join((dash, name, base64.b64encode(bytes(data))))


def refusal(what: str) -> str:
    """Return the code with which a checkpoint is refused that has something wrong."""
    return code_of(lambda: notes.read_checkpoint(SPOILT[what](), key_of("Alice")[0])).code


def accepted_beside_others() -> None:
    """Read a checkpoint that others have signed too, and one with an extension line."""
    key, _ = key_of("Alice")
    with_others = note() + _OTHER * 16
    assert notes.read_checkpoint(with_others, key).size == _SIZE
    assert notes.read_checkpoint(_resigned(_text() + b"an extension\n"), key).size == 7


def check_tree(size: int) -> None:
    """Compare a tree read from tiles with the definition: its root, and proofs that the standard's own rules accept."""
    leaves = [witness.leaf(b"%d" % number) for number in range(size)]
    root = witness.mth(leaves)
    asked: list[str] = []

    def fetch(path: str) -> bytes:
        asked.append(path)
        place = place_of(path)
        assert place and place.tile, path
        return witness.tile(leaves, place.tile.level, place.tile.index, place.tile.width)

    tree = TiledTree(size, fetch)
    assert tree.root() == root
    for index in sorted({0, 1, size // 2, size - 2, size - 1} & set(range(size))):
        assert tree.leaf(index) == leaves[index]
        assert merkle.verify_inclusion(leaves[index], index, size, tree.inclusion(index), root), (size, index)
        assert not merkle.verify_inclusion(leaves[index - 1], index, size, tree.inclusion(index), root) or size == 1
    for old in sorted({1, 2, size // 2, size - 1, size} & set(range(1, size + 1))):
        proof = tree.consistency(old)
        assert merkle.verify_consistency(old, witness.mth(leaves[:old]), size, root, proof), (size, old)
        assert old == size or not merkle.verify_consistency(old, root, size, root, proof)
    assert len(asked) == len(set(asked)), "a tile was fetched twice"


def counted(size: int) -> str:
    """Say which tiles a log of that size has: `full at level 0, width of the partial one; …`."""
    found: dict[int, list[str]] = {}
    full: dict[int, int] = {}
    for level, _, width in tiles.tiles_of(size):
        found.setdefault(level, [])
        full[level] = full.get(level, 0) + (width == 256)
        found[level] += [f"p{width}"] if width < 256 else []
    return ", ".join(" ".join([str(full[level]), *found[level]]) for level in found)


def records_here(world: World) -> list[bytes]:
    """Return the log of the scenario's home."""
    registry = local_registry(world.home)
    found: list[Release | YankRecord] = [record for _, record in registry.index.entries()]
    registry.index.close()
    return [record.encode() for record in found]


def checkpoints_over_time(world: World) -> tuple[list[int], str]:
    """Return the times that a log's checkpoint shows at several moments, and how a log that shrank is refused."""
    now = [1000.0]
    key = log_key(world.home / "registry" / "log.key")
    registry = local_registry(world.home)
    kept = Checkpoints(world.root / "checkpoint", key, lambda: now[0])
    times = []
    for now[0] in (1000.0, 1059.0, 1061.0, 1090.0, 500.0):
        times.append(witness.head(kept.current(registry.index), str(key.verifier)).time)
    bigger = Checkpoint(key.verifier.name, 10**6, bytes(32), 1090)
    Path(world.root / "checkpoint").write_bytes(notes.write_checkpoint(bigger, key.verifier, key.sign))
    refused = code_of(lambda: kept.current(registry.index)).code
    registry.index.close()
    return times, refused


def write_long_package(folder: Path) -> None:
    """Write a package whose release record has more than 65,535 bytes."""
    folder.mkdir()
    needs = "".join(f'"io.acme.{"a" * 60}.n{number}" = "^1"\n' for number in range(1000))
    text = '[package]\nid = "io.acme.long"\nversion = "1.0.0"\ntitle = "L"\ndescription = "L"\nlicense = "MIT"\n'
    (folder / "package.toml").write_text(f"{text}[dependencies]\n{needs}", encoding="utf-8")


def vkey(document: bytes) -> str:
    """Return the log's key in a root document."""
    return str(json.loads(document)["log"]["key"])
