"""Registries of files for whole commands: a publisher's home is copied to shelves, each behind a recording proxy."""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from marketplace.errors import IntegrityError
from marketplace.model import canonical
from marketplace.model.release import Release
from marketplace.protocol import bundle, paths
from marketplace.protocol.documents import (
    RegistryDocument,
    decode_catalog,
    decode_registry,
    encode_catalog,
    encode_registry,
)
from marketplace.protocol.notes import VerifierKey
from marketplace.registry.log_check import LogCheck
from marketplace.registry.log_state import LogState
from marketplace.security.verifier import public_bytes
from marketplace.server.options import LOG_KEY
from marketplace.storage.base import read_tree
from support.centralized.asking import plain_client
from support.centralized.shelf import Shelf
from support.centralized.static_tree import files_of
from support.centralized.witness import head
from support.cleanroom.deadline import Deadline
from support.cleanroom.proxy.running import FaultProxy
from support.cleanroom.proxy.schedules import Schedule
from support.market import packages
from support.market.packages import local_registry
from support.market.signing import signer_of
from support.market.world import World

_SECONDS = 60.0
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Shops:
    """The registries of a scenario. Publishing happens in a home of its own; the scenario's home is the user's."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._user = world.home
        self._publisher = world.root / "publisher"
        self.shelves: dict[str, Shelf] = {}
        self.proxies: dict[str, FaultProxy] = {}
        self._names: dict[str, str] = {}
        self._seen: dict[str, int] = {}
        self._as_publisher("ggen market key new")

    @classmethod
    def over(cls, world: World, name: str, proxy: FaultProxy) -> "Shops":
        """Return the registry behind a proxy as the only one; nothing is published here."""
        shops = cls.__new__(cls)
        shops._world, shops._user, shops._publisher = world, world.home, world.home
        shops.shelves, shops.proxies, shops._names, shops._seen = {}, {name: proxy}, {}, {}
        return shops

    def close(self) -> None:
        """End everything."""
        for proxy in self.proxies.values():
            proxy.close()
        for shelf in self.shelves.values():
            shelf.close()

    def _as_publisher(self, command: str) -> None:
        self._world.home = self._publisher
        try:
            self._world.run(command)
        finally:
            self._world.home = self._user

    def publish(self, id_: str, version: str, needs: str = "") -> None:
        """Publish a package of the suite in the publisher's home."""
        self._world.home = self._publisher
        try:
            packages.publish(self._world, id_, version, needs)
        finally:
            self._world.home = self._user

    def publish_many(self, count: int) -> None:
        """Publish `many.lib.p0` and so on in the publisher's home, each of which needs all before it."""
        self._world.home = self._publisher
        try:
            packages.publish_many(self._world, count, count)
        finally:
            self._world.home = self._user

    def publish_folder(self, id_: str, version: str, files: Iterable[tuple[str, int, str]]) -> None:
        """Publish a package with files of these names, sizes and fillings."""
        folder = self._world.root / "packages" / id_ / version
        folder.mkdir(parents=True)
        lines = f'[package]\nid = "{id_}"\nversion = "{version}"\ndescription = "A package"\nlicense = "MIT"\n'
        (folder / "package.toml").write_text(lines, encoding="utf-8")
        for name, size, filling in files:
            (folder / name).write_bytes(noise(size, filling))
        self._as_publisher(f"ggen market publish {folder}")

    def yank(self, spec: str) -> None:
        """Yank a release in the publisher's home."""
        self._as_publisher(f"ggen market yank {spec} --reason broken")

    def unyank(self, spec: str) -> None:
        """Take the yank of a release back, in the publisher's home."""
        self._as_publisher(f"ggen market unyank {spec}")

    def open(self, name: str, *, archives: bool = True, only: str = "", namespaces: str = "") -> None:
        """Make a registry that has what is published by now (or packages whose ids begin with `only`), and name it."""
        shelf = self.shelves[name] = Shelf()
        folder = self._world.root / f"proxy-{name}"
        folder.mkdir()
        self.proxies[name] = FaultProxy(folder, shelf.netloc)
        self.fill(name, archives=archives, only=only)
        bound = "".join(f" --namespace {namespace}" for namespace in namespaces.split())
        self._world.run(f"ggen market registry add {name} {self.proxies[name].url}{bound}")

    def fill(self, name: str, *, archives: bool = True, only: str = "") -> None:
        """Bring a registry to what is published by now."""
        for path, data in files_of(self._publisher, archives=archives).items():
            if path == paths.CATALOG:
                shown = [document for document in decode_catalog(data)[0] if document.id.startswith(only)]
                self.shelves[name].documents[f"/{path}"] = encode_catalog(shown)
            elif not path.startswith("packages/") or path.startswith(f"packages/{only}"):
                self.shelves[name].documents[f"/{path}"] = data
        self._name_digests()

    def _name_digests(self) -> None:
        registry = local_registry(self._publisher)
        for _, record in registry.index.entries():
            if isinstance(record, Release):
                self._names[record.content_id[7:]] = f"({record})"
                for entry in read_tree(registry.store, record.content_id):
                    self._names.setdefault(entry.digest[7:], f"({entry.path} of {record})")
        registry.index.close()

    def addresses(self) -> dict[str, str]:
        """Return the address of each registry."""
        return {name: proxy.url for name, proxy in self.proxies.items()}

    # --- other stories -----------------------------------------------------------------------------------------------

    def change_story(self, name: str, story: str) -> None:
        """Let a registry tell something else than it did."""
        documents = self.shelves[name].documents
        if story == "tells a history without what it told":
            registry = self._publisher / "registry"
            for path in registry.iterdir():
                if path.name != LOG_KEY:  # the signer keeps its key and forgets what it has signed
                    subprocess.run(["rm", "-rf", str(path)], check=True)
            self.publish("io.acme.web", "1.0.0")
            self.fill(name)
            return
        self.publish("io.acme.web", "1.0.0")
        self.fill(name)
        root = json.loads(documents["/registry.json"])
        page = json.loads(documents["/packages/io.acme.web.json"])
        if story == "shows no log any more":
            root["log"] = {"key": "", "origin": ""}
        elif story == "signs its log with another key":
            root["log"]["key"] = str(VerifierKey(root["log"]["origin"], public_bytes(signer_of("Mallory").public)))
        else:
            assert story == "lists a release that is not in its log", story
            page["releases"][0]["position"] = 1
        documents["/registry.json"] = canonical.encode(root)
        documents["/packages/io.acme.web.json"] = canonical.encode(page)

    def remember(self, name: str) -> None:
        """Remember what a registry has."""
        self._remembered = dict(self.shelves[name].documents)

    def go_back(self, name: str) -> None:
        """Let a registry have what was remembered, and nothing else."""
        self.shelves[name].documents.clear()
        self.shelves[name].documents |= self._remembered

    def swap_archive(self, name: str, spec: str, other: str) -> None:
        """Let a registry send the archive of one release for that of another."""
        sent, wanted = (f"/{paths.archive(self._digest(f'({known})'))}" for known in (spec, other))
        self.shelves[name].documents[wanted] = self.shelves[name].documents[sent]

    def send_longer(self, name: str, what: str, size: int) -> None:
        """Let a registry send so many bytes for a file, the right ones first."""
        documents, path = self.shelves[name].documents, f"/{paths.blob(self._digest(what))}"
        documents[path] = documents[path].ljust(size, b"x")

    def send_empty_batches(self, name: str) -> None:
        """Let a registry of files say that it has an interface, and answer each batch with an empty bundle."""
        documents = self.shelves[name].documents
        found = decode_registry(documents["/registry.json"])
        documents["/registry.json"] = encode_registry(RegistryDocument(found.name, found.origin, found.key, "api/v1/"))
        documents["POST /api/v1/batch"] = b"".join(bundle.write([]))

    def _digest(self, what: str) -> str:
        return next(f"sha256:{digest}" for digest, named in self._names.items() if named == what)

    def signed_heads(self, name: str, proof: bytes) -> int:
        """Return how many checkpoints in a proof verify under the registry's key, by a reader of the suite's own."""
        key = str(decode_registry(self.shelves[name].documents["/registry.json"]).key)
        fields = json.loads(proof)
        return len({head(fields[when].encode(), key).size for when in ("earlier", "later")})

    def log_after(self, name: str, days: float) -> str:
        """Look at a registry's log so many days later, on a new machine; return the code of a refusal."""
        client = plain_client(self.proxies[name].url, self._world.root / f"later-{days}")
        clock = lambda: datetime.now(UTC) + timedelta(days=days)  # noqa: E731
        check = LogCheck(client, LogState(self._world.root / f"log-{days}.json"), max_age=14, clock=clock)
        try:
            check.check(decode_registry(self.shelves[name].documents["/registry.json"]))
        except IntegrityError as error:
            return error.code
        return "taken"

    # --- traffic -----------------------------------------------------------------------------------------------------

    def received(self, name: str, columns: Iterable[str]) -> list[tuple[str, ...]]:
        """Return what a registry received since it was asked last, digests replaced by what they name."""
        found = self.proxies[name].received(list(columns))
        begin, self._seen[name] = self._seen.get(name, 0), len(found)
        named = lambda cell: _DIGEST.sub(lambda match: self._names.get(match[0], match[0]), cell)  # noqa: E731
        return [tuple(map(named, row)) for row in found[begin:]]

    def together(self, name: str) -> list[tuple[str, ...]]:
        """Return path and status of what a registry received for packages since it was asked last, and how many of
        these requests were under way at some moment of each: with a delay, whoever waits for one answer has sent one.
        """
        found = self.proxies[name].exchanges()
        begin, self._seen[name] = self._seen.get(name, 0), len(found)
        asked = [exchange for exchange in found[begin:] if exchange["target"].startswith("/packages/")]
        spans = [(one["at"], one["at"] + one["ms"] / 1000) for one in asked]
        counts = [sum(first < end and begin < last for first, last in spans) for begin, end in spans]
        return [(one["target"], str(one["status"]), str(count)) for one, count in zip(asked, counts, strict=True)]

    def delay(self, name: str, ms: float) -> None:
        """Let a registry wait so long before it answers with a package's document."""
        self.proxies[name].follow(Schedule().with_latency(ms, pattern="GET /packages/*"))

    def archives(self, name: str, columns: Iterable[str]) -> list[tuple[str, ...]]:
        """Return what a registry received for archives; of a part's place only where it begins."""
        rows = self.proxies[name].received(["path", *columns])
        return [
            tuple(re.sub(r"^(bytes \d+)-.*", r"\1", cell) for cell in row)
            for path, *row in rows
            if "/archives/" in path
        ]

    def meet(self, name: str, pattern: str, faults: str) -> None:
        """Give requests to a registry faults: each in turn to one target, or, with `always`, to each."""
        first, _, rest = faults.partition("always ")
        schedule = Schedule().always(pattern, rest) if not first else Schedule().on(pattern, *faults.split(", "))
        self.proxies[name].follow(schedule)

    # --- what is on the user's machine -------------------------------------------------------------------------------

    def age(self, seconds: float) -> None:
        """Let all kept answers be so much older."""
        for file in (self._user / "cache" / "registries").glob("*/answers/*"):
            head, _, body = file.read_bytes().partition(b"\n")
            fields = json.loads(head)
            fields["checked"] -= seconds
            file.write_bytes(json.dumps(fields).encode() + b"\n" + body)

    def forget_content(self) -> None:
        """Remove the fetched content, and the installed packages with it."""
        for folder in (self._user / "cache" / "store", self._world.project / ".ggen"):
            subprocess.run(["rm", "-rf", str(folder)], check=True)

    def damage_content(self, how: str) -> int:
        """Leave the fetched copies as a power cut may: `empty`, `cut short` or `of zeros`; return how many."""
        copies = [path for path in (self._user / "cache" / "store" / "blobs").rglob("*") if path.is_file()]
        for path in copies:
            data = path.read_bytes()
            path.chmod(0o600)
            path.write_bytes({"empty": b"", "cut short": data[: len(data) // 2], "of zeros": bytes(len(data))}[how])
        return len(copies)

    def age_cache(self, days: int) -> None:
        """Set the times of everything in the cache back."""
        for path in (self._user / "cache").rglob("*"):
            then = path.lstat().st_mtime - days * 86400
            os.utime(path, (then, then))

    def is_linked(self, file: Path) -> bool:
        """Tell whether a file is one with a fetched copy."""
        return any(path.samefile(file) for path in (self._user / "cache" / "store" / "blobs").rglob("*"))

    def partial(self) -> list[Path]:
        """Return the unfinished transfers."""
        return sorted((self._user / "cache" / "registries").glob("*/partial/*"))

    def _arriving(self) -> list[Path]:
        """Return the files into which something is being fetched, whole transfers and single files of a batch."""
        return [*self.partial(), *(self._user / "cache" / "store").rglob(".ggen-staged-*")]

    def kill_in_transfer(self, command: str, size: int) -> None:
        """Run a command and kill it when at least `size` bytes of a file have arrived."""
        args, environ = self._world.command(command)
        process = subprocess.Popen(
            args, cwd=self._world.project, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            grown = Deadline.after(_SECONDS).poll(lambda: any(_size(path) >= size for path in self._arriving()))
            assert grown, "the transfer did not get on"
        finally:
            process.kill()
            process.wait(_SECONDS)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0  # it has got its name meanwhile


def digest_of_token(token: str) -> str:
    """Return what the proxy's record shows of a token."""
    return f"Bearer sha256:{hashlib.sha256(token.encode()).hexdigest()[:16]}"


def noise(size: int, filling: str) -> bytes:
    """Return bytes that do not compress, the same for one filling."""
    import random

    return random.Random(filling).randbytes(size)
