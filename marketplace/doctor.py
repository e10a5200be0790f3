"""What `doctor` looks at: the home, its disk, keys, index, store, search view, locks, the clock and the settings.

Each check only reads (the one for links makes two files of its own and removes them) and never stops the others.
"""

import fcntl
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from marketplace.clock import Clock, system_clock, timestamp
from marketplace.errors import IntegrityError, InvalidInputError, MarketError, UnavailableError

if TYPE_CHECKING:
    from marketplace.config import Settings
    from marketplace.registry.local import LocalRegistry
    from marketplace.security.keys import KeyRing
    from marketplace.security.trust import TrustStore

Status = Literal["ok", "warn", "fail"]

SAMPLE = 200
"""Blobs that are hashed again: enough to meet a dying disk, few enough to answer in a moment."""
_SCARCE, _FULL = 1_000_000_000, 50_000_000
"""Free bytes below which a warning and a failure are due."""
_SKEW = timedelta(minutes=5)
"""How far ahead a release's time may be before a clock is suspected."""
_LIBRARIES = ("click", "platformdirs", "pynacl", "resolvelib", "rich", "semver", "tantivy", "tomlkit", "zstandard")


@dataclass(frozen=True, slots=True)
class Check:
    """The verdict on one thing: `hint` is the next step; `code` and `exit_code` are those of the error it would give.

    Attributes:
        name: short and stable, such as `disk`.
    """

    name: str
    status: Status
    detail: str
    hint: str | None = None
    code: str | None = None
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined, and where the time and the free bytes of a folder's disk are read."""

    settings: "Settings"
    registry: Callable[[], "LocalRegistry"]
    keys: "KeyRing"
    trust: "TrustStore"
    clock: Clock = system_clock
    free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free
    chance: random.Random = field(default_factory=random.Random)

    @property
    def home(self) -> Path:
        """The home."""
        return self.settings.home


def examine(patient: Patient) -> Iterator[Check]:
    """Yield every check, each guarded: an error of the product becomes its verdict."""
    for name, check in _CHECKS.items():
        try:
            yield from check(patient)
        except MarketError as error:
            yield Check(name, "fail", error.message, error.hint, error.code, error.exit_code)
        except OSError as error:
            hint = "check the permissions of the home (GGEN_HOME)"
            detail = f"{error.strerror}: {error.filename}"
            yield Check(name, "fail", detail, hint, "file-access", UnavailableError.exit_code)


def _versions(_patient: Patient) -> Iterator[Check]:
    from importlib.metadata import PackageNotFoundError, version

    from marketplace import __version__

    found, missing = [], []
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    python = ".".join(map(str, sys.version_info[:3]))
    if missing:
        hint = "install the program again"
        detail = f"not installed: {', '.join(missing)}"
        yield Check("versions", "fail", detail, hint, "unexpected", MarketError.exit_code)
    yield Check("versions", "ok", f"ggen {__version__}, Python {python}, {', '.join(found)}")


def _settings(patient: Patient) -> Iterator[Check]:
    settings, wrong = patient.settings, 0
    for name in settings.names():
        try:
            settings.value(name)
        except InvalidInputError as error:
            wrong += 1
            yield Check("settings", "fail", error.message, error.hint, error.code, error.exit_code)
    if not wrong:
        origins = {name: settings.origin(name) for name in settings.names()}
        changed = [f"{name} from {origin}" for name, origin in origins.items() if origin.kind != "default"]
        yield Check("settings", "ok", ", ".join(changed) or "all have their defaults")


def _home(patient: Patient) -> Iterator[Check]:
    home = patient.home
    if not home.exists():
        yield Check("home", "warn", f"{home} does not exist yet", "the first command that writes makes it")
    elif not home.is_dir():
        hint = "use another home (--home or GGEN_HOME)"
        yield Check("home", "fail", f"{home} is no folder", hint, "file-access", UnavailableError.exit_code)
    elif home.stat().st_mode & 0o022:
        hint = f"look whether what is in it is yours, then: chmod 700 {home}"
        yield Check("home", "fail", f"{home} can be written by others", hint, "home-unsafe", IntegrityError.exit_code)
    elif not os.access(home, os.W_OK | os.X_OK):
        hint = f"give yourself the right to write: chmod u+rwx {home}"
        detail = f"{home} cannot be written"
        yield Check("home", "fail", detail, hint, "store-unwritable", UnavailableError.exit_code)
    else:
        yield Check("home", "ok", str(home))


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def _disk(patient: Patient) -> Iterator[Check]:
    free = patient.free_bytes(_existing(patient.home))
    detail = f"{free / 1e9:.1f} GB free"
    hint = "free some space; `ggen market cache gc` removes what no release needs"
    if free < _FULL:
        yield Check("disk", "fail", detail, hint, "disk-full", UnavailableError.exit_code)
    else:
        yield Check("disk", "warn", detail, hint) if free < _SCARCE else Check("disk", "ok", detail)


def _links(patient: Patient) -> Iterator[Check]:
    from marketplace.storage.files import STAGED_PREFIX
    from marketplace.storage.links import clone_error

    if not (patient.home.is_dir() and os.access(patient.home, os.W_OK)):
        return
    with tempfile.TemporaryDirectory(dir=patient.home, prefix=STAGED_PREFIX) as folder:
        source, linked, cloned = (Path(folder) / name for name in ("source", "linked", "cloned"))
        source.write_bytes(b"x" * 4096)
        try:
            os.link(source, linked)
        except OSError:
            hint = "put the home on a filesystem with hard links to save disk and time; copies work as well"
            yield Check("links", "warn", "no hard links: packages are installed as copies", hint)
            return
        with source.open("rb") as one, cloned.open("wb") as other:
            reflinks = clone_error(one.fileno(), other.fileno()) == 0
    yield Check("links", "ok", "hard links" + (" and reflinks" if reflinks else ", no reflinks"))


