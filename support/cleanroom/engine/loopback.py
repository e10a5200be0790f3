"""The loopback engine, the last resort: plain processes on 127.0.0.0/8, for machines that let us make no namespaces.

It keeps order, and no promise: see `LoopbackEngine.missing`. Nothing is needed but Linux.
"""

import os
import secrets
import shutil
from collections.abc import Iterable, Mapping

from support.cleanroom.engine import files
from support.cleanroom.engine.addresses import AddressPool
from support.cleanroom.engine.base import (
    ROOM_LABEL,
    RUN_FOLDER_PREFIX,
    RUN_FOLDERS,
    RUN_LABEL,
    Capability,
    CapabilityError,
    ContainerSpec,
    EngineError,
    Labels,
    Leftover,
    Network,
    Recipe,
    Volume,
    promises,
    run_folder,
)
from support.cleanroom.engine.loopback_container import NAME, ROOM, RUN, LoopbackContainer, labelled
from support.cleanroom.engine.processes import kill_tree
from support.cleanroom.images.python import ProbeImage, PythonProject
from support.cleanroom.policy import Policy

_MISSING = {
    Capability.IMAGES: "it runs what is installed here",
    Capability.VOLUMES: "a volume is a folder of this machine, and nothing is mounted",
    Capability.PRIVATE_NETWORK: "all of this machine shares its loopback",
    Capability.NO_EGRESS: "its processes have this machine's network",
    Capability.HOST_CLOSED: "its processes have this machine's network",
    Capability.READ_ONLY_ROOT: "its processes see this machine's files",
    Capability.NO_CAPABILITIES: "its processes may do what their user may",
    Capability.NO_NEW_PRIVILEGES: "its processes may do what their user may",
    Capability.NON_ROOT: "its processes run as the user that runs the suite",
    Capability.MEMORY_LIMIT: "it has no control groups",
    Capability.CPU_LIMIT: "it has no control groups",
    Capability.PIDS_LIMIT: "it has no control groups",
    Capability.STATS: "it has no control groups",
}
_TRIES = 100


class LoopbackEngine:
    """Rooms of plain processes."""

    name = "loopback"

    def __init__(self) -> None:
        self.version = os.uname().release
        self.addresses = AddressPool()

    def missing(self) -> Mapping[Capability, str]:
        """Return what cannot be promised: nearly everything."""
        return _MISSING

    def lacks(self, capability: Capability) -> str:
        """Return a sentence about what is missing."""
        return f"loopback lacks {capability}: {_MISSING[capability]}"

    def image(self, recipe: Recipe) -> str:
        """Return the name of a recipe of what is installed here: the interpreter, and the project.

        Raises:
            CapabilityError: it is another.
        """
        if not isinstance(recipe, ProbeImage | PythonProject):
            raise CapabilityError(self.lacks(Capability.IMAGES))
        return recipe.name

    def prune(self, before: float) -> list[str]:  # noqa: ARG002
        """Return nothing: there are no images."""
        return []

    def create_network(self, name: str, labels: Labels, policy: Policy) -> Network:
        """Take a /24 of 127.0.0.0/8 that no other room has."""
        self._check(policy)
        for _ in range(_TRIES):
            prefix = f"127.{1 + secrets.randbelow(254)}.{secrets.randbelow(256)}"
            if not files.there(f"{RUN_FOLDERS}/{RUN_FOLDER_PREFIX}*/networks/{prefix}@*"):
                break
        else:
            raise EngineError(f"no free /24 was found for the network {name} in {_TRIES} tries")
        mark = run_folder(labels[RUN_LABEL]) / "networks" / f"{prefix}@{labels[ROOM_LABEL]}"
        mark.mkdir(parents=True)
        return Network(str(mark), name, f"{prefix}.0/24", "127.0.0.1")

    def remove_network(self, network: Network) -> None:
        """Give it back."""
        shutil.rmtree(network.id, ignore_errors=True)

    def create_volume(self, name: str, labels: Labels) -> Volume:
        """Make a folder."""
        return files.make_volume(name, labels)

    def remove_volume(self, volume: Volume) -> None:
        """Remove the folder; one that is gone is no error."""
        files.remove_volume(volume)

    def create(self, spec: ContainerSpec) -> LoopbackContainer:
        """Create a container: its folders and addresses."""
        self._check(spec.policy)
        container = LoopbackContainer(self, spec)
        try:
            container.prepare()
        except BaseException:
            container.remove()
            raise
        return container

    def _check(self, policy: Policy) -> None:
        wanted = sorted(promises(policy) & _MISSING.keys())
        if wanted:
            raise CapabilityError(self.lacks(wanted[0]))

    def leftovers(self, label: str = RUN_LABEL, value: str | None = None) -> list[Leftover]:
        """Return processes, networks and volumes by run; without a value, of every run."""
        found = [
            Leftover("container", str(pid), labels[NAME], {RUN_LABEL: labels[RUN], ROOM_LABEL: labels[ROOM]})
            for pid, labels in labelled()
        ]
        found += [item for kind in ("network", "volume") for item in files.left(kind)]
        return [item for item in found if label in item.labels and value in (None, item.labels[label])]

    def remove_leftovers(self, found: Iterable[Leftover]) -> None:
        """Remove what was found; processes first."""
        for item in sorted(found, key=lambda item: item.kind):
            if item.kind == "container":
                kill_tree(int(item.id))
            else:
                shutil.rmtree(item.id, ignore_errors=True)

    def lines(self) -> list[object]:
        """Return nothing: there is nobody to be connected to."""
        return []

    def keep(self, labels: Labels) -> None:
        """Do nothing: its processes outlive this one."""

    def close(self) -> None:
        """Do nothing: it holds nothing."""
