"""The host engine: containers made of the kernel's own parts, for machines without Docker, and for speed.

A room is a network, mount and process id namespace that one process holds (`holder.py`); a container is a process tree
in namespaces of its own, wrapped by bubblewrap around an image's tree, in control groups where they can be made. The
host has no foot in a room's network: what listens on this machine cannot be reached from there.
"""

import contextlib
import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from support.cleanroom.engine import cgroups, files
from support.cleanroom.engine.addresses import AddressPool
from support.cleanroom.engine.base import (
    ROOM_LABEL,
    RUN_LABEL,
    Capability,
    CapabilityError,
    ContainerSpec,
    EngineError,
    EngineUnavailableError,
    Labels,
    Leftover,
    Network,
    Recipe,
    Volume,
)
from support.cleanroom.engine.bubblewrap import become, wrap
from support.cleanroom.engine.cgroups import Group
from support.cleanroom.engine.host_container import HostContainer
from support.cleanroom.engine.processes import kill_tree, words_of_all
from support.cleanroom.engine.run_id import RunId
from support.cleanroom.engine.space import HOLDER, Space, missing_programs
from support.cleanroom.images.cache import prune_trees, tree_of
from support.cleanroom.policy import USER, Egress, Policy

GROUPS = "cleanroom"
_NEEDS_GROUPS = (Capability.MEMORY_LIMIT, Capability.CPU_LIMIT, Capability.PIDS_LIMIT, Capability.STATS)


def connect() -> "HostEngine":
    """Return the host engine, if this machine lets us make namespaces.

    Raises:
        EngineUnavailableError: a program is missing, or the kernel refuses; the text says which.
    """
    lacking = missing_programs()
    if lacking:
        raise EngineUnavailableError(f"the host engine needs {', '.join(lacking)}")
    try:
        _try_out()
    except EngineError as error:
        raise EngineUnavailableError(f"the host engine cannot work here: {error}") from error
    return HostEngine()


def _try_out() -> None:
    """Make namespaces, a network and a wrapped process, and take them away again."""
    space = Space(str(RunId.mine()), "probe")
    try:
        space.add_network("probe")
        space.add_host("probe")
        space.run(*([] if space.user_namespace else become(USER)), *wrap("/", Path("/"), USER, ()), "true")
    finally:
        space.close()


