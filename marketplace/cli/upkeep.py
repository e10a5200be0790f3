"""config: the settings of a machine's home."""

from collections.abc import Iterator
from pathlib import Path

import click

from marketplace.cli import render
from marketplace.cli.session import Session, with_session


@click.command("config")
@click.argument("name", required=False)
@click.argument("value", required=False)
@click.option("--unset", is_flag=True, help="Remove NAME from the home's config.toml.")
@click.option("--show-origin", is_flag=True, help="Tell where each value comes from.")
@with_session()
def config_command(session: Session, name: str | None, value: str | None, unset: bool, show_origin: bool) -> None:
    """Show all settings, show NAME, or set NAME to VALUE in the home's config.toml.

    Example: ggen market config link_mode copy
    """
    settings = session.settings
    if name and (unset or value is not None):
        path = settings.unset(name) if unset else settings.set(name, str(value))
        change = "removed" if unset else f"set to {value}"
        session.out.result({"name": name, "value": value, "path": str(path)}, lambda: [f"{name} {change} in {path}"])
        return
    names = [name] if name else settings.names()
    shown = {key: {"value": _plain(settings.value(key)), "origin": str(settings.origin(key))} for key in names}
    session.out.result({"settings": shown}, lambda: _config_text(shown, single=name, origin=show_origin))


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def _config_text(shown: dict[str, dict[str, object]], *, single: str | None, origin: bool) -> Iterator[str]:
    if single and not origin:
        yield _shown(shown[single]["value"])
    elif origin:
        rows = [(key, _shown(item["value"]), str(item["origin"])) for key, item in shown.items()]
        yield from render.table(("SETTING", "VALUE", "FROM"), rows)
    else:
        yield from render.table(("SETTING", "VALUE"), [(key, _shown(item["value"])) for key, item in shown.items()])


def _shown(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
