"""Rooms for scenarios: which engines a run of the suite uses, what it cannot run, and a watch for what rooms leave."""

import os
from collections.abc import Collection, Hashable, Sequence
from dataclasses import replace
from typing import Any

from support.cleanroom.builder import CleanroomBuilder
from support.cleanroom.cleanroom import Cleanroom
from support.cleanroom.engine.base import RUN_LABEL, Capability, Engine, EngineUnavailableError, Leftover, promises
from support.cleanroom.engine.choice import NAMES, choose, engine
from support.cleanroom.leaks import Folders, Watch
from support.cleanroom.policy import Policy
from support.cleanroom.reaper import close_run, current_run

_ENGINE_TAG = "use.with_engine="
_CAPABILITY_TAG = "use.with_capability="


class Rooms:
    """What one run of behave knows about engines; `engine` is `docker`, `host`, `loopback` or `auto`.

    An engine that is asked for by name must be there. With `auto` a room takes docker when it answers, else host, else
    loopback, and a scenario that names an engine runs on it wherever it is there.

    Raises:
        EngineUnavailableError: the engine that was asked for is not there.
        ValueError: there is no such engine.
    """

    def __init__(self, engine: str) -> None:
        self.wanted = engine
        self._started = False
        if engine != "auto":
            choose(engine)

    def builder(self, name: str = "") -> CleanroomBuilder:
        """Return a builder on the engine of a name, or on the run's own; its rooms are as strict as that keeps them."""
        found = choose(name or self.wanted)
        return Cleanroom.builder().with_engine(found).with_policy(strictest(found))

    def cannot_run(self, tags: Collection[str]) -> str:
        """Return why a scenario with these tags cannot run here, or nothing; the first that can starts the watchdog."""
        if "cleanroom" not in tags:
            return ""
        names = [tag.removeprefix(_ENGINE_TAG) for tag in tags if tag.startswith(_ENGINE_TAG)]
        names += ["docker"] if "requires_docker" in tags else []
        wanted = {Capability(tag.removeprefix(_CAPABILITY_TAG)) for tag in tags if tag.startswith(_CAPABILITY_TAG)}
        for name in names or ([self.wanted] if wanted else []):
            if reason := self._lacks(name, wanted):
                return reason
        if names or wanted:
            self._start()
        return ""

    def _lacks(self, name: str, wanted: set[Capability]) -> str:
        if self.wanted not in ("auto", name):
            return f"the run is on the engine {self.wanted} (-D engine), not on {name}"
        try:
            found = choose(name)
        except EngineUnavailableError as error:
            if name in required_engines():
                raise
            return f"no {name} engine: {error}"
        lacking = sorted(wanted & set(found.missing()))
        return f"{found.name} lacks {lacking[0]}: {found.missing()[lacking[0]]}" if lacking else ""

    def _start(self) -> None:
        """Start the watchdog before the first scenario looks what is there: it is to outlive every scenario."""
        current_run()
        self._started = True

    def watches(self, tags: Collection[str]) -> tuple[list[Watch], list[Watch]]:
        """Return the watches of a scenario with these tags, once rooms are in play: of the folder of rooms and of the
        engines that the tags name, and of the other engines.
        """
        if not self._started:
            return [], []
        engines = self.engines()
        watched = [found for found in engines if _ENGINE_TAG + found.name in tags] or engines
        others = [found for found in engines if found not in watched]
        folders = Folders(current_run().folder, ("containers", "networks", "volumes"))
        return [folders, *map(EngineWatch, watched)], [*map(EngineWatch, others)]

    def engines(self) -> list[Engine]:
        """Return the engines that this run may use."""
        found = []
        for name in NAMES if self.wanted == "auto" else (self.wanted,):
            try:
                found.append(engine(name))
            except EngineUnavailableError:
                continue
        return found

    def lines(self) -> list[object]:
        """Return the addresses of engines, to which connections stay open from scenario to scenario."""
        return [line for item in self.engines() for line in item.lines()] if self._started else []

    def close(self) -> None:
        """Let the watchdog go."""
        if self._started:
            close_run()


def strictest(engine: Engine) -> Policy:
    """Return the strictest policy that an engine keeps: strict isolation, the same without limits, or none at all."""
    strict = Policy.strict_isolation()
    for policy in (strict, replace(strict, memory=None, cpu=None, pids=None)):
        if not promises(policy) & set(engine.missing()):
            return policy
    return Policy.unrestricted()


def required_engines() -> list[str]:
    """Return the engines that GGEN_REQUIRE_ENGINE names, by commas; without one of them, what needs it is broken."""
    return list(filter(None, os.environ.get("GGEN_REQUIRE_ENGINE", "").split(",")))


def describe_engines(wanted: str) -> str:
    """Return which engines a run uses, their versions, and what each cannot promise here."""
    told = []
    for name in NAMES if wanted == "auto" else (wanted,):
        try:
            found = engine(name)
        except EngineUnavailableError as error:
            told.append(f"no {name} engine ({error})")
            continue
        lacking = ", ".join(sorted(found.missing()))
        told.append(f"engine {name} {found.version}" + (f" without {lacking}" if lacking else ""))
    return "; ".join(told)


class EngineWatch:
    """Containers, networks, volumes, images and the like that carry this run's label."""

    def __init__(self, watched: Engine) -> None:
        self._engine = watched

    def look(self) -> frozenset[Hashable]:
        """Return what there is."""
        return frozenset((item.kind, item.id) for item in self._find())

    def describe(self, item: Any) -> str:
        """Return what it is, while it is there."""
        found = {(left.kind, left.id): left for left in self._find()}.get(item)
        return f"{self._engine.name} {found.kind} {found.name}" if found else ""

    def remove(self, items: Sequence[Any]) -> None:
        """Remove them, in the order that the engine demands."""
        self._engine.remove_leftovers(left for left in self._find() if (left.kind, left.id) in items)

    def _find(self) -> list[Leftover]:
        return self._engine.leftovers(RUN_LABEL, str(current_run().id))
