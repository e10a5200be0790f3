"""Stories of nodes under a drawn sequence of faults: what each step had in force, and who then reached whom."""

from collections.abc import Sequence
from dataclasses import dataclass

from support.cleanroom import CleanroomBuilder
from support.cleanroom.faults.sequences import Event, FaultSchedule, follow
from support.trials.fault_rooms import FaultRoom


@dataclass(frozen=True, slots=True)
class Story:
    """A schedule, and by step what was told to be in force and whom each node that could be asked reached."""

    names: tuple[str, ...]
    schedule: FaultSchedule
    steps: tuple[tuple[str, dict[str, str]], ...]

    def expected(self) -> tuple[dict[str, str], ...]:
        """Return whom the nodes must reach in each step if the faults do what they are called, and nothing else."""
        return tuple(self._reach(self._event(step)) for step in range(len(self.steps)))

    def _event(self, step: int) -> Event | None:
        return next((event for event in self.schedule.events if event.holds(step)), None)

    def _reach(self, event: Event | None) -> dict[str, str]:
        struck = set(event.nodes) if event else set()
        sides = [set(self.names) - struck, struck if event and event.verb == "partition" else set()]
        return {name: " ".join(sorted(side - {name})) or "-" for side in sides for name in side}


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
            down = {name for event in schedule.events for name in event.nodes if event.holds(step) and event.silences}
            steps.append((force, room.nodes.reach(name for name in names if name not in down)))
        return Story(names, schedule, tuple(steps))
    finally:
        room.close()
