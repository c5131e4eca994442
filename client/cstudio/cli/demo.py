"""`cstudio demo`: everything once, for real, in half a minute."""

from __future__ import annotations

import click

from cstudio.cli.sync import options
from cstudio.errors import OK


@click.command()
@click.option("--target", default="", help="Do it there: deploy/NAME:/path, docker:NAME:/path, ….")
@options.where_options
@click.option("--keep", is_flag=True, help="Leave the folders of the demo for a look.")
def demo(**words: object) -> int:
    """See it work, in half a minute.

    Starts a daemon of its own with a state folder of its own, mirrors a small
    project with a studio, edits on both sides, makes a conflict and resolves it,
    and leaves nothing behind. Needs neither Docker nor Kubernetes.
    """
    from cstudio import demo as show

    target = str(words["target"])
    show.run(target, options.where(words), keep=bool(words["keep"]), say=click.echo)
    return OK
