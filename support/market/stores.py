"""Content stores for scenarios, and what scenarios do to them."""

import io
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from marketplace.errors import MarketError
from marketplace.model.tree import digest_of
from marketplace.storage.base import BlobStore, NewBlob
from marketplace.storage.fetched import FetchedStore
from marketplace.storage.files import STAGED_PREFIX
from marketplace.storage.filesystem import FilesystemStore
from marketplace.storage.memory import MemoryStore
from support.market.world import PREFIX, World

_TIMEOUT = 600.0
_PIECE = 1 << 20


def make(kind: str, root: Path, notify: Callable[[str], None] = lambda _text: None) -> BlobStore:
    """Return an empty store of the kind `filesystem`, `fetched` or `memory`."""
    stores: dict[str, Callable[[], BlobStore]] = {
        "filesystem": lambda: FilesystemStore(root / "store", notify=notify),
        "fetched": lambda: FetchedStore(root / "store", notify=notify),
        "memory": lambda: MemoryStore(10_000_000),
    }
    return stores[kind]()


def made_up(size: int) -> bytes:
    """Return bytes that do not repeat, the same in every run."""
    return random.Random(size).randbytes(size)


def put(store: BlobStore, data: bytes, *, expected: str | None = None, limit: int | None = None) -> str:
    """Put `data` as a stream; return its digest."""
    digest, size = store.put(io.BytesIO(data), expected=expected, limit=limit)
    assert size == len(data), (size, len(data))
    return digest


def adopt(store: FilesystemStore, path: Path, data: bytes) -> str:
    """Write a file and have the store take it over; return the digest."""
    path.write_bytes(data)
    store.adopt(path, digest_of(data), len(data))
    return digest_of(data)


def streamed(store: BlobStore, digest: str) -> bytes:
    """Read a blob in pieces of an odd size."""
    with store.open(digest) as file:
        return b"".join(iter(lambda: file.read(65_537), b""))


def ask(store: BlobStore, action: str, digest: str) -> object:
    """Do the action `read`, `open` or `has` with a digest."""
    actions: dict[str, Callable[[], object]] = {
        "read": lambda: store.read(digest, 100),
        "open": lambda: store.open(digest),
        "has": lambda: store.has(digest),
    }
    return actions[action]()


def code_of(action: Callable[[], object]) -> str:
    """Return the code of the error that `action` raises."""
    try:
        action()
    except MarketError as error:
        return error.code
    raise AssertionError("it was not refused")


def many(count: int) -> list[bytes]:
    """Return the bytes of so many different blobs."""
    return [b"blob %d" % number for number in range(count)]


def put_together(store: BlobStore, contents: Sequence[bytes]) -> tuple[dict[str, int], list[bytes]]:
    """Put blobs together, each twice over; return what the store says it stored, and the contents that it opened."""
    opened: list[bytes] = []

    def opening(data: bytes) -> Callable[[], BinaryIO]:
        return lambda: opened.append(data) or io.BytesIO(data)  # type: ignore[func-returns-value]

    blobs = [NewBlob(digest_of(data), len(data), opening(data)) for data in contents]
    return store.put_many([*blobs, *blobs]), opened


def put_together_with_trouble(store: BlobStore, contents: Sequence[bytes], trouble: str) -> str:
    """Put blobs together of which the last is not what is said of it; return the code of the refusal."""
    *good, last = contents
    wrong = {"the bytes are others": last[::-1], "there are more bytes than said": last + b"x"}[trouble]
    blobs = [NewBlob(digest_of(data), len(data), partial(io.BytesIO, data)) for data in good]
    bad = NewBlob(digest_of(last), len(last), partial(io.BytesIO, wrong))
    return code_of(lambda: store.put_many([*blobs, bad]))


class Breaking(io.RawIOBase):
    """A stream that fails after so many bytes."""

    def __init__(self, good: int) -> None:
        self._left = good

    def read(self, size: int = -1) -> bytes:
        """Return some bytes, or fail."""
        if not self._left:
            raise RuntimeError("the stream broke")
        count = min(self._left, size, 10_000)
        self._left -= count
        return b"x" * count


def put_breaking(store: BlobStore, good: int) -> None:
    """Put a stream that breaks; the break must come through."""
    try:
        store.put(Breaking(good))  # type: ignore[arg-type]  # a store reads, and does nothing else
    except RuntimeError:
        return
    raise AssertionError("the store took a broken stream")


def breaking_list(digest: str) -> Iterator[str]:
    """Yield one digest, then fail."""
    yield digest
    raise RuntimeError("the list broke")


def collect_by_breaking_list(store: BlobStore, digest: str) -> None:
    """Collect garbage by a list that breaks; the break must come through."""
    try:
        store.gc(breaking_list(digest))
    except RuntimeError:
        return
    raise AssertionError("the store took a broken list")


