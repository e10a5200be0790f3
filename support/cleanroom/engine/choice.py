"""Which engine a run uses: `docker`, `host`, `loopback`, or `auto`, which is the first of them that is here."""

import functools

from support.cleanroom.engine.base import Engine, EngineUnavailableError

NAMES = ("docker", "host", "loopback")  # the last is always here, and promises least


@functools.cache
def engine(name: str) -> Engine:
    """Return the engine of a name, connected once for each process.

    Raises:
        EngineUnavailableError: it is not here.
        ValueError: there is no such engine.
    """
    if name == "docker":
        from support.cleanroom.engine.docker import connect

        return connect()
    if name == "host":
        from support.cleanroom.engine.host import connect as connect_host

        return connect_host()
    if name == "loopback":
        from support.cleanroom.engine.loopback import LoopbackEngine

        return LoopbackEngine()
    raise ValueError(f"{name!r} is no engine: {', '.join(NAMES)} or auto")


@functools.cache
def choose(name: str = "auto") -> Engine:
    """Return the engine of a name; `auto` takes docker when it answers, else host, else loopback.

    Raises:
        EngineUnavailableError: the engine that was asked for is not here. It is never replaced in silence.
    """
    if name != "auto":
        return engine(name)
    return available()[0]


def available() -> list[Engine]:
    """Return every engine that is here, the one that promises most first."""
    found = []
    for name in NAMES:
        try:
            found.append(engine(name))
        except EngineUnavailableError:
            continue
    return found
