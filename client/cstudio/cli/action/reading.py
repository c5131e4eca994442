"""`cstudio action list|history`: they change nothing."""

from __future__ import annotations

import click

from cstudio.cli import output
from cstudio.cli.names import complete_studio, project_option
from cstudio.cli.session import connected


@click.command("list")
@click.argument("studio", metavar="STUDIO", shell_complete=complete_studio)
@project_option
@output.format_option
def list_actions(studio: str, project: str, form: str) -> None:
    """List the actions of a studio."""
    from cstudio.cli.action import pictures, shapes

    with connected() as client:
        found = client.actions.list(studio, project)
    output.show(
        form,
        data=lambda: [shapes.action(one) for one in found],
        table=lambda: pictures.actions(found),
        names=lambda: [one.name for one in found],
    )
    if form == "table" and not found:
        output.talk(f"its template offers no actions\nhint: cstudio action run {studio} -- COMMAND")


@click.command()
@click.argument("studio", metavar="[STUDIO]", default="", shell_complete=complete_studio)
@project_option
@output.format_option
def history(studio: str, project: str, form: str) -> None:
    """List runs.

    Of one studio or of all, newest first.
    """
    from cstudio.cli.action import pictures, shapes

    with connected() as client:
        found = client.actions.history(studio, project)
    output.show(
        form,
        data=lambda: [shapes.run(one) for one in found],
        table=lambda: pictures.runs(found),
        names=lambda: [one.id for one in found],
    )
    if form == "table" and not found:
        output.talk("nothing was run yet")
