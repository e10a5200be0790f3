"""What one behave process has for all its scenarios: a temporary folder of its own, a mark, and the user's choices."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Collection
from pathlib import Path

from support.cleanroom.artefacts import Witness
from support.cleanroom.leaks import MARK, Folders, LeakGate, Processes, Sockets, Threads
from support.cleanroom.metrics import Meter
from support.cleanroom.rooms import Rooms
from support.market.catalogs.catalog import shared_catalog
from support.market.drivers import driver
from support.market.world import World
from support.p2p import js_image
from support.suite import interrupts
from support.suite.backends import backend
from support.suite.settings import Settings
from support.suite.step_files import peers_lack
from support.web import chromium

_PROGRAMS: dict[str, Callable[[], str]] = {"requires_browser": chromium.lacking, "requires_npm": js_image.lacking}
"""What tells, for a tag, that the programs are not here which its scenarios need."""

_REGISTRY_TAG = "use.with_registry="


class Session:
    """A run of behave.

    Everything temporary goes below one folder, which is the only place the leak gate needs to look at, and which is
    removed at the end.

    Raises:
        EngineUnavailableError: the engine that was chosen is not here; nothing was made.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.driver = driver(settings.driver)
        self.keeps_failed = settings.keeps_failed
        self.rooms = Rooms(settings.engine)
        self._mark = uuid.uuid4().hex
        self.root = Path(tempfile.mkdtemp(prefix="ggen-run-"))
        self._tempdir, tempfile.tempdir = tempfile.tempdir, str(self.root)
        os.environ["TMPDIR"] = str(self.root)
        os.environ[MARK] = ":".join(filter(None, (os.environ.get(MARK), self._mark)))
        interrupts.listen()

    def gate(self, tags: Collection[str]) -> LeakGate:
        """Return the leak gate of a scenario with these tags; it has looked just now."""
        kinds = (Processes(self._mark), Sockets(self.rooms.lines()), Threads(), Folders(self.root))
        watches, others = self.rooms.watches(tags)
        return LeakGate((*kinds, *watches), others, patience=self._settings.patience)

    def meter(self) -> Meter | None:
        """Return a meter that has begun just now, when the user wants figures."""
        return Meter() if self._settings.measures else None

    def cannot_run(self, tags: Collection[str]) -> str:
        """Return why a scenario with these tags is to be skipped here, or nothing."""
        if "needs_shared" in tags and shared_catalog() is None:
            return "../shared/catalog is not there"
        wanted = {tag.removeprefix(_REGISTRY_TAG) for tag in tags if tag.startswith(_REGISTRY_TAG)}
        if wanted and self._settings.registry not in ",".join(wanted).split(","):
            registry = self._settings.registry
            return f"it is about the registry {', '.join(wanted)}, and the run is on {registry} (-D registry)"
        if "requires_root" in tags and os.geteuid() != 0:
            return "it needs the rights of the superuser"
        for reason in (lacking() for tag, lacking in _PROGRAMS.items() if tag in tags):
            if reason:
                return reason
        if "p2p" in tags and peers_lack():
            return "the extra p2p is not installed here (see docs/p2p.md)"
        return self.rooms.cannot_run(tags)

    def witness(self) -> Witness:
        """Return who gathers what a scenario's rooms know."""
        return Witness(keeps=self.keeps_failed)

    def world(self) -> World:
        """Return the world of a scenario."""
        return World(self.driver, backend(self._settings.registry))

    def close(self) -> None:
        """Remove what is left of rooms, and the temporary folder."""
        self.rooms.close()
        tempfile.tempdir = self._tempdir
        shutil.rmtree(self.root)