def put_in_threads(store: BlobStore, count: int, data: bytes) -> str:
    """Put the same bytes from `count` threads that start together; return the digest that all got."""
    barrier = threading.Barrier(count)
    digests: list[str] = []

    def run() -> None:
        barrier.wait(_TIMEOUT)
        digests.append(put(store, data))

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(_TIMEOUT)
    assert digests == [digest_of(data)] * count, digests
    return digests[0]


# --- on disk ----------------------------------------------------------------------------------------------------------


def put_damaged(store: FilesystemStore, data: bytes) -> str:
    """Put a blob, flip a bit of its file, and return its digest."""
    digest = store.put_bytes(data)
    path = store.path_of(digest)
    path.chmod(0o600)
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    return digest


def put_linked(store: FilesystemStore, data: bytes) -> str:
    """Put a blob, move its file away and leave a link to it, and return its digest."""
    digest = store.put_bytes(data)
    path = store.path_of(digest)
    path.symlink_to(path.rename(store.root / "moved"))
    return digest


def folder_elsewhere(world: World) -> Path:
    """Return a folder in memory, where there is such a file system; it is removed with the world."""
    memory = Path("/dev/shm")  # noqa: S108 - a file system of its own, where it exists
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=memory if memory.is_dir() else None))
    world.defer(lambda: shutil.rmtree(folder))
    return folder


def edit_in_place(path: Path) -> None:
    """Write into the file's own inode, as an editor with the right to would."""
    path.chmod(0o600)
    path.write_bytes(b"edited")


def staged(store: FilesystemStore) -> list[Path]:
    """Return the staged files of a store."""
    return sorted(store.root.rglob(f"{STAGED_PREFIX}*"))


class Watched(io.BytesIO):
    """A stream that calls back when its end is reached, while the staged file is there."""

    def __init__(self, data: bytes, at_end: Callable[[], None]) -> None:
        super().__init__(data)
        self._at_end = at_end

    def read(self, size: int | None = -1, /) -> bytes:
        """Return some bytes."""
        data = super().read(size)
        if not data:
            self._at_end()
        return data


def put_swapped(store: FilesystemStore, data: bytes) -> None:
    """Put bytes, and put another file in the place of the staged one before it gets its name."""

    def swap() -> None:
        (path,) = staged(store)
        path.unlink()
        path.write_bytes(b"something else")

    store.put(Watched(data, swap))


def staged_names(store: FilesystemStore, count: int) -> list[str]:
    """Put `count` blobs; return the names that their staged files had."""
    names: list[str] = []
    for number in range(count):
        store.put(Watched(b"%d" % number, lambda: names.extend(path.name for path in staged(store))))
    return names


def link_shard(store: FilesystemStore, data: bytes, other: Path) -> None:
    """Make the folder that the blob of `data` belongs into a link to `other`."""
    other.mkdir()
    shard = store.path_of(digest_of(data)).parent
    shard.parent.mkdir(parents=True)
    shard.symlink_to(other)


# --- other processes --------------------------------------------------------------------------------------------------


def worker(store: FilesystemStore, *arguments: str) -> "subprocess.Popen[str]":
    """Start a process that works on the store as `main` says."""
    command = [sys.executable, "-m", "support.market.stores", str(store.root), *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def finish(workers: list["subprocess.Popen[str]"]) -> list[str]:
    """Let the processes go at the same moment, wait for them, and return what each wrote."""
    try:
        for process in workers:
            assert process.stdout and process.stdout.readline() == "ready\n", "a process did not start"
        for process in workers:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        return [process.communicate(timeout=_TIMEOUT)[0] for process in workers]
    finally:
        for process in workers:
            process.kill()
            process.wait()


class Generated:
    """A stream of `size` bytes that nobody holds in memory: one piece, again and again, each with its number."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._piece = made_up(_PIECE)

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        piece = (b"%020d" % self._left + self._piece)[: min(size, self._left, _PIECE)]
        self._left -= len(piece)
        return piece


def _pass_through(store: FilesystemStore, size: int) -> int:
    """Put and read a generated stream; return by how many bytes the peak of the memory grew."""
    store.put_bytes(b"warm")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    stream: BinaryIO = Generated(size)  # type: ignore[assignment]  # a store reads, and does nothing else
    digest, count = store.put(stream)
    with store.open(digest) as file:
        read = sum(len(piece) for piece in iter(lambda: file.read(_PIECE), b""))
    assert count == read == size, (count, read)
    store.gc([digest])
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024


def _put_many(store: FilesystemStore, count: int) -> int:
    for number in range(count):
        store.put_bytes(b"blob %d" % number)
    return count


def main(root: str, action: str, count: str) -> None:
    """Work on a store as a process of its own; print a figure."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    actions = {"pass-through": _pass_through, "put-many": _put_many}
    sys.stdout.write(str(actions[action](FilesystemStore(Path(root)), int(count))))


if __name__ == "__main__":
    main(*sys.argv[1:])
