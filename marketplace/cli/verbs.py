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
    "market": Verb("Commands", "marketplace.cli.app", "market", "Search, install, verify and publish packages."),
    "completion": Verb(
        "Commands", "marketplace.cli.completion", "completion_command", "Print the completion script of a shell."
    ),
}

MARKET_VERBS: Mapping[str, Verb] = {
    **_family(
        "Find packages", "discover",
        ("search", "Find packages by name, words and filters."),
        ("info", "Show a package: release, manifest, versions."),
        ("versions", "List the versions of a package."),
        ("categories", "List the categories and how many packages each has."),
    ),
    **_family("Find packages", "statistics", ("stats", "Show what was counted: downloads, installs, searches.")),
    **_family("Find packages", "recommending", ("recommend", "Recommend packages that go with others, and why.")),
    **_family(
        "Use packages in a project", "project",
        ("add", "Add packages to ggen.toml, lock and install them."),
        ("remove", "Remove packages from ggen.toml and from the project."),
        ("install", "Install what the lock says, else resolve first."),
        ("update", "Move locked packages to the newest versions allowed."),
        ("outdated", "List locked packages that have newer versions."),
        ("list", "List the installed packages."),
        ("verify", "Re-hash every installed file and re-check signatures."),
    ),
    **_family(
        "Publish packages", "publish",
        ("init", "Make the folder of a new package."),
        ("pack", "Build the .gpack archive of a package."),
        ("publish", "Check, sign and publish a package."),
        ("yank", "Ask users not to choose a version any more."),
        ("unyank", "Take a yank back."),
        ("import", "Publish a catalog of the older shape."),
    ),
    **_family("Publish packages", "keys", ("key", "Make, list, trust and revoke signing keys.")),
    **_family("Work with peers", "node", ("node", "Run the peer node, and look at its peers.")),
    **_family("Look after this machine", "registries", ("registry", "Name registries and try whether they answer.")),
    **_family(
        "Run a registry", "serving",
        ("serve", "Serve this home's registry over HTTP."),
        ("mirror", "Write this home's registry as files for any web server."),
        ("token", "Make, list and revoke publishers' tokens."),
    ),
    **_family(
        "Look after this machine", "upkeep",
        ("cache", "Show, check and shrink the content store."),
        ("index", "Check, repair, back up and restore the local index."),
        ("config", "Show and change settings."),
    ),
    **_family("Look after this machine", "plugins", ("plugins", "List plugins, and say what each may do.")),
    **_family("Look after this machine", "doctor", ("doctor", "Find out whether something is wrong here.")),
}  # fmt: skip
