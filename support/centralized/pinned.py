"""The keys of a home, and what its operator decides about them."""

from support.market.world import World

_NEXT = "next"


def keys(world: World) -> dict[str, str]:
    """Return the public keys of the home by their names."""
    listed = world.run("ggen market key list --json").json()["keys"]
    return {item["name"]: item["key"] for item in listed}


def signing_key(world: World) -> str:
    """Return the key that signed what the scenario published: the one that was made first."""
    (key,) = [key for name, key in keys(world).items() if name != _NEXT]
    return key


def trust_another(world: World, namespace: str, *, keep: bool) -> None:
    """Make another key and pin it for a namespace; what the one before signed stays good if it is kept."""
    world.run(f"ggen market key new --name {_NEXT}")
    world.run(f"ggen market key trust {namespace} {keys(world)[_NEXT]}{' --keep' if keep else ''}")
