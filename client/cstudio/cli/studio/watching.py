"""`cstudio studio watch`: a table that is drawn anew, or a line a change."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cstudio.cli import output
from cstudio.cli.names import complete_studio, project_option
from cstudio.cli.session import connected

if TYPE_CHECKING:
    from cstudio_api.v1.studios_pb2 import Studio

    from cstudio.cli.live import LiveTable
    from cstudio.client import StudioEvent


@click.command()
@click.argument("name", metavar="[NAME]", default="", shell_complete=complete_studio)
@project_option
@output.format_option
def watch(name: str, project: str, form: str) -> None:
    """Follow studios live.

    Until Ctrl-C. On a terminal a table, else a line a change; with -o json a JSON document a line.
    """
    from cstudio.cli import live
    from cstudio.cli.studio import pictures

    table: LiveTable[tuple[str, ...], Studio] | None = None
    if form == "table" and output.is_terminal(sys.stdout):
        table = live.LiveTable(pictures.studios, "no studios")
    with connected() as client:
        for event in client.studios.watch(name, project):
            if table is not None:
                _take(table, event)
            else:
                _write(event, form)


def _take(table: LiveTable[tuple[str, ...], Studio], event: StudioEvent) -> None:
    from cstudio.client import StudioChanged, StudioDeleted

    match event:
        case StudioChanged():
            table.put(_key(event.studio), event.studio)
        case StudioDeleted():
            table.drop(_key(event.studio))
        case _:
            table.complete()


def _write(event: StudioEvent, form: str) -> None:
    """Write one event as a line."""
    from cstudio.cli import live
    from cstudio.cli.studio import shapes
    from cstudio.client import StudioChanged, StudioDeleted

    if form == "json":
        output.document(shapes.event(event))
    elif isinstance(event, StudioChanged):
        click.echo(event.studio.name if form == "name" else _line(event.studio))
    elif isinstance(event, StudioDeleted):
        gone = event.studio.name
        click.echo(gone if form == "name" else f"{live.now()}  {gone}  deleted")
    sys.stdout.flush()


def _line(studio: Studio) -> str:
    from cstudio import words
    from cstudio.cli import live, tables
    from cstudio.cli.studio import pictures

    state = words.studio_state(studio.state)
    parts = [live.now(), studio.name, studio.project, state, pictures.note(studio)]
    return "  ".join(tables.plain(part) for part in parts if part)


def _key(studio: Studio) -> tuple[str, ...]:
    return (studio.project, studio.name)
