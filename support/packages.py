"""Real packages for scenarios."""

from support.world import World

_MANIFEST = """[package]
id = "{id}"
version = "{version}"
title = "{title}"
description = "A package of the suite"
license = "MIT"
{needs}
"""


def publish(world: World, id_: str, version: str, needs: str = "") -> None:
    """Write the package `id_` into the scenario's folder and publish it; `needs` is `id requirement`, or empty."""
    folder = world.root / "packages" / id_ / version
    folder.mkdir(parents=True)
    name, _, requirement = needs.partition(" ")
    table = f'[dependencies]\n"{name}" = "{requirement}"' if needs else ""
    text = _MANIFEST.format(id=id_, version=version, title=id_.rpartition(".")[2], needs=table)
    (folder / "package.toml").write_text(text, encoding="utf-8")
    (folder / "README.md").write_text(f"# {id_} {version}\n", encoding="utf-8")
    world.run(f"ggen market publish {folder}")
