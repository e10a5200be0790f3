"""What the lock file must be for every lock, and how locks are spoilt on purpose."""

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.errors import MarketError
from marketplace.project.lockfile import Locked, Lockfile, read
from support.market.laws import strategies as values

_settings = settings(
    max_examples=100, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
_locks = st.lists(st.builds(Locked, values.releases, st.text(max_size=8)), max_size=4).map(
    lambda items: Lockfile.of({item.release.id: item for item in items}.values())
)


def _read(data: bytes) -> Lockfile:
    with tempfile.TemporaryDirectory(prefix="ggen-law-") as root:
        path = Path(root) / "ggen.lock"
        path.write_bytes(data)
        return read(path)


@_settings
@given(_locks)
def round_trip(lock: Lockfile) -> None:
    """A lock that is written and read again is the same lock, and written again the same bytes."""
    data = lock.render().encode()
    assert _read(data) == lock
    assert _read(data).render().encode() == data


@_settings
@given(_locks, st.randoms(use_true_random=False))
def order_free(lock: Lockfile, random: Random) -> None:
    """The order in which packages come into a lock does not show in it."""
    packages = list(lock.packages)
    random.shuffle(packages)
    assert Lockfile.of(packages).render() == lock.render()


@_settings
@given(_locks.filter(lambda lock: bool(lock.packages)), st.integers(0), st.integers(1, 127))
def one_change(lock: Lockfile, place: int, mask: int) -> None:
    """A lock with one character changed is refused, or says what it said, or is no longer what was signed."""
    data = bytearray(lock.render().encode())
    data[place % len(data)] ^= mask
    try:
        found = _read(bytes(data))
    except MarketError as error:
        assert error.code in {"lock-invalid", "lock-newer"}, error.to_json()
        return
    before = [(item.release.statement(), item.release.signature) for item in lock.packages]
    after = [(item.release.statement(), item.release.signature) for item in found.packages]
    changed = [one != other for one, other in zip(before, after, strict=False)]
    assert len(after) <= len(before) and sum(changed) <= 1 + len(before) - len(after)


LAWS: Mapping[str, Callable[[], None]] = {
    str(law.__doc__).strip().rstrip("."): law for law in (round_trip, order_free, one_change)
}
"""The laws by the sentences that state them, as the feature files write them."""

_KEY = "ed25519:" + "0" * 64


def _field(name: str, value: str | None) -> Callable[[str], str]:
    line = "" if value is None else f"{name} = {value}\n"
    return lambda text: re.sub(rf"(?m)^{name} = .*\n", lambda _match: line, text)


def _other_digit(name: str) -> Callable[[str], str]:
    """Change the last hexadecimal digit of a field."""

    def change(text: str) -> str:
        return re.sub(
            rf'(?m)^({name} = ".*)([0-9a-f])"$', lambda m: f'{m[1]}{"0" if m[2] != "0" else "1"}"', text
        )  # fmt: skip

    return change


def _twice(text: str) -> str:
    return text + text[text.index("\n[[package]]") :]


SPOILT: Mapping[str, Callable[[str], str]] = {
    "without a content id": _field("content_id", None),
    "with a content id of MD5": _field("content_id", '"md5:' + "0" * 32 + '"'),
    "with a content id of SHA-512": _field("content_id", '"sha512:' + "0" * 128 + '"'),
    "with a content id cut short": _field("content_id", '"sha256:00"'),
    "with another content id": _other_digit("content_id"),
    "with another version": lambda text: text.replace('"1.0.0"', '"1.0.1"'),
    "with another size": _field("size", "1"),
    "with another time of publishing": _field("published_at", '"2027-01-01T00:00:00Z"'),
    "with another manifest digest": _other_digit("manifest"),
    "with another key": _other_digit("key"),
    "with a key of small order": _field("key", f'"{_KEY}"'),
    "without a signature": _field("signature", None),
    "with an empty signature": _field("signature", '""'),
    "with another signature": _other_digit("signature"),
    "with a package twice": _twice,
    "with a field that nobody knows": lambda text: text + "trusted = true\n",
    "with a source that is no text": _field("source", "7"),
    "of a later format": lambda text: text.replace("version = 1\n", "version = 2\n"),
    "without a format": lambda text: text.replace("version = 1\n", ""),
    "that is no TOML": lambda text: text + "[[\n",
    "that is not UTF-8": lambda text: text + "# \udcff\n",
    "that is cut short": lambda text: text[: text.index("signature") + 20],
    "whose packages are a text": lambda text: text[: text.index("\n[[package]]")] + 'package = "none"\n',
    "with a dependency that was not signed": lambda text: text + 'dependencies."io.ggen.evil" = "*"\n',
}
"""Ways to spoil a lock of one package, each a function of its text."""


def spoil(path: Path, how: str) -> None:
    """Spoil the lock at `path`."""
    if how == "that is a folder":
        path.unlink()
        path.mkdir()
        return
    text = path.read_text(encoding="utf-8")
    spoilt = SPOILT[how](text)
    assert spoilt != text, how
    path.write_bytes(spoilt.encode("utf-8", "surrogateescape"))


def lose(project: Path) -> None:
    """Remove the lock and what is installed."""
    (project / "ggen.lock").unlink()
    shutil.rmtree(project / ".ggen")
