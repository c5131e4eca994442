"""`cstudio studio list|show`: they change nothing."""

from __future__ import annotations

import click

from cstudio.cli import output
from cstudio.cli.names import project_option, studio_argument
from cstudio.cli.session import connected
from cstudio.cli.studio import showing


@click.command("list")
@project_option
@output.format_option
def list_studios(project: str, form: str) -> None:
    """List studios.

    Of one project, or of all.
    """
    from cstudio.cli.studio import pictures, shapes

    with connected() as client:
        found = client.studios.list(project)
    output.show(
        form,
        data=lambda: [shapes.studio(one) for one in found],
        table=lambda: pictures.studios(found),
        names=lambda: [one.name for one in found],
    )
    if form == "table" and not found:
        output.talk(
            "no studios yet\nhint: cstudio studio create NAME --project KEY --template NAME"
        )


@click.command()
@studio_argument
@project_option
@output.format_option
def show(name: str, project: str, form: str) -> None:
    """Show one studio."""
    with connected() as client:
        showing.show_studio(client.studios.get(name, project), form)
