"""Single-use rooms, made in the background and handed out on demand.

    with Pool(Cleanroom.builder(), lambda room: room.start_generic(), size=2) as pool:
        with pool.take() as room:
            room.containers["generic"].run("true")

A room is handed out once and never comes back: what is saved is the waiting, not the making. Who takes a room owns it;
the pool closes those that nobody took.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from support.cleanroom.builder import CleanroomBuilder
from support.cleanroom.cleanroom import Cleanroom, CleanupError


class Pool:
    """Keeps `size` rooms ready; `prepare` starts in each what its taker will want."""

    def __init__(
        self, builder: CleanroomBuilder, prepare: Callable[[Cleanroom], object], *, size: int = 2, workers: int = 2
    ) -> None:
        if size < 1:
            raise ValueError("a pool has 1 room or more")
        self._builder, self._prepare = builder, prepare
        self._lock = threading.Lock()
        self._makers = ThreadPoolExecutor(workers, thread_name_prefix="pool")
        self._rooms: list[Future[Cleanroom]] = [self._makers.submit(self._make) for _ in range(size)]

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def take(self) -> Cleanroom:
        """Return a room that nobody has had, waiting for it if none is ready, and have another one made.

        Raises:
            RuntimeError: the pool is closed.
            Exception: what went wrong when the room was made; nothing of it is left.
        """
        with self._lock:
            if not self._rooms:
                raise RuntimeError("the pool is closed")
            future = next((room for room in self._rooms if room.done()), None) or self._rooms[0]
            self._rooms.remove(future)
            self._rooms.append(self._makers.submit(self._make))
        room = future.result()
        room.note("taken from the pool")
        return room

    def ready(self) -> int:
        """Return how many rooms can be taken without waiting."""
        with self._lock:
            return sum(room.done() for room in self._rooms)

    def close(self) -> None:
        """Remove the rooms that nobody has taken.

        Raises:
            CleanupError: one of them is not clean.
        """
        self._makers.shutdown(cancel_futures=True)
        troubles: list[str] = []
        while self._rooms:
            try:
                self._rooms.pop().result().close()
            except CleanupError as error:
                troubles.append(str(error))
            except Exception:  # noqa: BLE001, S112 - it was never made, and left nothing: nobody wants it any more
                continue
        if troubles:
            raise CleanupError("\n".join(troubles))

    def _make(self) -> Cleanroom:
        room = self._builder.build()
        try:
            self._prepare(room)
        except BaseException:
            room.close()
            raise
        return room
