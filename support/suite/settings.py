"""What a user may choose for a run of the suite: behave's `-D name=value`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from support.cleanroom.engine.choice import NAMES
from support.cleanroom.leaks import PATIENCE
from support.market.drivers import driver
from support.suite.backends import backend


@dataclass(frozen=True, slots=True)
class Settings:
    """The choices of one run.

    Attributes:
        driver: how commands are run: `process` or `inprocess`.
        registry: whose registry they ask: `local`, `http`, `mirror` or `p2p`.
        engine: on what rooms are built: `auto`, `docker`, `host` or `loopback`.
        keeps_failed: keep the folder of a red scenario (`keep=failed`).
        measures: measure each scenario (`metrics=yes`).
        patience: seconds that what a scenario has left may take to go.
    """

    driver: str
    registry: str
    engine: str
    keeps_failed: bool
    measures: bool
    patience: float

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Settings":
        """Return what was chosen; names that are not known are for others.

        Raises:
            ValueError: a setting has a value that means nothing.
        """
        chosen = cls(
            driver=given.get("driver", "process"), registry=given.get("registry", "local"),
            engine=given.get("engine", "auto"), keeps_failed=_is("keep", "failed", given),
            measures=_is("metrics", "yes", given), patience=_seconds(given.get("patience", str(PATIENCE))),
        )  # fmt: skip
        driver(chosen.driver)
        backend(chosen.registry)
        if chosen.engine not in (*NAMES, "auto"):
            raise ValueError(f"{chosen.engine!r} is no engine: {', '.join(NAMES)} or auto")
        return chosen


def userdata_of(options: Sequence[str]) -> dict[str, str]:
    """Return the names and values that `-D` gives among behave's options; of two for one name the last."""
    given = [option.removeprefix("-D").removeprefix("--define=") for option in options]
    return {name: value for name, found, value in (one.partition("=") for one in given) if found}


def _is(name: str, only: str, given: Mapping[str, str]) -> bool:
    value = given.get(name, "")
    if value not in ("", only):
        raise ValueError(f"{name}={value} means nothing: only {name}={only}")
    return value == only


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"patience={text} is no number of seconds") from None
