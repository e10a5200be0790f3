"""What the steps about old images ask for: images of three days ago, and which of them are left."""

import os
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from support.cleanroom import Cleanroom
from support.cleanroom.engine.base import Recipe
from support.cleanroom.engine.docker import DockerEngine
from support.cleanroom.images.cache import cache_folder, digest
from support.cleanroom.images.python import python_image

THREE_DAYS = 3 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class OldImage:
    """An image that no other run knows of."""

    name: str = field(default_factory=lambda: f"scenario-{secrets.token_hex(6)}")

    def base(self) -> Recipe | None:
        """Return the probe's image, so that it can run."""
        return python_image()

    def key(self) -> str:
        """Return a digest of the name."""
        return digest([self.name])

    def build_context(self, folder: Path) -> Mapping[str, str]:
        """Write a Dockerfile that adds a file."""
        (folder / "mark").write_text(self.name, encoding="ascii")
        (folder / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nCOPY mark /mark\n", encoding="ascii")
        return {}

    def build_tree(self, folder: Path, base: Path | None) -> None:  # noqa: ARG002
        """Write a file."""
        (folder / "mark").write_text(self.name, encoding="ascii")


class OldImages:
    """Images of one engine, by what a scenario calls them; they go with their room."""

    def __init__(self, room: Cleanroom) -> None:
        self._room = room
        self._images: dict[str, str] = {}
        room.on_close("images of a scenario", self._remove)

    def add(self, what: str, age: float = 0.0) -> None:
        """Make an image that was wanted that many seconds ago."""
        recipe = OldImage()
        image = self._room.engine.image(recipe)
        if what == "used by a container":
            self._room.start_generic(image=recipe)
        if what == "killed while it was built":
            image = str(Path(image).rename(f"{image}-staging"))
        self._images[what] = image
        wanted = time.time() - age
        os.utime(self._lock(image), (wanted, wanted))

    def left(self) -> set[str]:
        """Return which of them are still there."""
        return {what for what, image in self._images.items() if self._exists(image)}

    def _lock(self, image: str) -> Path:
        if self._room.engine.name == "docker":
            return cache_folder() / "images" / f"{image.replace(':', '-')}.lock"
        return Path(f"{image.partition('-staging')[0]}.lock")

    def _exists(self, image: str) -> bool:
        if isinstance(self._room.engine, DockerEngine):
            return bool(self._room.engine.client.images(image))
        return Path(image).exists()

    def _remove(self) -> None:
        for image in self._images.values():
            if isinstance(self._room.engine, DockerEngine) and self._exists(image):
                self._room.engine.client.remove_image(image)
            elif Path(image).is_dir():
                shutil.rmtree(image)
            self._lock(image).unlink()
