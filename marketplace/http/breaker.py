"""A breaker: after repeated failures a registry is left alone for a while, then one asker tries whether it is back."""

import json
from contextlib import suppress
from pathlib import Path

from marketplace.clock import Clock
from marketplace.http.base import Failure
from marketplace.storage.files import staged_name
from marketplace.storage.locks import FileLock

THRESHOLD = 3
"""Operations that fail one after another before the breaker opens; each has made its retries."""
REST = 30.0
"""Seconds for which an open breaker lets nobody ask."""


class Breaker:
    """The breaker of one registry, kept in `folder` so that it holds across commands. What the cache holds is not its
    business: it stands between the cache and the wire.

    A state that cannot be read or written is a closed breaker: it saves time and decides nothing else.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._file = folder / "breaker.json"
        self._clock = clock
        self._probe: FileLock | None = None

    def enter(self) -> None:
        """Ask to be let through.

        Raises:
            Failure: `breaker`, it is open: it rests, or somebody else is trying already.
        """
        failures, since = self._load()
        if failures < THRESHOLD:
            return
        rested = self._clock().timestamp() - since
        if 0 <= rested < REST:
            raise Failure("breaker", f"it failed {failures} times in a row and is asked again in {REST - rested:.0f} s")
        self._begin_probe(failures)

    def _begin_probe(self, failures: int) -> None:
        from marketplace.errors import UnavailableError

        probe = FileLock(self._file.with_suffix(".lock"), purpose="trying a registry that failed", timeout=0)
        try:
            probe.__enter__()
        except UnavailableError:
            why = f"it failed {failures} times in a row, and another command is trying whether it is back"
            raise Failure("breaker", why) from None
        except OSError:
            return
        self._probe = probe

    def leave(self, *, answered: bool) -> None:
        """Tell how it went: whether the registry gave any answer at all."""
        failures, _ = self._load()
        if answered and failures:
            self._save(0)
        elif not answered:
            self._save(failures + 1)
        if self._probe:
            self._probe.__exit__(None, None, None)
            self._probe = None

    def _load(self) -> tuple[int, float]:
        try:
            found = json.loads(self._file.read_bytes())
            return int(found["failures"]), float(found["since"])
        except (OSError, ValueError, TypeError, KeyError):
            return 0, 0.0

    def _save(self, failures: int) -> None:
        staged = self._file.with_name(staged_name())
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            staged.write_text(json.dumps({"failures": failures, "since": self._clock().timestamp()}), encoding="utf-8")
            staged.replace(self._file)
        except OSError:
            with suppress(OSError):
                staged.unlink(missing_ok=True)
