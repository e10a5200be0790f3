"""What a server answers, compared with what it must: tables of requests, parts of files, codings, paths to nowhere."""

import gzip
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import zstandard

from marketplace.model.ids import PackageId
from marketplace.protocol import documents
from support.centralized.exchange import Answer
from support.centralized.registries import publish_here
from support.centralized.servers import CERTIFICATE, Server, descendants
from support.market.packages import local_registry
from support.market.world import World

CORE = "io.ggen.rust.core"
_IN_USE = "128 128"
"""The byte of an index's shared memory on which each process that uses it holds a lock, first and last: without it the
next process takes the memory for left behind, and empties it ("WAL-mode File Format" of SQLite, section 2.3)."""


def facts(server: Server) -> dict[str, str]:
    """Return what tables call by a name: a blob, its size, a tree."""
    registry = local_registry(server.world.home)
    release = registry.list_versions(PackageId(CORE))[0].release
    registry.index.close()
    blob = release.manifest.removeprefix("sha256:")
    size = registry.store.path_of(release.manifest).stat().st_size
    return {"blob": blob, "BLOB": blob.upper(), "size": str(size), "tree": release.content_id.removeprefix("sha256:")}


def filled(text: str, names: Mapping[str, str]) -> str:
    """Put values in the place of `{name}`; what is no such name stays."""
    return re.sub(r"\{([\w-]+)\}", lambda match: names.get(match[1], match[0]), text)


def said(text: str) -> dict[str, str]:
    """Read `name: value; name: value` of a table's cell; a value has no name behind a semicolon."""
    pairs = (part.partition(": ") for part in re.split(r"; (?=[a-z-]+: )", text))
    return {name: value for name, _, value in pairs}


def check_table(server: Server, rows: Iterable[Mapping[str, str]]) -> list[Answer]:
    """Send each request of a table and compare status and headers."""
    names, answers = facts(server), []
    for row in rows:
        answer = server.ask(filled(row["path"], names), row["method"])
        wanted = said(filled(row["says"], names))
        found = {name: answer.headers.get(name) for name in wanted}
        assert (answer.status, found) == (int(row["status"]), wanted), (dict(row), answer)
        assert row["method"] != "HEAD" or not answer.body, answer
        answers.append(answer)
    return answers


def check_ids(answers: Iterable[Answer]) -> None:
    """Check that every answer has a request id of its own."""
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == len(ids), ids


def check_parts(server: Server, rows: Iterable[Mapping[str, str]]) -> None:
    """Ask for parts of a blob and of a document, under conditions, and compare status, headers and bytes."""
    names = facts(server)
    for path in (f"/blobs/sha256/{names['blob']}", f"/packages/{CORE}.json"):
        whole = server.ask(path)
        size = len(whole.body)
        values = {"etag": whole.headers["etag"], "size": str(size), "last": str(size - 1), "size-7": str(size - 7)}
        for row in rows:
            answer = server.ask(path, **_keywords(said(filled(row["with"], values))))
            wanted = said(filled(row["says"], values))
            found = {name: answer.headers.get(name) for name in wanted}
            assert (answer.status, found) == (int(row["status"]), wanted), (path, dict(row), answer)
            assert answer.body == bytes_of(whole.body, row["bytes"]), (path, dict(row), answer)


def _keywords(headers: Mapping[str, str]) -> dict[str, Any]:
    return {name.replace("-", "_"): value for name, value in headers.items()}


def bytes_of(whole: bytes, text: str) -> bytes:
    """Return what a table calls `0`, `all`, or `first..last` (the last is not in it) of some bytes."""
    if text in ("0", "all"):
        return b"" if text == "0" else whole
    first, _, last = text.partition("..")
    return whole[int(first) : int(last) if last else None]


def check_codings(server: Server, rows: Iterable[Mapping[str, str]]) -> None:
    """Ask for a document in many codings; each decodes to the same bytes, each coding has its own tag."""
    path = f"/packages/{CORE}.json"
    plain = server.ask(path)
    tags = {"identity": plain.headers["etag"]}
    for row in rows:
        asked: dict[str, Any] = (
            {} if row["accept-encoding"] == "(none)" else {"accept_encoding": row["accept-encoding"]}
        )
        answer = server.ask(path, **asked)
        coding = answer.headers.get("content-encoding", "identity")
        assert coding == row["coding"], (dict(row), answer)
        assert decoded(answer) == plain.body, dict(row)
        assert tags.setdefault(coding, answer.headers["etag"]) == answer.headers["etag"]
        assert server.ask(path, if_none_match=answer.headers["etag"], **asked).status == 304
    assert len(set(tags.values())) == 3, tags


def decoded(answer: Answer) -> bytes:
    """Return the body without its coding."""
    match answer.headers.get("content-encoding"):
        case "zstd":
            return zstandard.ZstdDecompressor().decompressobj().decompress(answer.body)
        case "gzip":
            return gzip.decompress(answer.body)
    return answer.body


