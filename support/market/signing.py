"""Keys, signed records and racing publishers for the scenarios about trust."""

import hashlib
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from marketplace.errors import IntegrityError, MarketError
from marketplace.model.ids import PackageId
from marketplace.model.release import Release, YankRecord
from marketplace.model.requirement import Requirement
from marketplace.model.tree import digest_of
from marketplace.model.version import Version
from marketplace.security.keys import Signer
from marketplace.security.trust import TrustStore

_AT = "2026-01-01T00:00:00Z"


def signer_of(name: str) -> Signer:
    """Return the signing key that a person of that name has in every run."""
    return Signer.from_seed(name, hashlib.sha256(name.encode()).digest())


def release_by(person: str, spec: str) -> Release:
    """Return the release `ID@VERSION`, signed by that person's key."""
    id_, _, version = spec.partition("@")
    signer = signer_of(person)
    release = Release(
        id=PackageId.parse(id_), version=Version.parse(version), content_id=digest_of(spec.encode()), size=10, files=1,
        dependencies=((PackageId.parse("io.acme.base"), Requirement.parse("^1")),),
        manifest=digest_of(b"manifest"), published_at=_AT, key=signer.public,
    )  # fmt: skip
    return release.signed(signer.sign(release.statement()))


def yank_by(person: str, spec: str) -> YankRecord:
    """Return a yank of `ID@VERSION`, signed by that person's key."""
    id_, _, version = spec.partition("@")
    signer = signer_of(person)
    record = YankRecord("yank", PackageId.parse(id_), Version.parse(version), "it is broken", _AT, signer.public)
    return record.signed(signer.sign(record.statement()))


_FORGERIES: Mapping[str, Callable[[Release], Release]] = {
    "id": lambda release: replace(release, id=PackageId.parse("io.acme.other")),
    "version": lambda release: replace(release, version=Version.parse("9.9.9")),
    "build metadata": lambda release: replace(release, version=Version.parse(f"{release.version}+x")),
    "content": lambda release: replace(release, content_id=digest_of(b"other")),
    "size": lambda release: replace(release, size=release.size + 1),
    "number of files": lambda release: replace(release, files=release.files + 1),
    "dependencies": lambda release: replace(release, dependencies=()),
    "manifest": lambda release: replace(release, manifest=digest_of(b"other")),
    "time": lambda release: replace(release, published_at="2030-01-01T00:00:00Z"),
    "key": lambda release: replace(release, key=signer_of("Mallory").public),
}


def forged(release: Release, what: str) -> Release:
    """Return the release with one signed field changed and the signature as it was."""
    return _FORGERIES[what](release)


def code_of(action: Callable[[], object]) -> MarketError:
    """Run what must be refused and return the error."""
    try:
        result = action()
    except MarketError as error:
        return error
    raise AssertionError(f"it was not refused: {result!r}")


def race(trust_file: Path, people: list[str], spec: str) -> list[str]:
    """Let one process per person check a release of theirs at the same moment; return what each was told."""
    command = [sys.executable, "-m", "support.market.signing", str(trust_file), spec]
    racers = [
        subprocess.Popen([*command, person], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for person in people
    ]
    try:
        for racer in racers:
            assert racer.stdout and racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin
            racer.stdin.write("go\n")
            racer.stdin.flush()
        return [racer.communicate(timeout=120)[0].strip() for racer in racers]
    finally:
        for racer in racers:
            racer.kill()
            racer.wait()


class _Late(TrustStore):
    """A trust store that has seen no pin; then another process pins what `faster` asks for."""

    faster: Release

    def _pin_first(self, namespace: str, key: str) -> bool:
        TrustStore(self._path).check_release(self.faster)
        return super()._pin_first(namespace, key)


def overtaken(trust_file: Path, release: Release, faster: Release) -> str:
    """Check a release while another process pins by `faster`; return what was told, as `race` does."""
    store = _Late(trust_file)
    store.faster = faster
    return _told(store, release)


def _run(trust_file: Path, spec: str, person: str) -> str:
    store, release = TrustStore(trust_file), release_by(person, spec)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    return _told(store, release)


def _told(store: TrustStore, release: Release) -> str:
    try:
        return "pinned" if store.check_release(release) else "known"
    except IntegrityError as error:
        return error.code


if __name__ == "__main__":
    sys.stdout.write(_run(Path(sys.argv[1]), sys.argv[2], sys.argv[3]) + "\n")
