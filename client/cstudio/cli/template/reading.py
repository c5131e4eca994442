"""`cstudio template list|show|schema|builds`: they change nothing."""

from __future__ import annotations

import click

from cstudio.cli import output
from cstudio.cli.names import complete_template, template_argument
from cstudio.cli.session import connected
from cstudio.cli.template import showing


@click.command("list")
@output.format_option
def list_templates(form: str) -> None:
    """List templates."""
    from cstudio.cli.template import pictures, shapes

    with connected() as client:
        found = client.templates.list()
    output.show(
        form,
        data=lambda: [shapes.template(one) for one in found],
        table=lambda: pictures.templates(found),
        names=lambda: [one.name for one in found],
    )
    if form == "table" and not found:
        output.talk("no templates yet\nhint: cstudio template create FILE")


@click.command()
@template_argument
@click.option("--dockerfile", is_flag=True, help="The Dockerfile that it makes, block by block.")
@click.option("--source", is_flag=True, help="The file that it was made from.")
@output.format_option
def show(name: str, dockerfile: bool, source: bool, form: str) -> None:
    """Show one template."""
    with connected() as client:
        if dockerfile:
            click.echo(client.templates.render(name).rstrip("\n"))
            return
        template = client.templates.get(name)
    if source:
        click.echo(template.source.rstrip("\n"))
    else:
        showing.show_template(template, form)


@click.command()
def schema() -> None:
    """Write the JSON schema of the template file.

    Editors that speak YAML complete and check with it.
    """
    with connected() as client:
        click.echo(client.templates.schema().rstrip("\n"))


@click.command()
@click.argument("name", metavar="[NAME]", default="", shell_complete=complete_template)
@output.format_option
def builds(name: str, form: str) -> None:
    """List builds.

    Of one template or of all, newest first.
    """
    from cstudio.cli.template import pictures, shapes

    with connected() as client:
        found = client.templates.builds(name)
        if name and not found:
            client.templates.get(name)  # says so, if there is no such template
    output.show(
        form,
        data=lambda: [shapes.build(one) for one in found],
        table=lambda: pictures.builds(found),
        names=lambda: [one.id for one in found],
    )
    if form == "table" and not found:
        output.talk(f"no builds yet\nhint: cstudio template build {name or 'NAME'}")
