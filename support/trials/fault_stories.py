"""Stories of nodes under a drawn sequence of faults: what each step had in force, and who then reached whom."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from support.cleanroom import CleanroomBuilder
from support.cleanroom.faults.sequences import FaultSchedule, follow
from support.trials.fault_rooms import FaultRoom


@dataclass(frozen=True, slots=True)
class Story:
    """A schedule, and by step what was told to be in force and whom each node that could be asked reached."""

    names: tuple[str, ...]
    schedule: FaultSchedule
    steps: tuple[tuple[str, dict[str, str]], ...]

    def expected(self) -> tuple[dict[str, str], ...]:
        """Return whom the nodes must reach in each step if the faults do what they are called, and nothing else."""
        return tuple(reached(self.names, self.schedule, step) for step in range(len(self.steps)))


def reached(names: Sequence[str], schedule: FaultSchedule, step: int) -> dict[str, str]:
    """Return whom each node that can be asked reaches in a step by what its fault is called."""
    event = next((event for event in schedule.events if event.holds(step)), None)
    struck = set(event.nodes) if event else set()
    sides = [set(names) - struck, struck if event and not event.silences else set()]
    return {name: " ".join(sorted(side - {name})) or "-" for side in sides for name in sorted(side)}


def tell_all(builder: CleanroomBuilder, count: int, faults: int, seeds: Sequence[int]) -> list[Story]:
    """Let nodes live through faults drawn by each of the seeds, in rooms of their own at the same time."""
    with ThreadPoolExecutor(len(seeds)) as pool:
        return list(pool.map(lambda seed: tell(builder, count, faults, seed), seeds))


def tell(builder: CleanroomBuilder, count: int, faults: int, seed: int) -> Story:
    """Let nodes live through faults drawn by a seed."""
    room = FaultRoom.open(builder, count, seed=seed)
    try:
        names = tuple(sorted(room.nodes.all))
        schedule = FaultSchedule.drawn(names, seed, faults)
        steps: list[tuple[str, dict[str, str]]] = []

        def healed(nodes: Sequence[str]) -> None:
            for name in nodes:
                room.nodes.ready(name)

        for step, force in follow(schedule, room.nodes.faults, healed):
            steps.append((force, room.nodes.reach(reached(names, schedule, step))))
        return Story(names, schedule, tuple(steps))
    finally:
        room.close()
