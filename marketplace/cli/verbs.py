"""The table of verbs: where each is implemented and its one-line summary, so that help needs no imports."""

from collections.abc import Mapping
from typing import NamedTuple


class Verb(NamedTuple):
    """Where a verb lives, the family it is listed under and its summary."""

    family: str
    module: str
    attribute: str
    summary: str


def _family(family: str, module: str, *rows: tuple[str, str]) -> dict[str, Verb]:
    return {
        name: Verb(family, f"marketplace.cli.{module}", name.replace("-", "_") + "_command", summary)
        for name, summary in rows
    }


TOP_VERBS: Mapping[str, Verb] = {
    "market": Verb("Commands", "marketplace.cli.main", "market", "Search, install, verify and publish packages."),
    "completion": Verb(
        "Commands", "marketplace.cli.completion", "completion_command", "Print the completion script of a shell."
    ),
}

MARKET_VERBS: Mapping[str, Verb] = {
    **_family("Publish packages", "publish", ("init", "Make the folder of a new package.")),
    **_family("Publish packages", "keys", ("key", "Make, list, trust and revoke signing keys.")),
    **_family("Look after this machine", "upkeep", ("config", "Show and change settings.")),
}
