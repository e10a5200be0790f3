"""Getting the content of releases from a registry over HTTP: one batch where there is an interface, else its files.

Everything is verified by its digest before it is in the store, and what has arrived whole stays: a transfer that breaks
goes on where it was.
"""

import io
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from marketplace.errors import IntegrityError, MarketError, NotFoundError, UnavailableError
from marketplace.http.base import Body, Failure, Request, Response
from marketplace.http.client import BLOBS, Client, refuse_portal
from marketplace.http.together import PARALLEL
from marketplace.model.ids import PackageId
from marketplace.model.release import Release
from marketplace.model.tree import Tree, TreeEntry, digest_of
from marketplace.protocol import bundle, paths
from marketplace.registry.base import Advance, Fetched
from marketplace.registry.transfer import Transfer
from marketplace.storage.base import MAX_TREE_BYTES, BlobStore, NewBlob, read_tree
from marketplace.storage.blobs import unexpected
from marketplace.storage.files import STALE_AFTER, remove_stale, scratch_folder

_IN_MEMORY = 1024 * 1024
"""Most bytes of a blob that is fetched into memory; a larger one goes into a file, so that it can go on later."""


_HELD = 8 * 1024 * 1024
"""Most bytes of an archive's content that are unpacked in memory; several archives may be at the same time."""