def _keys(patient: Patient) -> Iterator[Check]:
    keys, pins = patient.keys.list(), patient.trust.pins()
    if keys:
        names = ", ".join(key.name for key in keys)
        yield Check("keys", "ok", f"signing keys: {names}; pinned namespaces: {len(pins)}")
    else:
        hint = "`ggen market key new` makes one; only publishers need it"
        yield Check("keys", "ok", f"no signing key; pinned namespaces: {len(pins)}", hint)


def _has_index(patient: Patient) -> bool:
    return (patient.home / "registry" / "index.sqlite").exists() or (patient.home / "registry" / "store").exists()


def _index(patient: Patient) -> Iterator[Check]:
    if not _has_index(patient):
        yield Check("index", "ok", "nothing has been published here yet")
        return
    registry = patient.registry()
    registry.index.verify()
    info = registry.metadata()
    yield Check("index", "ok", f"{info.packages} packages, {info.releases} releases, {info.log_size} log entries")


def _store(patient: Patient) -> Iterator[Check]:
    if not _has_index(patient):
        return
    store = patient.registry().store
    digests = list(store.digests())
    sample = patient.chance.sample(digests, min(SAMPLE, len(digests)))
    damaged = [digest for digest in sample if not store.is_sound(digest)]
    if damaged:
        hint = "`ggen market cache verify` lists all damage; publish the packages again, or restore a backup"
        detail = f"{len(damaged)} of {len(sample)} blobs looked at are damaged, such as {damaged[0]}"
        yield Check("store", "fail", detail, hint, "store-damaged", IntegrityError.exit_code)
    else:
        yield Check("store", "ok", f"{len(digests)} blobs, {len(sample)} of them hashed again")


def _search(patient: Patient) -> Iterator[Check]:
    from marketplace.search.stamp import DoubtError, check, read_stamp

    folder = patient.home / "registry" / "search"
    if not _has_index(patient) or not folder.exists():
        yield Check("search", "ok", "the search index is made by the first search")
        return
    stamp, index = read_stamp(folder), patient.registry().index
    hint = "nothing is to be done: the next search makes it anew"
    try:
        if stamp is None or stamp.fingerprint != index.fingerprint() or stamp.revision > index.revision():
            raise DoubtError("does not belong to this index")
        check(folder, stamp, thorough=True)
    except DoubtError as doubt:
        yield Check("search", "warn", f"the search index {doubt}", hint)
        return
    behind = index.revision() - stamp.revision
    yield Check("search", "ok", "up to date" if not behind else f"{behind} changes behind, found all the same")


def _statistics(patient: Patient) -> Iterator[Check]:
    folder = patient.home / "registry" / "statistics"
    if not folder.exists():
        yield Check("statistics", "ok", "nothing was counted here yet")
        return
    try:
        totals = patient.registry().counting.counters.looked_at().totals
    except MarketError as error:
        if error.code.startswith("statistics-"):
            raise
        return  # it is the index that is ill, which has a check of its own
    if os.access(folder, os.W_OK):
        yield Check("statistics", "ok", ", ".join(f"{count:,} {name}" for name, count in totals.items()))
    else:
        hint = f"searches and installs go on, uncounted; to count them: chmod u+rwx {folder}"
        yield Check("statistics", "warn", f"{folder} cannot be written", hint)


def _clock(patient: Patient) -> Iterator[Check]:
    from marketplace.search.base import SearchDocument

    now = patient.clock()
    documents = patient.registry().index.documents() if _has_index(patient) else ()
    newest = max((item.updated_at for item in documents if isinstance(item, SearchDocument)), default="")
    if newest and datetime.fromisoformat(newest) > now + _SKEW:
        hint = "set this machine's clock; if it is right, the publisher's was wrong"
        yield Check("clock", "warn", f"a release is dated {newest}, but here it is {timestamp(now)}", hint)
    else:
        yield Check("clock", "ok", timestamp(now))


def _locks(patient: Patient) -> Iterator[Check]:
    held = [text for path in _lock_files(patient.home) if (text := _holder(path))]
    if held:
        hint = "wait for it; a lock is free again as soon as its holder ends"
        yield Check("locks", "warn", "; ".join(held), hint)
    else:
        yield Check("locks", "ok", "nobody holds a lock")


def _lock_files(home: Path) -> Iterator[Path]:
    patterns = ("*.lock", "keys/*.lock", "registry/*.lock", "registry/store/*.lock")
    return islice((path for pattern in patterns for path in sorted(home.glob(pattern)) if path.is_file()), 100)


def _holder(path: Path) -> str | None:
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return f"{file.read(400).decode('utf-8', 'replace') or 'another process'} holds {path.name}"
    return None


_CHECKS: Mapping[str, Callable[[Patient], Iterator[Check]]] = {
    "versions": _versions,
    "settings": _settings,
    "home": _home,
    "disk": _disk,
    "links": _links,
    "keys": _keys,
    "index": _index,
    "store": _store,
    "search": _search,
    "statistics": _statistics,
    "clock": _clock,
    "locks": _locks,
}
