"""`cstudio completion`: the script that makes a shell complete our words."""

from __future__ import annotations

import click

from cstudio.errors import UsageError

WHERE = {
    "bash": 'eval "$(cstudio completion bash)"  # in ~/.bashrc',
    "zsh": 'eval "$(cstudio completion zsh)"  # in ~/.zshrc',
    "fish": "cstudio completion fish | source  # in ~/.config/fish/config.fish",
}


@click.command()
@click.argument("shell", type=click.Choice(list(WHERE)))
def completion(shell: str) -> None:
    """Complete words in your shell.

    \b
    bash: eval "$(cstudio completion bash)"   in ~/.bashrc
    zsh:  eval "$(cstudio completion zsh)"    in ~/.zshrc
    fish: cstudio completion fish | source    in ~/.config/fish/config.fish
    """
    from click.shell_completion import get_completion_class

    from cstudio.cli.main import root

    found = get_completion_class(shell)
    if found is None:
        raise UsageError(f"there is no completion for `{shell}`")
    click.echo(found(root, {}, "cstudio", "_CSTUDIO_COMPLETE").source())
