"""Which engine a run uses: `docker`, or `auto`, which is docker when it answers."""

import functools

from support.engine.base import Engine, EngineUnavailableError

NAMES = ("docker",)


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
    raise ValueError(f"{name!r} is no engine: {', '.join(NAMES)} or auto")


@functools.cache
def choose(name: str = "auto") -> Engine:
    """Return the engine of a name; `auto` takes docker.

    Raises:
        EngineUnavailableError: the engine that was asked for is not here. It is never replaced in silence.
    """
    return engine("docker" if name == "auto" else name)


def available() -> list[Engine]:
    """Return every engine that is here."""
    found = []
    for name in NAMES:
        try:
            found.append(engine(name))
        except EngineUnavailableError:
            continue
    return found
