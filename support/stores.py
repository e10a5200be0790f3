"""Content stores for scenarios, and what scenarios do to them."""

import io
from collections.abc import Callable
from pathlib import Path

from marketplace.errors import MarketError
from marketplace.storage.base import BlobStore
from marketplace.storage.filesystem import FilesystemStore
from marketplace.storage.memory import MemoryStore


def make(kind: str, root: Path) -> BlobStore:
    """Return an empty store of the kind `filesystem` or `memory`."""
    stores: dict[str, Callable[[], BlobStore]] = {
        "filesystem": lambda: FilesystemStore(root / "store"),
        "memory": lambda: MemoryStore(1_000_000),
    }
    return stores[kind]()


def put(store: BlobStore, text: str, *, expected: str | None = None, limit: int | None = None) -> None:
    """Put the bytes of `text`."""
    store.put(io.BytesIO(text.encode()), expected=expected, limit=limit)


def put_damaged(store: FilesystemStore, data: bytes) -> str:
    """Put a blob, flip a bit of its file, and return its digest."""
    digest = store.put_bytes(data)
    path = store.path_of(digest)
    path.chmod(0o600)
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    return digest


def edit_in_place(path: Path) -> None:
    """Write into the file's own inode, as an editor with the right to would."""
    path.chmod(0o600)
    path.write_bytes(b"edited")


def code_of(action: Callable[[], object]) -> str:
    """Return the code of the error that `action` raises."""
    try:
        action()
    except MarketError as error:
        return error.code
    raise AssertionError("it was not refused")
