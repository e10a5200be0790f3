"""plugins: which are installed, and what each of them may do."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from marketplace.cli import render
from marketplace.cli.app import FamilyGroup
from marketplace.cli.options import with_session
from marketplace.cli.session import Session
from marketplace.errors import InvalidInputError, NotFoundError

if TYPE_CHECKING:
    from marketplace.plugins.choices import Choices
    from marketplace.plugins.found import Plugin


def complete_plugin(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of installed plugins that start with what is typed."""
    from marketplace.plugins.found import plugins

    return sorted({plugin.name for plugin in plugins() if plugin.name.startswith(incomplete)})


_name = click.argument("name", shell_complete=complete_plugin)


@click.group("plugins", cls=FamilyGroup)
def plugins_command() -> None:
    """List the installed plugins, block them, trust them, and require their answers.

    Example: ggen market plugins list
    """


@plugins_command.command("list")
@with_session()
def list_command(session: Session) -> None:
    """List the plugins that are installed beside this program. Nothing of them is loaded for it.

    A plugin is untrusted (it runs in a process of its own, with limits), trusted, blocked, or refused for what its
    metadata says. One that you have decided about is listed too when it is not installed.

    Example: ggen market plugins list --json
    """
    choices = session.plugins.choices
    found = (*session.plugins.found, *_absent(session.plugins.found, choices))
    document = {"plugins": [_json(plugin, choices) for plugin in found]}
    session.out.result(document, lambda: _list_text(found, choices))


def _absent(found: "tuple[Plugin, ...]", choices: "Choices") -> "Iterator[Plugin]":
    """Yield those that something was decided about, and that are not installed."""
    from marketplace.plugins.found import Plugin

    for name in sorted({*choices.blocked, *choices.trusted, *choices.required} - {plugin.name for plugin in found}):
        distribution, version = choices.trusted.get(name, ("", ""))
        yield Plugin(name, version, distribution, "", choices.required.get(name, ()), "", "it is not installed")


def _json(plugin: "Plugin", choices: "Choices") -> dict[str, object]:
    return {
        "name": plugin.name, "version": plugin.version, "hooks": list(plugin.hooks),
        "origin": {"distribution": plugin.distribution, "folder": plugin.folder, "object": plugin.target},
        "state": choices.state(plugin), "required": plugin.name in choices.required, "problem": plugin.problem or None,
    }  # fmt: skip


def _list_text(found: "tuple[Plugin, ...]", choices: "Choices") -> Iterator[str]:
    if not found:
        yield "No plugin is installed."
        return
    rows = [
        (
            plugin.name, plugin.version, _state(plugin, choices), ", ".join(plugin.hooks),
            f"{plugin.distribution} in {plugin.folder}" if plugin.folder else "not installed",
        )
        for plugin in found
    ]  # fmt: skip
    yield from render.table(("PLUGIN", "VERSION", "STATE", "HOOKS", "FROM"), rows)
    for plugin in found:
        if plugin.problem:
            yield f"{render.doubtful(render.printable(plugin.name))}: {render.printable(plugin.problem)}"


def _state(plugin: "Plugin", choices: "Choices") -> str:
    return choices.state(plugin) + (", required" if plugin.name in choices.required else "")


@plugins_command.command("block")
@_name
@with_session()
def block_command(session: Session, name: str) -> None:
    """Never start the plugin NAME, whether it is installed already or not.

    Example: ggen market plugins block spelling
    """
    _change(session, name, lambda choices: choices.block(name), f"Blocked {name}")
    if all(plugin.name != name for plugin in session.plugins.found):
        session.out.note(f"no plugin {name!r} is installed now; it will be blocked when one is")


@plugins_command.command("unblock")
@_name
@with_session()
def unblock_command(session: Session, name: str) -> None:
    """Let the plugin NAME be used again.

    Example: ggen market plugins unblock spelling
    """
    _change(session, name, lambda choices: choices.unblock(name), f"{name} is not blocked")


@plugins_command.command("trust")
@_name
@with_session()
def trust_command(session: Session, name: str) -> None:
    """Let the plugin NAME run inside this program, without limits: faster, and with your rights.

    That holds for the version that is installed; another one is not trusted until you say so.

    Example: ggen market plugins trust spelling
    """
    plugin = _installed(session, name)
    text = f"Trusted {name} {plugin.version} of {plugin.distribution}"
    _change(session, name, lambda choices: choices.trust(plugin), text)


@plugins_command.command("untrust")
@_name
@with_session()
def untrust_command(session: Session, name: str) -> None:
    """Have the plugin NAME run in a process of its own, with limits.

    Example: ggen market plugins untrust spelling
    """
    _change(session, name, lambda choices: choices.untrust(name), f"{name} is not trusted")


@plugins_command.command("require")
@_name
@with_session()
def require_command(session: Session, name: str) -> None:
    """Publish nothing that the plugin NAME has not looked at: when it fails or is gone, publishing is refused.

    Example: ggen market plugins require spelling
    """
    from marketplace.plugins.found import CHECKS

    plugin = _installed(session, name)
    if not CHECKS & set(plugin.hooks):
        hint = f"plugins with {' or '.join(sorted(CHECKS))} can be required"
        raise InvalidInputError("plugin-not-a-check", f"the plugin {name} checks no packages", hint=hint, plugin=name)
    _change(session, name, lambda choices: choices.require(plugin), f"{name} is required")


@plugins_command.command("unrequire")
@_name
@with_session()
def unrequire_command(session: Session, name: str) -> None:
    """Go on without the plugin NAME when it fails or is gone.

    Example: ggen market plugins unrequire spelling
    """
    _change(session, name, lambda choices: choices.unrequire(name), f"{name} is not required")


def _installed(session: Session, name: str) -> "Plugin":
    from marketplace.search.base import close_matches

    found = {plugin.name: plugin for plugin in session.plugins.found}
    if name not in found:
        close = close_matches(name, found)
        hint = f"did you mean {' or '.join(close)}?" if close else "`ggen market plugins list` shows those there are"
        message = f"no plugin {name[:80]!r} is installed"
        raise NotFoundError("plugin-not-found", message, hint=hint, plugin=name, suggestions=close)
    if problem := found[name].problem:
        hint = "remove what is in its way, or ask its author"
        raise InvalidInputError(
            "plugin-refused", f"the plugin {name} cannot be used: {problem}", hint=hint, plugin=name
        )
    return found[name]


def _change(session: Session, name: str, change: "Callable[[Choices], Choices]", text: str) -> None:
    choices = session.plugin_choices.change(change)
    document = {
        "name": name, "blocked": name in choices.blocked, "trusted": name in choices.trusted,
        "required": name in choices.required,
    }  # fmt: skip
    session.out.result(document, lambda: [render.printable(text)])
