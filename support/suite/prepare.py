"""What a run of the suite builds before its processes start: no scenario waits for an image then."""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from behave.tag_expression import make_tag_expression

from support.cleanroom.engine.base import Capability, Engine, EngineError, EngineUnavailableError, Recipe
from support.cleanroom.engine.choice import NAMES, engine
from support.cleanroom.images import debian_packages
from support.cleanroom.images.proxy import proxy_image
from support.cleanroom.images.python import python_image
from support.cleanroom.images.services import DebianImage, nginx_image, postgres_image, redis_image
from support.market.marketplace_room import ggen_image
from support.p2p import js_image
from support.p2p.images import peer_image
from support.suite.gherkin_lint import FeatureFile, read
from support.suite.shards import feature_files
from support.suite.step_files import peers_lack

IMAGE_TAG = "use.with_image="
_RECIPES: dict[str, Callable[[], Recipe]] = {
    "probe": python_image, "ggen": ggen_image, "ggen-p2p": peer_image,
    "js-libp2p": js_image.js_peer_image,
    "redis": redis_image, "postgres": postgres_image, "nginx": nginx_image, "fault-proxy": proxy_image,
}  # fmt: skip


def images_wanted(paths: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return the images that the selected scenarios about rooms name in their tags, and the one that all use."""
    selects = make_tag_expression(list(_tags_asked(options)))
    left_out = {"p2p"} if peers_lack() else set()
    about_rooms = (tags for tags in _tags(paths) if "cleanroom" in tags and not tags & left_out)
    chosen = [tags for tags in about_rooms if selects.check(sorted(tags))]
    named = {name for tags in chosen for tag in tags if tag.startswith(IMAGE_TAG) for name in _names(tag)}
    return [name for name in _RECIPES if name in named or (name == "probe" and chosen)]


def build(names: Sequence[str], wanted: str, say: Callable[[str], None]) -> None:
    """Build images on each engine that the run may use, and tell how long each took.

    What cannot be built is left to the scenarios that want it: they tell it as theirs.
    """
    for found in _engines(wanted) if names else ():
        for name in names:
            recipe = _RECIPES[name]()
            if _lacks_programs(recipe):
                continue
            start = time.monotonic()
            try:
                found.image(recipe)
            except EngineError as error:
                say(f"image {name} for {found.name} cannot be built: {error}")
            else:
                say(f"image {name} for {found.name}: {time.monotonic() - start:.1f} s")


def _lacks_programs(recipe: Recipe) -> bool:
    """Tell whether what an image is made of cannot be had here: its scenarios are skipped, and say so."""
    if isinstance(recipe, DebianImage):
        return bool(debian_packages.lacking(recipe.debian))
    return isinstance(recipe, js_image.JsPeerImage) and bool(js_image.lacking())


def _engines(wanted: str) -> Iterator[Engine]:
    for name in NAMES if wanted == "auto" else (wanted,):
        try:
            found = engine(name)
        except EngineUnavailableError:
            continue
        if Capability.IMAGES not in found.missing():
            yield found


def _names(tag: str) -> list[str]:
    return tag.removeprefix(IMAGE_TAG).split(",")


def _tags(paths: Sequence[str]) -> Iterator[set[str]]:
    for file in feature_files(paths):
        feature = read(Path(file), Path(file).parent)
        if isinstance(feature, FeatureFile):
            for pickle in feature.pickles:
                yield {tag["name"].removeprefix("@") for tag in pickle["tags"]}


def _tags_asked(options: Sequence[str]) -> Iterator[str]:
    """Yield the expressions of `--tags` in its three forms."""
    for option, following in zip(options, [*options, ""][1:], strict=True):
        if option in ("-t", "--tags"):
            yield following
        elif option.startswith(("--tags=", "-t=")):
            yield option.partition("=")[2]
