"""`cstudio template create|validate|copy|delete`."""

from __future__ import annotations

import click

from cstudio import errors
from cstudio.cli import output
from cstudio.cli.names import template_argument
from cstudio.cli.session import connected
from cstudio.cli.template import files, showing


@click.command()
@files.file_argument
@files.resources_option
@click.option("--name", default="", help="Another name than the one in the file.")
@click.option("--dry-run", is_flag=True, help="Refuse what would be refused, store nothing.")
@output.format_option
def create(file: str, resources: str | None, name: str, dry_run: bool, form: str) -> None:
    """Create a template from a file.

    FILE is YAML; `-` reads it from stdin. Nothing is stored when anything in it is
    wrong: all of that is told at once.
    """
    given = files.read(file, resources)
    with connected() as client:
        showing.refuse_invalid(client, given)
        made = client.templates.create(given, name=name, dry_run=dry_run)
    showing.show_template(made, form)
    if form == "table":
        showing.tell("note", made.notes)
        output.talk(f"hint: cstudio template build {made.name}")


@click.command()
@files.file_argument
@files.resources_option
@output.format_option
def validate(file: str, resources: str | None, form: str) -> int:
    """Tell everything that is wrong with a file.

    Stores nothing. Exit status 2 when it is invalid, with every problem on stderr;
    with -o json they are an array on stdout as well, empty when there are none.
    """
    from cstudio.cli.template import shapes

    given = files.read(file, resources)
    with connected() as client:
        found = client.templates.validate(given)
    if form == "json":
        output.document([shapes.fault(fault) for fault in found.faults], indent=2)
    if found.faults:
        raise showing.invalid(given.file, found.faults)
    showing.tell("note", found.notes)
    showing.tell("not in the local runtime", found.local_faults)
    if form == "table":
        click.echo(f"`{given.file}` is valid")
    return errors.OK


@click.command()
@template_argument
@click.argument("new_name", metavar="NEW-NAME")
@output.format_option
def copy(name: str, new_name: str, form: str) -> None:
    """Make a template of another name.

    With the same file and resources; nobody but you may use it at first.
    """
    with connected() as client:
        showing.show_template(client.templates.copy(name, new_name), form)


@click.command()
@template_argument
@click.option("--with-images", is_flag=True, help="Remove the images that were built from it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--dry-run", is_flag=True, help="Refuse what would be refused, change nothing.")
@output.format_option
def delete(name: str, with_images: bool, yes: bool, dry_run: bool, form: str) -> int:
    """Forget a template.

    Refused while studios are made from it.
    """
    with connected() as client:
        client.templates.delete(name, with_images=with_images, dry_run=True)
        if not dry_run:
            also = " and its images" if with_images else ""
            if not output.ask(f"forget the template `{name}`{also}?", yes=yes):
                return errors.FAILED
            client.templates.delete(name, with_images=with_images)
    output.show(
        form,
        data=lambda: {"deleted": not dry_run, "template": name},
        table=lambda: [f"{'would forget' if dry_run else 'forgot'} `{name}`"],
        names=lambda: [name],
    )
    return errors.OK