def check_never_coded(server: Server) -> None:
    """Ask for a blob, and for a part of a document, with every coding allowed."""
    blob = server.ask(f"/blobs/sha256/{facts(server)['blob']}", accept_encoding="zstd, gzip")
    part = server.ask(f"/packages/{CORE}.json", accept_encoding="zstd, gzip", range="bytes=0-9")
    assert "content-encoding" not in blob.headers, blob
    assert (part.status, len(part.body), part.headers.get("content-encoding")) == (206, 10, None), part


def check_large_coded(server: Server) -> None:
    """Publish two releases that require many packages, and ask for their document in every coding."""
    needs = "".join(f'"io.acme.{"a" * 60}.n{number}" = "^1"\n' for number in range(500))
    for version in ("1.0.0", "2.0.0"):
        publish_here(server.world, f"io.acme.large@{version}", f"[dependencies]\n{needs}")
    plain = server.ask("/packages/io.acme.large.json")
    assert len(plain.body) > 64 * 1024, len(plain.body)
    for coding in ("zstd", "gzip"):
        answer = server.ask("/packages/io.acme.large.json", accept_encoding=coding)
        assert answer.headers["content-encoding"] == coding and decoded(answer) == plain.body


def check_nothing_there(server: Server, path: str) -> None:
    """Ask for a path that names nothing; the answer must not hold anything of the machine."""
    answer = server.ask(filled(path, facts(server)))
    assert answer.status == 404 and answer.code, answer
    secret = (server.world.home / "keys" / "default.key").read_text(encoding="ascii").split("\n")[3]
    assert secret.encode() not in answer.body and b"root:" not in answer.body, answer
    assert str(server.world.root).encode() not in answer.body, answer


def check_document(server: Server, id_: str, versions: list[str]) -> None:
    """Check that a package document lists these versions, with the records that are in the log here."""
    found = documents.decode_package(server.ask(f"/packages/{id_}.json").body, PackageId(id_))
    registry = local_registry(server.world.home)
    here = registry.list_versions(PackageId(id_))
    registry.index.close()
    assert [str(entry.release.version) for entry in found.entries] == versions, found
    assert [entry.listed for entry in found.entries] == list(here) and not found.bad, found


def check_refused_start(world: World, options: str, code: str) -> None:
    """Start a server that must refuse at once."""
    text = filled(options, {"certificate": str(CERTIFICATE), "root": str(world.root)})
    (world.root / "server-0.log").touch()
    outcome = world.attempt(f"ggen market serve --port 0 {text} --json")
    assert world.exit_code() in (2, 3, 5, 6), outcome
    assert outcome.error()["code"] == code, outcome


def search_page(text: str) -> Any:
    """Return what of a search's JSON must be the same wherever it was asked: all but time and the registry's name."""
    found = json.loads(text)
    for item in (*found["results"], *found["sources"]):
        del item["registry"]
    return {name: found[name] for name in ("query", "total", "results", "facets", "degraded", "sources")}


def no_file_holds(folder: Path, text: str) -> bool:
    """Tell whether no file below a folder holds the text."""
    return not any(text.encode() in path.read_bytes() for path in folder.rglob("*") if path.is_file())


class RepeatedSearch:
    """A search that is asked for again and again, in each coding."""

    def __init__(self, server: Server, path: str) -> None:
        self._server = server
        self._path = path
        self._tags: dict[str, str] = {}

    def first(self) -> list[Answer]:
        """Ask without a tag, and remember the tags of the answers."""
        answers = {coding: self._ask(coding) for coding in ("identity", "gzip", "zstd")}
        self._tags = {coding: answer.headers["etag"] for coding, answer in answers.items()}
        assert len(set(self._tags.values())) == 3, self._tags
        return list(answers.values())

    def again(self) -> list[Answer]:
        """Ask with the tags."""
        return [self._ask(coding, tag) for coding, tag in self._tags.items()]

    def _ask(self, coding: str, tag: str = "") -> Answer:
        given = {"if-none-match": tag} if tag else {}
        return self._server.ask(self._path, "GET", b"", accept_encoding=coding, **given)

    def found(self, answer: Answer) -> dict[str, int]:
        """Return the downloads of what an answer shows, by id."""
        return {item["id"]: item["downloads"] for item in json.loads(decoded(answer))["results"]}


def check_locks_held(server: Server) -> None:
    """Look among the kernel's locks for that of each worker on the shared memory of the index."""
    inode = (server.world.home / "registry" / "index.sqlite-shm").stat().st_ino
    locks = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    holders = {int(lock.split()[4]) for lock in locks if f":{inode} {_IN_USE}" in lock and "->" not in lock}
    workers = {pid for pid in descendants(server.process.pid) if _has_open(pid, inode)}
    assert workers and workers <= holders, (workers, holders, locks)


def _has_open(pid: int, inode: int) -> bool:
    return any(file.stat().st_ino == inode for file in Path(f"/proc/{pid}/fd").iterdir() if file.exists())
