"""Troubles of a home, for the doctor to find."""

import fcntl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from marketplace.config import Settings
from marketplace.doctor import Patient, examine
from marketplace.security.keys import KeyRing
from marketplace.security.trust import TrustStore
from support.market import packages
from support.market.troubles import damage
from support.market.world import World


def _open_home(world: World) -> None:
    world.home.chmod(0o777)


def _open_key(world: World) -> None:
    (world.home / "keys" / "default.key").chmod(0o644)


def _damage_pins(world: World) -> None:
    (world.home / "keys" / "trust.json").write_text("{")


def _wrong_setting(world: World) -> None:
    (world.home / "config.toml").write_text("search_limit = 0\n")


def _from_the_future(world: World) -> None:
    world.now = datetime(2100, 1, 1, tzinfo=UTC)
    packages.publish(world, "io.ggen.rust.later", "1.0.0")


def _hold_lock(world: World) -> None:
    file = (world.home / "config.lock").open("w")
    file.write("process 1 (ggen: changing the settings)")
    file.flush()
    fcntl.flock(file, fcntl.LOCK_EX)
    world.defer(file.close)


AILMENTS: Mapping[str, Callable[[World], None]] = {
    "the home can be written by others": _open_home,
    "a key file can be read by others": _open_key,
    "the pins are damaged": _damage_pins,
    "a log entry is changed": lambda world: damage.change_log_entry(world.home),
    "a blob is changed": lambda world: damage.change_a_blob(world.home),
    "the search index is overwritten": lambda world: damage.overwrite_search_index(world.home),
    "a setting is wrong": _wrong_setting,
    "a release comes from the future": _from_the_future,
    "somebody holds a lock": _hold_lock,
}
"""What can be done to a home, by the words of the scenarios."""


def verdict_on_disk(world: World, free: int) -> str:
    """Return what the doctor calls a disk with so many bytes free."""
    settings = Settings.load(folder=world.project, environ={"GGEN_HOME": str(world.home)}, flags={})
    trust = TrustStore(world.home / "keys" / "trust.json")
    patient = Patient(
        settings, lambda: packages.local_registry(world.home), KeyRing(world.home / "keys"),
        trust, free_bytes=lambda _folder: free,
    )  # fmt: skip
    (status,) = (check.status for check in examine(patient) if check.name == "disk")
    return status
