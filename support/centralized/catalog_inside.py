"""The catalog, asked of the server's handler of files in this process."""

import asyncio
import gzip
from collections.abc import Iterable, Mapping

import zstandard

from marketplace.protocol import paths
from marketplace.protocol.paths import Place, Tile
from marketplace.server.asgi import Message
from marketplace.server.content import Content
from marketplace.server.counting import Counting
from marketplace.server.files import Files
from marketplace.server.fresh import FreshDocuments
from marketplace.server.log import log_key
from marketplace.server.options import LOG_KEY
from marketplace.server.pool import Pool
from support.centralized.served import bytes_of
from support.market.packages import local_registry
from support.market.world import World

_MEANWHILE = 500


def catalogs_made(world: World, capacity: int, times: int) -> int:
    """Ask an application in this process for the catalog, and for much else meanwhile; return how often it made it."""
    made: list[object] = []

    class Counting(Content):
        def catalog(self) -> bytes:
            made.append(self)
            return super().catalog()

    async def ask_all() -> None:
        registry = local_registry(world.home)
        key = log_key(registry.folder / LOG_KEY)
        pool = Pool(lambda: Counting(local_registry(world.home), key, None))
        found = FreshDocuments(pool, registry.folder / "index.sqlite", capacity)
        for _ in range(times):
            assert await found.get(paths.CATALOG, Place("catalog"))
            for number in range(_MEANWHILE):  # what is kept is put in order from time to time
                await found.get(paths.tile(0, number), Place("tile", tile=Tile(0, number, paths.TILE_WIDTH)))
        found.close()
        pool.close()

    asyncio.run(ask_all())
    return len(made)


def check_packed_catalog(world: World, packed: int, rows: Iterable[Mapping[str, str]]) -> None:
    """Ask for the catalog, which is kept compressed beyond so many bytes, as each row says; compare what is sent."""

    async def ask_all() -> None:
        registry = local_registry(world.home)
        key = log_key(registry.folder / LOG_KEY)
        pool = Pool(lambda: Content(local_registry(world.home), key, None))
        documents = FreshDocuments(pool, registry.folder / "index.sqlite", 10_000, packed)
        files = Files(documents, pool, registry.store.path_of, Counting(pool, registry))
        try:
            whole = await pool.read(lambda content: content.catalog())
            for row in rows:
                await _check(files, whole, row)
        finally:
            documents.close()
            pool.close()

    asyncio.run(ask_all())


async def _check(files: Files, whole: bytes, row: Mapping[str, str]) -> None:
    status, headers, sent = await _asked(files, row)
    coding = headers.get(b"content-encoding", b"identity").decode()
    assert (status, _plain(coding, sent)) == (int(row["status"]), bytes_of(whole, row["bytes"])), (dict(row), headers)
    assert int(headers[b"content-length"]) == len(sent), (dict(row), headers)


async def _asked(files: Files, row: Mapping[str, str]) -> tuple[int, dict[bytes, bytes], bytes]:
    fields = [(name.encode(), row[name].encode()) for name in ("accept-encoding", "range") if row[name] != "(none)"]
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    await files.answer({"method": "GET", "headers": fields}, send, paths.CATALOG, Place("catalog"))
    return (
        messages[0]["status"], dict(messages[0]["headers"]), b"".join(message["body"] for message in messages[1:])
    )  # fmt: skip


def _plain(coding: str, data: bytes) -> bytes:
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompress(data)
    return gzip.decompress(data) if coding == "gzip" else data
