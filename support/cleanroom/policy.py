"""What a room allows: frozen policies, each of whose promises a probe inside the room can try to break."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

_UNITS = {"": 1, "B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KIB": 1024, "MIB": 1024**2, "GIB": 1024**3}
_SIZE = re.compile(r"(\d+)\s*([A-Z]*)", re.IGNORECASE)
USER = "10001:10001"  # a number that no image of Debian gives to anybody
ROOT = "0:0"
MIN_MEMORY = 6 * 1024**2  # Docker refuses less


class Egress(StrEnum):
    """Where a container's connections may go."""

    ROOM = "room"  # to the containers on its own networks, and nowhere else
    ANYWHERE = "anywhere"


def parse_size(text: str) -> int:
    """Return the number of bytes in `100MB`, `64MiB`, `4096`.

    Raises:
        ValueError: it is not a size.
    """
    match = _SIZE.fullmatch(text.strip())
    if not match or match[2].upper() not in _UNITS:
        raise ValueError(f"{text!r} is not a size such as 100MB or 64MiB")
    return int(match[1]) * _UNITS[match[2].upper()]


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits and the isolation of each container in a room: sizes in bytes, `cpu` in cores, None for no limit."""

    name: str
    egress: Egress
    host_services: bool  # may it connect to what listens on the machine that runs the room
    read_only_root: bool
    capabilities: bool  # does it keep the engine's default capabilities
    new_privileges: bool  # may a setuid program raise it
    user: str | None  # `uid:gid`; None leaves the image's choice
    memory: int | None = None
    cpu: float | None = None
    pids: int | None = None
    scratch: int = 64 * 1024**2  # the size of the writable /tmp

    @classmethod
    def strict_isolation(cls) -> "Policy":
        """Return the default: nothing but the room is reachable, nothing but /tmp and volumes is writable."""
        return cls(
            "strict_isolation", Egress.ROOM, host_services=False, read_only_root=True, capabilities=False,
            new_privileges=False, user=USER, memory=256 * 1024**2, cpu=1.0, pids=128,
        )  # fmt: skip

    @classmethod
    def network_isolated(cls) -> "Policy":
        """Return a policy that only cuts the room off: its programs are root, may write, and nothing is limited."""
        return cls(
            "network_isolated", Egress.ROOM, host_services=False, read_only_root=False, capabilities=True,
            new_privileges=True, user=ROOT,
        )  # fmt: skip

    @classmethod
    def production_like(cls) -> "Policy":
        """Return what a service is run with in earnest: it may call out, but cannot write, rise or grow."""
        return cls(
            "production_like", Egress.ANYWHERE, host_services=True, read_only_root=True, capabilities=False,
            new_privileges=False, user=USER, memory=512 * 1024**2, cpu=2.0, pids=512,
        )  # fmt: skip

    @classmethod
    def unrestricted(cls) -> "Policy":
        """Return a policy that promises nothing: what runs may do what its user may."""
        return cls(
            "unrestricted", Egress.ANYWHERE, host_services=True, read_only_root=False, capabilities=True,
            new_privileges=True, user=None,
        )  # fmt: skip

    def with_memory_limit(self, size: str) -> "Policy":
        """Return this policy with a memory limit such as `100MB`; swap is never given.

        Raises:
            ValueError: it is no size, or under 6 MiB.
        """
        memory = parse_size(size)
        if memory < MIN_MEMORY:
            raise ValueError(f"a memory limit must be 6 MiB or more, not {size}")
        return replace(self, memory=memory)

    def with_cpu_limit(self, cores: float) -> "Policy":
        """Return this policy with a limit of `cores`, such as 0.5.

        Raises:
            ValueError: it is not between 0.01 and 1024.
        """
        if not 0.01 <= cores <= 1024:
            raise ValueError(f"a CPU limit must be 0.01 to 1024 cores, not {cores}")
        return replace(self, cpu=cores)

    def with_pids_limit(self, count: int) -> "Policy":
        """Return this policy with at most `count` processes and threads in a container.

        Raises:
            ValueError: it is less than 1.
        """
        if count < 1:
            raise ValueError(f"a limit of processes must be 1 or more, not {count}")
        return replace(self, pids=count)

    def with_writable_root(self) -> "Policy":
        """Return this policy with a root file system that can be written."""
        return replace(self, read_only_root=False)

    def with_user(self, user: str | None) -> "Policy":
        """Return this policy with another `uid:gid`; None leaves the image's choice."""
        return replace(self, user=user)
