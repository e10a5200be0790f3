"""Which engine a run uses: `docker`, `host`, or `auto`, which is docker when it answers and host when it does not."""

import functools

from support.engine.base import Engine, EngineUnavailableError

NAMES = ("docker", "host")


@functools.cache
def engine(name: str) -> Engine:
    """Return the engine of a name, connected once for each process.

    Raises:
        EngineUnavailableError: it is not here.
        ValueError: there is no such engine.
    """
    if name == "docker":
        from support.engine.docker import connect

        return connect()
    if name == "host":
        from support.engine.host import connect as connect_host

        return connect_host()
    raise ValueError(f"{name!r} is no engine: docker, host or auto")


@functools.cache
def choose(name: str = "auto") -> Engine:
    """Return the engine of a name; `auto` takes docker when it answers, else host.

    Raises:
        EngineUnavailableError: the engine that was asked for is not here. It is never replaced in silence.
    """
    if name != "auto":
        return engine(name)
    try:
        return engine("docker")
    except EngineUnavailableError:
        return engine("host")


def available() -> list[Engine]:
    """Return every engine that is here."""
    found = []
    for name in NAMES:
        try:
            found.append(engine(name))
        except EngineUnavailableError:
            continue
    return found