class HostEngine:
    """Rooms of namespaces."""

    name = "host"

    def __init__(self) -> None:
        self.version = os.uname().release
        self._spaces: dict[str, Space] = {}
        self._users: dict[str, int] = {}  # how many networks and containers a space still has
        self.addresses = AddressPool()
        self._missing: dict[Capability, str] | None = None
        self._lock = threading.RLock()

    def missing(self) -> Mapping[Capability, str]:
        """Return what cannot be promised here."""
        if self._missing is None:
            self._missing = {Capability.EGRESS: "a room of the host engine has no way out"}
            reason = cgroups.usable(f"{GROUPS}/probe-{os.getpid()}")
            self._missing |= dict.fromkeys(_NEEDS_GROUPS, reason) if reason else {}
        return self._missing

    def image(self, recipe: Recipe) -> str:
        """Return the path of the recipe's tree."""
        return str(tree_of(recipe))

    def prune(self, before: float) -> list[str]:
        """Remove trees that nobody has wanted since a time."""
        return prune_trees(before)

    def create_network(self, name: str, labels: Labels, policy: Policy) -> Network:
        """Add a network to the room's namespaces."""
        if policy.egress is Egress.ANYWHERE:
            raise CapabilityError(f"host lacks {Capability.EGRESS}: {self.missing()[Capability.EGRESS]}")
        return self._space(labels).add_network(name)

    def remove_network(self, network: Network) -> None:
        """Remove a network; the last thing of a room takes its namespaces along."""
        room = network.id.partition("/")[0]
        if self._users.get(room, 0) > 1:
            self._spaces[room].remove_network(network)
        self.leave(room)

    def create_volume(self, name: str, labels: Labels) -> Volume:
        """Make a folder that every user may write to."""
        volume = files.make_volume(name, labels)
        volume.path.chmod(0o777)
        return volume

    def remove_volume(self, volume: Volume) -> None:
        """Remove the folder; one that is gone is no error."""
        files.remove_volume(volume)

    def create(self, spec: ContainerSpec) -> HostContainer:
        """Create a container: its network namespace, cables, mounts and control groups."""
        self._check(spec.policy)
        space = self._space(spec.labels)
        group = None if Capability.MEMORY_LIMIT in self.missing() else self._group(spec)
        container = HostContainer(self, space, spec, group)
        try:
            container.prepare()
        except BaseException:
            container.remove()
            raise
        return container

    def _check(self, policy: Policy) -> None:
        limits = {
            Capability.MEMORY_LIMIT: policy.memory, Capability.CPU_LIMIT: policy.cpu,
            Capability.PIDS_LIMIT: policy.pids,
        }  # fmt: skip
        for capability, wanted in limits.items():
            if wanted is not None and capability in self.missing():
                raise CapabilityError(f"host lacks {capability}: {self.missing()[capability]}")

    def _group(self, spec: ContainerSpec) -> Group:
        group = Group.named(f"{GROUPS}/{spec.labels[RUN_LABEL]}/{spec.name}")
        group.create()
        group.limit(spec.policy.memory, spec.policy.cpu, spec.policy.pids)
        return group

    def leave(self, room: str) -> None:
        """Take note that one thing of a room is gone; with the last one its namespaces end."""
        with self._lock:
            self._users[room] = self._users.get(room, 0) - 1
            space = self._spaces.pop(room, None) if self._users[room] <= 0 else None
        if space:
            space.close()
            self._drop_groups(space.run_id)

    def _drop_groups(self, run: str) -> None:
        """Remove a run's group with its last room; while another room is in it the kernel refuses."""
        for folder in set(Group.named(f"{GROUPS}/{run}").folders.values()):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def _space(self, labels: Labels) -> Space:
        room = labels[ROOM_LABEL]
        with self._lock:
            if room not in self._spaces:
                self._spaces[room] = Space(labels[RUN_LABEL], room)
                self._users[room] = 0
            self._users[room] += 1
            return self._spaces[room]

    def leftovers(self, label: str = RUN_LABEL, value: str | None = None) -> list[Leftover]:
        """Return holders, control groups and volumes by run; without a value, of every run."""
        found = [*_holders(label), *groups_left(), *files.left("volume")]
        return [item for item in found if label in item.labels and value in (None, item.labels[label])]

    def remove_leftovers(self, found: Iterable[Leftover]) -> None:
        """Remove what was found; processes first."""
        for item in sorted(found, key=lambda item: ("process", "cgroup", "volume").index(item.kind)):
            if item.kind == "process":
                kill_tree(int(item.id))
            elif item.kind == "cgroup":
                Group.named(item.id).remove()
            else:
                files.remove_folder(Path(item.id))

    def lines(self) -> list[object]:
        """Return nothing: a room's connections close with it."""
        return []

    def keep(self, labels: Labels) -> None:
        """Have another process hold the room's namespaces too."""
        if space := self._spaces.get(labels[ROOM_LABEL]):
            space.keep()

    def close(self) -> None:
        """End every room."""
        with self._lock:
            spaces = list(self._spaces.values())
            self._spaces.clear()
        for space in spaces:
            space.close()


def _holders(label: str) -> list[Leftover]:
    """Return the processes that hold namespaces; their arguments say for whom."""
    found = []
    for pid, words in words_of_all("cmdline"):
        if str(HOLDER) in words and words[0] != "unshare":
            run, room = words[words.index(str(HOLDER)) + 1 :][:2]
            labels = {RUN_LABEL: run, ROOM_LABEL: room}
            found.append(Leftover("process", str(pid), f"holder of room {room}", labels))
    return [item for item in found if label in item.labels]


def groups_left() -> list[Leftover]:
    """Return our control groups, those of containers before those of runs."""
    found: dict[str, Leftover] = {}
    for below in ("*/*/", "*/"):
        for top in set(Group.named(GROUPS).folders.values()):
            for path in files.there(f"{top}/{below}"):
                run, name = path.relative_to(top).parts[0], str(path.relative_to(top.parent))
                found[name] = Leftover("cgroup", name, name, {RUN_LABEL: run})
    return list(found.values())
