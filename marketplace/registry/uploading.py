"""Publishing to a registry over HTTP: the blobs that it lacks, then the signed release. All of it may be repeated."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marketplace.errors import ConflictError, IntegrityError, NotFoundError
from marketplace.http.base import Body, Failure, Request, read_body
from marketplace.http.client import BLOBS, Client, Reply
from marketplace.insights.quality import summary_of
from marketplace.model.package import PackageSource
from marketplace.model.release import Release, YankRecord
from marketplace.protocol import bundle
from marketplace.protocol.strict import read_object
from marketplace.registry.base import Receipt
from marketplace.registry.publishing import blobs_of
from marketplace.storage.base import NewBlob

LARGE = 8 * 1024 * 1024
"""Blobs from this size on, in bytes, are sent one by one, so that a broken transfer goes on where it was."""

_TOGETHER = 16 * 1024 * 1024
"""Most bytes of small blobs in one bundle: what is sent again when the connection breaks."""

_THERE = 200
_PART = 8 * 1024 * 1024
_CONFLICT = "409"
_MAX_ANSWER = 8 * 1024 * 1024
_JSON: Mapping[str, str] = {"Content-Type": "application/json"}


class Uploading:
    """Publishes through the interface at the path `api`."""

    def __init__(self, client: Client, api: str) -> None:
        self._client = client
        self._api = api

    def publish(self, source: PackageSource, release: Release) -> Receipt:
        """Send what the registry lacks of a package, then its release.

        Raises:
            ConflictError: `version-exists`.
            MarketError: what the registry answers, or UnavailableError.
        """
        blobs = {blob.digest: blob for blob in blobs_of(source)}
        sent: dict[str, int] = {}
        self._send(self._missing(list(blobs)), blobs, sent)
        try:
            answer, before = self._record("releases", release.encode())
        except ConflictError as error:
            if error.code != "blobs-missing":
                raise
            listed = error.details.get("missing")
            lost = [d for d in listed if d in blobs] if isinstance(listed, list) else []
            self._send(lost, blobs, sent)  # they were collected in between
            answer, before = self._record("releases", release.encode())
        if before:
            raise _exists(release)
        receipt = _object(answer, "receipt")
        position, quality = receipt.get("position"), receipt.get("quality")
        if type(position) is not int or position < 1:
            raise IntegrityError("document-malformed", "the receipt names no position in the log")
        return Receipt(
            release, self._client.name, position, len(sent), sum(sent.values()), quality=summary_of(quality)
        )  # fmt: skip

    def yank(self, record: YankRecord) -> None:
        """Send a signed yank or unyank.

        Raises:
            ConflictError: `already-yanked` or `not-yanked`.
            MarketError: what else the registry answers, or UnavailableError.
        """
        _, before = self._record("yanks", record.encode())
        if before and record.action == "yank":
            raise ConflictError("already-yanked", f"{record.id}@{record.version} is yanked already")
        if before:
            raise ConflictError("not-yanked", f"{record.id}@{record.version} is not yanked")

    def _record(self, path: str, data: bytes) -> tuple[Reply, bool]:
        """Send a signed record; return the answer, and whether the record was there before this was asked.

        200 says that it is there already: by an attempt of ours whose answer was lost, or, at the first attempt, by
        somebody before.
        """
        request = Request(
            "POST", f"{self._client.base}{self._api}{path}", {**_JSON, "Accept": "application/json"}, Body.of(data)
        )
        attempts = 0

        def attempt() -> Reply:
            nonlocal attempts
            attempts += 1
            response = self._client.open(request)
            return Reply(response.status, response.headers, read_body(response, _MAX_ANSWER))

        reply = self._client.attempt(attempt)
        return reply, reply.status == _THERE and attempts == 1

    def _missing(self, digests: Sequence[str]) -> list[str]:
        """Return the digests that the registry lacks."""
        body = Body.of(json.dumps({"digests": list(digests)}).encode())
        missing = _object(self._client.call("POST", self._api + "missing", body, headers=_JSON), "answer").get(
            "missing"
        )
        if not isinstance(missing, list) or not all(digest in digests for digest in missing):
            raise IntegrityError("document-malformed", "the list of missing blobs is malformed")
        return missing

    def _send(self, missing: Sequence[str], blobs: Mapping[str, NewBlob], sent: dict[str, int]) -> None:
        small = []
        for digest in missing:
            blob = blobs[digest]
            if blob.size >= LARGE and self._large(blob):
                sent[digest] = blob.size
            else:
                small.append(blob)
        for group in _groups(small):
            self._bundle(group)
            sent |= {blob.digest: blob.size for blob in group}

    def _bundle(self, blobs: Sequence[NewBlob]) -> None:
        length = bundle.length((blob.digest, blob.size) for blob in blobs)
        body = Body(lambda: bundle.write(blobs), length)
        request = Request(
            "POST", f"{self._client.base}{self._api}blobs", {"Content-Type": bundle.MEDIA_TYPE}, body, BLOBS
        )
        self._client.attempt(lambda: read_body(self._client.open(request), _MAX_ANSWER))

    def _large(self, blob: NewBlob) -> bool:
        """Send a blob in parts, from where the registry has it; after a break it is asked again how much is there.

        Returns False when the registry takes no parts (there is no such address): then the blob goes as a whole.
        """
        url = f"{self._client.base}{self._api}uploads/{blob.digest.removeprefix('sha256:')}"
        try:
            offset = self._client.attempt(lambda: _offset(self._client, url))
        except NotFoundError:
            return False
        while offset < blob.size:
            offset = self._client.attempt(_Part(self._client, url, blob, offset).attempt)
        return True


class _Part:
    """One part of an upload, from `start` on; a second attempt asks first where to go on."""

    def __init__(self, client: Client, url: str, blob: NewBlob, start: int) -> None:
        self._client, self._url, self._blob, self._start = client, url, blob, start
        self._broke = False

    def attempt(self) -> int:
        """Send the part and return where the next begins."""
        start = _offset(self._client, self._url) if self._broke else self._start
        self._broke = True
        if start >= self._blob.size:
            return start
        length = min(_PART, self._blob.size - start)
        headers = {
            "Content-Type": "application/octet-stream", "Upload-Offset": str(start),
            "Upload-Length": str(self._blob.size),
        }  # fmt: skip
        body = Body(lambda: _slice(self._blob, start, length), length)
        try:
            response = self._client.open(Request("PATCH", self._url, headers, body, BLOBS))
        except Failure as failure:
            if failure.what != _CONFLICT:
                raise
            # The registry may still write what came before a break, so it has more by now than it said.
            raise Failure("truncated", "another request is at the same file") from failure
        response.close()
        return _number(response.headers.get("upload-offset", str(start + length)))


def _offset(client: Client, url: str) -> int:
    """Return how much of a blob the registry has."""
    response = client.open(Request("HEAD", url))
    response.close()
    return _number(response.headers.get("upload-offset", ""))


def _exists(release: Release) -> ConflictError:
    return ConflictError(
        "version-exists", f"{release} is already published with this content", hint="nothing is to be done",
        id=str(release.id), version=str(release.version), identical=True,
    )  # fmt: skip


def _groups(blobs: Sequence[NewBlob]) -> Iterator[list[NewBlob]]:
    group: list[NewBlob] = []
    for blob in blobs:
        if group and sum(other.size for other in group) + blob.size > _TOGETHER:
            yield group
            group = []
        group.append(blob)
    if group:
        yield group


def _slice(blob: NewBlob, start: int, length: int) -> Iterator[bytes]:
    with blob.open() as stream:
        skipped, left = start, length
        while skipped and (piece := stream.read(min(skipped, 256 * 1024))):
            skipped -= len(piece)
        while left and (piece := stream.read(min(left, 256 * 1024))):
            left -= len(piece)
            yield piece


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Failure("read", f"it names no place to go on at: {text[:40]!r}")
    return int(text)


def _object(reply: Reply, what: str) -> dict[str, Any]:
    return read_object(reply.body, limit=_MAX_ANSWER, what=what)
