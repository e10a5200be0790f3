"""Shell completion: the scripts."""

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion_command(shell: str) -> None:
    """Print the completion script of SHELL.

    Example: ggen completion bash > ~/.local/share/bash-completion/completions/ggen
    """
    from click.shell_completion import get_completion_class

    from marketplace.cli.main import ggen

    chosen = get_completion_class(shell)
    if chosen is None:
        raise click.UsageError(f"{shell} is not a shell this version can complete for")
    complete = chosen(ggen, {}, "ggen", "_GGEN_COMPLETE")
    click.echo(complete.source_template % complete.source_vars())