class Fetching:
    """One fetch of several releases into a store.

    Args:
        folder: where unfinished transfers are kept.
        have: content ids by package, of which the store may have the files: what they share is not sent again.
        advance: told what arrives, the bytes so far and the bytes of all.
    """

    def __init__(
        self, client: Client, store: BlobStore, folder: Path, *, have: Mapping[PackageId, str], advance: Advance
    ) -> None:
        self._client = client
        self._store = store
        self._folder = folder
        self._have = have
        self._advance = advance
        self._files = self._bytes = self._total = 0
        self._guard = threading.Lock()
        self._arrived: set[str] = set()

    def fetch(self, lacking: Sequence[Release], api: str | None) -> Fetched:
        """Fetch releases of which the store lacks something; `api` is the interface's path, None for files alone.

        Raises:
            IntegrityError: what arrived is not what a release names.
            NotFoundError: the registry does not have it.
            UnavailableError: it cannot be had now.
        """
        remove_stale(self._folder, time.time() - STALE_AFTER)  # what killed commands were unpacking
        self._total = sum(release.size for release in lacking)
        self._by_files(lacking if api is None else self._by_batch(lacking, api))
        return Fetched(self._files, self._bytes)

    def lacks(self, release: Release) -> bool:
        """Tell whether the store lacks anything of a release."""
        if not self._has(release.content_id):
            return True
        try:
            return bool(self._lacking(read_tree(self._store, release.content_id)))
        except NotFoundError:
            return True  # it was there, and damaged

    def _lacking(self, tree: Tree) -> dict[str, int]:
        return {entry.digest: entry.size for entry in tree if not self._has(entry.digest)}

    def _has(self, digest: str) -> bool:
        return digest in self._arrived or self._store.has(digest)

    # --- by batch ----------------------------------------------------------------------------------------------------

    def _by_batch(self, releases: Sequence[Release], api: str) -> list[Release]:
        """Ask for everything at once, again for what did not arrive; return what must be had in another way: nothing,
        or all where the interface is not there (any more).
        """
        left = list(releases)
        while left:
            before = self._files
            try:
                self._client.attempt(partial(self._batch, left, api))
            except NotFoundError as error:
                if error.code == "not-found":
                    return left
                raise
            except UnavailableError:
                if self._files == before:
                    raise
                continue  # it gets on: what broke off goes on with a fresh budget
            left = [release for release in left if self.lacks(release)]
            if left and self._files == before:
                message = f"{self._client.name} did not send all of {left[0]} though it has it"
                raise UnavailableError("registry-unavailable", message, hint="tell its operator", reason="incomplete")
        return []

    def _batch(self, releases: Sequence[Release], api: str) -> None:
        trees = [release for release in releases if not self._store.has(release.content_id)]
        there = [release for release in releases if release not in trees]
        single = {
            d: s for release in there for d, s in self._lacking(read_tree(self._store, release.content_id)).items()
        }
        have = [content_id for content_id in self._have.values() if self._store.has(content_id)]
        wanted = {"want": [release.content_id for release in trees], "have": have, "blobs": sorted(single)}
        if not trees and not single:
            return
        headers = {"Content-Type": "application/json", "Accept": bundle.MEDIA_TYPE}
        request = Request(
            "POST", f"{self._client.base}{api}batch", headers, Body.of(json.dumps(wanted).encode()), BLOBS
        )
        limits = bundle.Limits(
            blobs=sum(release.files + 1 for release in releases),
            bytes=sum(release.size for release in releases) + len(trees) * MAX_TREE_BYTES,
            blob=max(MAX_TREE_BYTES, *(release.size for release in releases)),
        )
        response = self._client.open(request)
        refuse_portal(response)
        trees_of = {release.content_id for release in trees}
        try:
            kept = bundle.keep(
                cast(BinaryIO, Stream(response)), self._store, limits, advance=partial(self._tell, trees_of)
            )
            self._arrived |= kept.stored.keys()
        except UnavailableError as error:
            if error.code != "bundle-cut":
                raise
            raise Failure("truncated", "its bundle ended too early") from error
        finally:
            response.close()

    def _tell(self, trees: set[str], digest: str, size: int) -> None:
        if digest not in trees:
            self._count(digest, 1, size)

    def _count(self, what: str, files: int, size: int) -> None:
        with self._guard:
            self._files += files
            self._bytes += size
            self._advance(what, min(self._bytes, self._total), self._total)

    # --- from files --------------------------------------------------------------------------------------------------

    def _by_files(self, releases: Sequence[Release]) -> None:
        if len(releases) < 2:
            for release in releases:
                self._one(release)
            return
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(PARALLEL, len(releases))) as pool:
            running = [pool.submit(self._one, release) for release in releases]
            try:
                for one in running:
                    one.result()
            except BaseException:
                for one in running:
                    one.cancel()
                raise

    def _one(self, release: Release) -> None:
        """Fetch one release: as an archive when all or most of it is lacking, else file by file."""
        if not self._store.has(release.content_id):
            if release.id not in self._have and self._archive(release):
                return
            self._small(release.content_id, MAX_TREE_BYTES)
        lacking = self._lacking(read_tree(self._store, release.content_id))
        if 2 * sum(lacking.values()) > release.size and len(lacking) > 3 and self._archive(release):
            return
        self._blobs(lacking)

    def _archive(self, release: Release) -> bool:
        """Fetch and unpack the archive of a release; False when the registry has none (a large package has not)."""
        from marketplace.archiving.frame import MAX_ARCHIVE

        path, target = paths.archive(release.content_id), self._folder / f"{release.content_id[7:]}.gpack"
        try:
            Transfer(self._client, path, target, MAX_ARCHIVE).run()
        except NotFoundError:
            return False
        try:
            stored = self._unpack(release, target)
        finally:
            target.unlink(missing_ok=True)
        self._count(str(release), len(stored), sum(stored.values()))
        return True

    def _unpack(self, release: Release, archive: Path) -> dict[str, int]:
        """Store the files of an archive, from memory when they are small enough; return those that were lacking."""
        from marketplace.archive import open_archive, unpack, unpack_in_memory

        with open_archive(archive) as stream:
            held = unpack_in_memory(stream, _HELD)
            if held:
                tree, files = held
                return self._keep(release, tree, lambda entry: io.BytesIO(files[entry.digest]))
            with scratch_folder(self._folder) as scratch:
                source = unpack(stream, scratch)
                return self._keep(release, source.tree, lambda entry: source.open(entry.path))

    def _keep(self, release: Release, tree: Tree, opened: Callable[[TreeEntry], BinaryIO]) -> dict[str, int]:
        if tree.content_id != release.content_id:
            raise IntegrityError("release-mismatch", f"the archive is not of the content of {release}")
        blobs = [NewBlob(entry.digest, entry.size, partial(opened, entry)) for entry in tree]
        stored = self._store.put_many(blobs)
        self._store.put_bytes(tree.encoded)
        return stored

    def _blobs(self, lacking: Mapping[str, int]) -> None:
        for digest, size in lacking.items():
            if size <= _IN_MEMORY:
                self._small(digest, size)
            else:
                self._large(digest, size)
            self._count(digest, 1, size)

    def _small(self, digest: str, limit: int) -> None:
        """Fetch a blob into memory and store it."""
        data = self.read(digest, limit)
        self._store.put_many([NewBlob(digest, len(data), partial(io.BytesIO, data))])

    def read(self, digest: str, limit: int) -> bytes:
        """Return a blob of at most `limit` bytes, verified; it is not stored.

        Raises:
            IntegrityError: `blob-corrupt`.
        """
        data = self._client.bytes_of(paths.blob(digest), limit)
        found = digest_of(data)
        if found != digest:
            raise wrong_bytes(self._client.name, found, digest)
        return data

    def _large(self, digest: str, size: int) -> None:
        target = self._folder / digest[7:]
        went_on = target.exists()
        try:
            self._transfer(digest, size, target)
        except IntegrityError:
            if not went_on:
                raise
            self._transfer(digest, size, target)  # what was wrong may be the beginning, from an earlier command

    def _transfer(self, digest: str, size: int, target: Path) -> None:
        Transfer(self._client, paths.blob(digest), target, size).run()
        try:
            with target.open("rb") as stream:
                self._store.put(stream, expected=digest, limit=size)
        finally:
            target.unlink(missing_ok=True)


def wrong_bytes(name: str, found: str, expected: str) -> MarketError:
    """Return the error for bytes that do not have the digest that they were asked for by."""
    error = unexpected(found, expected)
    error.message = f"{name}: {error.message}"
    error.details["registry"] = name
    return error


class Stream(io.RawIOBase):
    """The body of a response as a file that is read forwards."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self._pieces: Iterator[bytes] = response.pieces()
        self._left = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, none at the end.

        Raises:
            Failure: what `pieces` raises.
        """
        if not self._left:
            self._left = next(self._pieces, b"")
        if size < 0 or size >= len(self._left):
            data, self._left = self._left, b""
        else:
            data, self._left = self._left[:size], self._left[size:]
        return data
