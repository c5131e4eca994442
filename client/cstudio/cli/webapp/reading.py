"""`cstudio webapp list|show|logs`: they change nothing."""

from __future__ import annotations

import sys

import click

from cstudio.cli import output, pipes
from cstudio.cli.names import project_option
from cstudio.cli.session import connected
from cstudio.cli.webapp import showing
from cstudio.cli.webapp.showing import id_argument


@click.command("list")
@project_option
@output.format_option
def list_webapps(project: str, form: str) -> None:
    """List web apps.

    Of one project, or of all.
    """
    from cstudio.cli.webapp import pictures, shapes

    with connected() as client:
        found = client.webapps.list(project)
    output.show(
        form,
        data=lambda: [shapes.webapp(one) for one in found],
        table=lambda: pictures.webapps(found),
        names=lambda: [one.id for one in found],
    )
    if form == "table" and not found:
        output.talk("no web apps yet\nhint: cstudio webapp publish STUDIO --port PORT")


@click.command()
@id_argument
@output.format_option
def show(id: str, form: str) -> None:
    """Show one web app, and its replicas."""
    with connected() as client:
        showing.show_webapp(client.webapps.get(id), form)


@click.command()
@id_argument
@click.option("--replica", default="", metavar="UID", help="Which one; default: the first.")
@click.option("-f", "--follow", is_flag=True, help="Go on as more comes, until Ctrl-C.")
@click.option(
    "-n", "--lines", type=click.IntRange(min=1), default=1000, show_default=True, help="The last."
)
@click.option("--previous", is_flag=True, help="Of the run before the last restart.")
def logs(id: str, replica: str, follow: bool, lines: int, previous: bool) -> None:
    """Show what the programs of a replica say."""
    write = pipes.writer(sys.stdout)
    with connected() as client:
        for data in client.webapps.logs(
            id, replica=replica, follow=follow, lines=lines, previous=previous
        ):
            write(data)
