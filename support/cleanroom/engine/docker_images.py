"""Images of a Docker engine, built once per content."""

import contextlib
import shutil
import tempfile
from pathlib import Path

import docker
import docker.errors

from support.cleanroom.engine.base import EngineError, Labels, Recipe
from support.cleanroom.images.cache import cache_folder, in_use, unused

IMAGE_LABEL = "cleanroom.image"
_GONE = (docker.errors.NotFound,)
_CONFLICT = 409


class DockerImages:
    """The images that recipes have in a Docker engine."""

    def __init__(self, client: "docker.APIClient") -> None:
        self._client = client

    def tag(self, recipe: Recipe) -> str:
        """Return the tag of a recipe's image; it is built, with its base, when there is none of that key."""
        tag = f"cleanroom-{recipe.name}:{recipe.key()[:16]}"
        with in_use(_marker(tag)):
            with contextlib.suppress(*_GONE):
                self._client.inspect_image(tag)
                return tag
            base = recipe.base()
            arguments = {"BASE": self.tag(base)} if base else {}
            folder = Path(tempfile.mkdtemp(prefix="cleanroom-build-"))
            try:
                arguments |= recipe.build_context(folder)
                self._build(folder, tag, arguments, {IMAGE_LABEL: recipe.name, "cleanroom.key": recipe.key()})
            finally:
                shutil.rmtree(folder)
        return tag

    def prune(self, before: float) -> list[str]:
        """Remove images of ours that nobody has wanted since a time, and what builds left behind before it."""
        removed = []
        for image in self._client.images(filters={"label": IMAGE_LABEL}):
            tags = [tag for tag in image["RepoTags"] or () if tag != "<none>:<none>"]
            for name in tags or [image["Id"]]:
                with unused(_marker(name), before) as old:
                    if old and self._remove_image(name):
                        removed.append(name)
        return removed

    def _remove_image(self, name: str) -> bool:
        try:
            self._client.remove_image(name)
        except _GONE:
            return False
        except docker.errors.APIError as error:
            if error.status_code == _CONFLICT:  # a container or another image stands on it
                return False
            raise EngineError(f"the image {name} cannot be removed: {error.explanation or error}") from error
        return True

    def _build(self, folder: Path, tag: str, arguments: Labels, labels: Labels) -> None:
        said: list[str] = []
        steps = self._client.build(
            path=str(folder), tag=tag, buildargs=dict(arguments), labels=dict(labels), rm=True, forcerm=True,
            network_mode="none", decode=True,
        )  # fmt: skip
        for step in steps:
            said.append(step.get("stream", ""))
            if "error" in step:
                raise EngineError(f"the image {tag} cannot be built: {step['error']}\n{''.join(said)[-3000:]}")


def _marker(name: str) -> Path:
    """Return the place in the cache that stands for an image: the engine does not know when it was wanted last."""
    return cache_folder() / "images" / name.replace(":", "-")
