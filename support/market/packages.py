"""Real packages for scenarios, and the local registry they are in."""

from pathlib import Path

from marketplace.registry.local import LocalRegistry
from marketplace.security.keys import KeyRing
from marketplace.security.trust import TrustStore
from marketplace.source import FolderSource, build_release
from support.market.world import World

_MANIFEST = """[package]
id = "{id}"
version = "{version}"
title = "{title}"
description = "{description}"
license = "MIT"
{needs}
"""


def local_registry(home: Path) -> LocalRegistry:
    """Return the embedded registry of a home, with the home's pins."""
    return LocalRegistry(home / "registry", trust=lambda: TrustStore(home / "keys" / "trust.json"))


_DESCRIPTION = "A package of the suite"


def publish(
    world: World,
    id_: str,
    version: str,
    needs: str = "",
    *,
    title: str = "",
    description: str = _DESCRIPTION,
    readme: str = "",
) -> None:
    """Write the package `id_` into the scenario's folder and publish it; `needs` is `id requirement, …`, or empty."""
    folder = world.root / "packages" / id_ / version
    folder.mkdir(parents=True)
    wanted = [need.split() for need in needs.split(", ")] if needs else []
    table = "\n".join(["[dependencies]", *(f'"{name}" = "{requirement}"' for name, requirement in wanted)])
    title = title or id_.rpartition(".")[2]
    text = _MANIFEST.format(id=id_, version=version, title=title, description=description, needs=table)
    (folder / "package.toml").write_text(text, encoding="utf-8")
    (folder / "README.md").write_text(readme or f"# {id_} {version}\n", encoding="utf-8")
    world.run(f"ggen market publish {folder}")


def publish_many(world: World, count: int, needs: int = 1) -> None:
    """Publish `many.lib.p0` … in this process, each with templates in two folders and needing the `needs` before it."""
    registry = local_registry(world.home)
    signer = KeyRing(world.home / "keys").load(None)
    for number in range(count):
        folder = world.root / "packages" / str(number)
        for part in ("src", "tests/unit"):
            (folder / part).mkdir(parents=True)
            (folder / part / "file.tmpl").write_text(f"{part} {number % 5}\n", encoding="utf-8")
        table = "".join(f'"many.lib.p{other}" = "^1"\n' for other in range(max(0, number - needs), number))
        text = _MANIFEST.format(
            id=f"many.lib.p{number}",
            version="1.0.0",
            title="Many",
            description=_DESCRIPTION,
            needs=f"[dependencies]\n{table}",
        )
        (folder / "package.toml").write_text(text, encoding="utf-8")
        source = FolderSource.read(folder)
        registry.publish(source, build_release(source, signer, world.now))
    registry.index.close()
