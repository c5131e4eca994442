"""`cstudio template edit`: another file for a template, from an editor or from disk."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cstudio import errors
from cstudio.cli import faults, output
from cstudio.cli.names import template_argument
from cstudio.cli.session import connected
from cstudio.cli.template import files, showing

if TYPE_CHECKING:
    from cstudio_api.v1.templates_pb2 import Template

    from cstudio.client import BlockingClient, TemplateFile


@click.command()
@template_argument
@click.option("--file", metavar="FILE", help="Take this file; `-` reads stdin.")
@files.resources_option
@click.option("--dry-run", is_flag=True, help="Refuse what would be refused, change nothing.")
@output.format_option
def edit(name: str, file: str | None, resources: str | None, dry_run: bool, form: str) -> int:
    """Change a template's file.

    In your editor (VISUAL, EDITOR), or from a file with --file. Its resources stay,
    unless FILE has a folder `resources` beside it or --resources names one. Studios
    take the change up when they start again.
    """
    with connected() as client:
        if file is None and resources is None:
            return _in_editor(client, name, dry_run, form)
        given = _given(client, name, file, resources)
        changed = client.templates.update(
            name, given, replace_resources=bool(given.resources), dry_run=dry_run
        )
    showing.show_template(changed, form)
    return errors.OK


def _given(
    client: BlockingClient, name: str, file: str | None, resources: str | None
) -> TemplateFile:
    """Return what was named; the source stays when only resources were."""
    from cstudio.client import TemplateFile

    if file is not None:
        return files.read(file, resources)
    assert resources is not None
    return TemplateFile(
        source=client.templates.get(name).source,
        file=name,
        resources=files.read_resources(Path(resources)),
    )


def _in_editor(client: BlockingClient, name: str, dry_run: bool, form: str) -> int:
    """Let the source be edited until it is valid, or given up."""
    if not (output.is_terminal(sys.stdin) and output.is_terminal(sys.stderr)):
        raise errors.UsageError("there is no terminal to edit on", hint="name a file with --file")
    template = client.templates.get(name)
    text = template.source
    while (edited := click.edit(text, extension=".yaml")) not in (None, text):
        assert edited is not None
        text = edited
        try:
            changed = _update(client, template, text, dry_run)
        except errors.UsageError as error:
            faults.tell(error, as_json=False)
            if not click.confirm("edit again?", default=True, err=True):
                break
        else:
            showing.show_template(changed, form)
            return errors.OK
    output.talk("nothing was changed")
    return errors.FAILED


def _update(client: BlockingClient, template: Template, text: str, dry_run: bool) -> Template:
    from cstudio.client import TemplateFile

    given = TemplateFile(source=text, file=template.name)
    return client.templates.update(template.name, given, etag=template.etag, dry_run=dry_run)
