"""Control groups of either version: what a process used, and, where they are writable, groups of our own.

Sources: the kernel's Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from support.cleanroom.deadline import Deadline
from support.cleanroom.engine.base import EngineError, Stats

ROOT = Path("/sys/fs/cgroup")
_V1 = ("memory", "cpu", "cpuacct", "pids", "freezer")
_PERIOD_US = 100_000  # the kernel's default; a shorter one costs more
_REMOVE_SECONDS = 30.0


def unified() -> bool:
    """Say whether the machine has version 2 alone."""
    return (ROOT / "cgroup.controllers").exists()


@dataclass(frozen=True, slots=True)
class Group:
    """A control group: one folder in version 2, a folder per controller in version 1."""

    folders: dict[str, Path]  # by controller; version 2 has the same folder under each name

    @classmethod
    def of_process(cls, pid: int) -> "Group":
        """Return the group that a process is in.

        Raises:
            EngineError: there is no such process.
        """
        try:
            lines = Path(f"/proc/{pid}/cgroup").read_text(encoding="ascii").splitlines()
        except OSError as error:
            raise EngineError(f"process {pid} is gone: it has no control group") from error
        folders: dict[str, Path] = {}
        for _number, controllers, path in (line.split(":", 2) for line in lines):
            if unified():
                folders = dict.fromkeys(_V1, ROOT / path.lstrip("/"))
            for controller in filter(None, controllers.split(",")):
                folders[controller] = ROOT / controller / path.lstrip("/")
        return cls(folders)

    @classmethod
    def named(cls, path: str) -> "Group":
        """Return the group at a path under the root, whether it exists or not."""
        if unified():
            return cls(dict.fromkeys(_V1, ROOT / path))
        return cls({controller: ROOT / controller / path for controller in _V1})

    def create(self) -> None:
        """Make the group; one that exists is no error."""
        for folder in set(self.folders.values()):
            folder.mkdir(parents=True, exist_ok=True)
        if unified():
            self._delegate()

    def _delegate(self) -> None:
        folder = self.folders["memory"]
        for parent in reversed([up for up in folder.parents if ROOT in (up, *up.parents)]):
            (parent / "cgroup.subtree_control").write_text("+memory +cpu +pids", encoding="ascii")

    def limit(self, memory: int | None, cpu: float | None, pids: int | None) -> None:
        """Set the limits: bytes (swap included), cores, processes."""
        if memory is not None:
            self._limit_memory(memory)
        if cpu is not None:
            quota = int(cpu * _PERIOD_US)
            if unified():
                self._write("cpu", "cpu.max", f"{quota} {_PERIOD_US}")
            else:
                self._write("cpu", "cpu.cfs_period_us", str(_PERIOD_US))
                self._write("cpu", "cpu.cfs_quota_us", str(quota))
        if pids is not None:
            self._write("pids", "pids.max", str(pids))

    def _limit_memory(self, memory: int) -> None:
        main, swap = ("memory.max", "memory.swap.max") if unified() else (
            "memory.limit_in_bytes", "memory.memsw.limit_in_bytes")  # fmt: skip
        self._write("memory", main, str(memory))
        if (self.folders["memory"] / swap).exists():  # absent where the kernel does not account for swap
            self._write("memory", swap, "0" if unified() else str(memory))

    def entries(self) -> list[Path]:
        """Return the files that move the process which writes `0` into them into this group."""
        return sorted({folder / "cgroup.procs" for folder in self.folders.values()})

    def processes(self) -> list[int]:
        """Return the processes in the group."""
        try:
            return [int(line) for line in (self.folders["pids"] / "cgroup.procs").read_text("ascii").split()]
        except FileNotFoundError:
            return []

    def freeze(self, frozen: bool) -> None:
        """Stop every process of the group where it stands, or let them go on."""
        if unified():
            self._write("freezer", "cgroup.freeze", str(int(frozen)))
        else:
            self._write("freezer", "freezer.state", "FROZEN" if frozen else "THAWED")

    def kill(self) -> None:
        """Kill every process of the group.

        Raises:
            EngineError: some are still there after half a minute.
        """
        try:
            self.freeze(False)
        except EngineError:
            if self.folders["freezer"].exists():  # else it is gone, or another run sweeps it away at this moment
                raise

        def killed() -> bool:
            for pid in self.processes():
                _kill(pid)
            return not self.processes()

        if not Deadline.after(_REMOVE_SECONDS).poll(killed, every=0.002, slowest=0.05):
            raise EngineError(f"processes {self.processes()} survive their kill")

    def remove(self) -> None:
        """Kill what is in the group and remove it; one that is not there is no error."""
        self.kill()
        deadline = Deadline.after(_REMOVE_SECONDS)
        for folder in set(self.folders.values()):
            if not deadline.poll(lambda folder=folder: _removed(folder), every=0.002, slowest=0.05):  # type: ignore[misc]
                raise EngineError(f"{folder} cannot be removed")

    def oom_kills(self) -> int:
        """Return how many processes were killed for want of memory."""
        name = "memory.events" if unified() else "memory.oom_control"
        return self._table("memory", name).get("oom_kill", 0)

    def stats(self) -> Stats:
        """Return what the group has used.

        Raises:
            EngineError: it is gone.
        """
        try:
            return self._stats_v2() if unified() else self._stats_v1()
        except OSError as error:
            raise EngineError(f"the control group cannot be read: {error}") from error

    def _stats_v2(self) -> Stats:
        cpu = self._table("cpu", "cpu.stat")
        peak = self.folders["memory"] / "memory.peak"
        now = self._number("memory", "memory.current")
        return Stats(
            cpu["usage_usec"] / 1e6, cpu.get("nr_throttled", 0), cpu.get("throttled_usec", 0) / 1e6, now,
            int(peak.read_text("ascii")) if peak.exists() else now, self._number("pids", "pids.current"),
        )  # fmt: skip

    def _stats_v1(self) -> Stats:
        cpu = self._table("cpu", "cpu.stat")
        return Stats(
            self._number("cpuacct", "cpuacct.usage") / 1e9,
            cpu.get("nr_throttled", 0),
            cpu.get("throttled_time", 0) / 1e9,
            self._number("memory", "memory.usage_in_bytes"),
            self._number("memory", "memory.max_usage_in_bytes"),
            self._number("pids", "pids.current"),
        )

    def _number(self, controller: str, name: str) -> int:
        return int((self.folders[controller] / name).read_text("ascii"))

    def _table(self, controller: str, name: str) -> dict[str, int]:
        text = (self.folders[controller] / name).read_text("ascii")
        return {key: int(value) for key, value in (line.split() for line in text.splitlines())}

    def _write(self, controller: str, name: str, text: str) -> None:
        path = self.folders[controller] / name
        try:
            path.write_text(text, encoding="ascii")
        except OSError as error:
            raise EngineError(f"{text!r} cannot be written to {path}: {error.strerror}") from error


def _kill(pid: int) -> None:
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        return


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:  # busy: the kernel takes a moment to let a killed process go
        return False
    return True


def usable(path: str) -> str:
    """Return why no group of our own can be made here, or nothing; it is tried at a path that nobody else uses."""
    group = Group.named(path)
    try:
        group.create()
        group.limit(64 * 1024**2, 0.5, 16)
    except (OSError, EngineError, KeyError) as error:
        return f"control groups cannot be made: {error}"
    finally:
        for folder in set(group.folders.values()):
            _removed(folder)
    return ""
