"""Faults of nodes over time: which, on whom, in which order and for how long, all drawn from one seed.

    for step, in_force in follow(FaultSchedule.drawn(names, seed=42, count=6), faults, wait_until_they_answer):
        ...

Time is counted in steps, not in seconds: what a step does (a round of questions, a publication) is the caller's. So two
runs with one seed tell the same story on a fast machine and on a slow one.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from support.cleanroom.faults.vocabulary import Fault, Faults


@dataclass(frozen=True, slots=True)
class Event:
    """A fault that begins at a step, holds for some steps, and is healed before what begins at the step of its end."""

    begin: int
    end: int
    verb: str  # kill, pause, partition
    nodes: tuple[str, ...]

    def holds(self, step: int) -> bool:
        """Say whether it is in force in a step."""
        return self.begin <= step < self.end

    @property
    def silences(self) -> bool:
        """Whether its nodes can be asked nothing while it holds."""
        return self.verb != "partition"

    def __str__(self) -> str:
        return f"{self.verb} {' '.join(self.nodes)}"


_MAKERS: Mapping[str, Callable[[Faults, Sequence[str]], Fault]] = {
    "kill": lambda faults, nodes: faults.kill(*nodes),
    "pause": lambda faults, nodes: faults.pause(*nodes),
    "partition": lambda faults, nodes: faults.partition(nodes),
}
VERBS = tuple(_MAKERS)


@dataclass(frozen=True, slots=True)
class FaultSchedule:
    """Events, one after another: a node that is paused or dead cannot be struck by a second fault."""

    events: tuple[Event, ...]

    @classmethod
    def drawn(cls, nodes: Sequence[str], seed: int, count: int, verbs: Sequence[str] = VERBS) -> "FaultSchedule":
        """Return `count` events: each on one node or a minority, for one or two steps, one or two after the last.

        Raises:
            ValueError: there are fewer than three nodes, which have no minority, or an unknown verb.
        """
        if len(nodes) < 3 or not set(verbs) <= set(VERBS):
            raise ValueError(f"three nodes or more, and verbs of {', '.join(VERBS)}")
        chance = random.Random(f"schedule\0{seed}")
        events, step = [], 0
        for _ in range(count):
            step += chance.randint(1, 2)
            struck = tuple(sorted(chance.sample(sorted(nodes), chance.choice([1, (len(nodes) - 1) // 2]))))
            length = chance.randint(1, 2)
            events.append(Event(step, step + length, chance.choice(list(verbs)), struck))
            step += length
        return cls(tuple(events))

    def steps(self) -> int:
        """Return the step at which all is healed."""
        return max((event.end for event in self.events), default=0)


def follow(
    schedule: FaultSchedule, faults: Faults, healed: Callable[[Sequence[str]], object]
) -> Iterator[tuple[int, str]]:
    """Make and heal the faults step by step; yield each step and what is in force in it, and go on when asked.

    `healed` is called with the nodes that a fault has let go, and returns when they answer again. Whoever stops asking
    leaves the last fault to the closing of the room.
    """
    force: dict[Event, Fault] = {}
    for step in range(schedule.steps() + 1):
        for event in [event for event in force if event.end == step]:
            force.pop(event).heal()
            healed(event.nodes)
        for event in schedule.events:
            if event.begin == step:
                force[event] = _MAKERS[event.verb](faults, event.nodes)
        yield step, "; ".join(map(str, force)) or "none"
