"""Shell completion: the scripts."""

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the completion script of SHELL.

    Example: ggen completion bash > ~/.local/share/bash-completion/completions/ggen
    """
    from click.shell_completion import get_completion_class

    from marketplace.cli.app import ggen

    chosen = get_completion_class(shell)
    if chosen is None:
        raise click.UsageError(f"{shell} is not a shell this version can complete for")
    complete = chosen(ggen, {}, "ggen", "_GGEN_COMPLETE")
    click.echo(complete.source_template % complete.source_vars())


def complete_id(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Return the ids of the local registry that start with what is typed; none when there is no registry yet."""
    import os

    from marketplace.cli.session import open_local_registry
    from marketplace.errors import MarketError

    try:
        registry = open_local_registry(dict(os.environ))
        return [str(id_) for id_ in registry.ids() if str(id_).startswith(incomplete)]
    except (MarketError, OSError):
        return []  # a key press is no place for an error message; the verb itself will say what is wrong
