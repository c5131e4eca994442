"""`cstudio sync watch`: a table that is drawn anew, or a line a change."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from cstudio.cli import output
from cstudio.cli.session import complete_name, connected

if TYPE_CHECKING:
    from cstudio_api.v1.sync_sessions_pb2 import SyncSession

    from cstudio.cli.live import LiveTable
    from cstudio.client import Event


@click.command()
@click.argument("name", metavar="[NAME]", default="", shell_complete=complete_name)
@output.format_option
def watch(name: str, form: str) -> None:
    """Follow sessions live.

    Until Ctrl-C. On a terminal a table, else a line a change; with -o json a JSON document a line.
    """
    from cstudio.cli import live, pictures

    table: LiveTable[str, SyncSession] | None = None
    if form == "table" and output.is_terminal(sys.stdout):
        table = live.LiveTable(pictures.sessions, "no sessions")
    with connected() as client:
        for event in client.sessions.watch(name):
            if table is not None:
                _take(table, event)
            else:
                _write(event, form)


def _take(table: LiveTable[str, SyncSession], event: Event) -> None:
    from cstudio.client import Changed, Deleted, naming

    match event:
        case Changed():
            table.put(naming.short(event.session.name), event.session)
        case Deleted():
            table.drop(event.name)
        case _:
            table.complete()


def _write(event: Event, form: str) -> None:
    """Write one event as a line."""
    from cstudio.cli import live, shapes
    from cstudio.client import Changed, Deleted, naming

    if form == "json":
        output.document(shapes.event(event))
    elif isinstance(event, Changed):
        short = naming.short(event.session.name)
        click.echo(short if form == "name" else _line(short, event.session))
    elif isinstance(event, Deleted):
        click.echo(event.name if form == "name" else f"{live.now()}  {event.name}  deleted")
    sys.stdout.flush()


def _line(name: str, session: SyncSession) -> str:
    from cstudio import words
    from cstudio.cli import live, pictures, tables

    files = tables.counted(session.files, "file")
    parts = [live.now(), name, words.state(session), files, pictures.note(session)]
    return "  ".join(tables.plain(part) for part in parts if part)
