"""`cstudio sync watch`: a table that is drawn anew, or a line a change."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING

import click

from cstudio.cli import output
from cstudio.cli.session import complete_name, connected

if TYPE_CHECKING:
    from cstudio_api.v1.sync_sessions_pb2 import SyncSession

    from cstudio.client import Event


@click.command()
@click.argument("name", metavar="[NAME]", default="", shell_complete=complete_name)
@output.format_option
def watch(name: str, form: str) -> None:
    """Follow sessions live.

    Until Ctrl-C. On a terminal a table, else a line a change; with -o json a JSON document a line.
    """
    live = form == "table" and output.is_terminal(sys.stdout)
    table = LiveTable()
    with connected() as client:
        for event in client.sessions.watch(name):
            if live:
                table.take(event)
            else:
                _write(event, form)


class LiveTable:
    """The table of all sessions on a terminal."""

    def __init__(self) -> None:
        self._sessions: dict[str, SyncSession] = {}
        self._drawn = 0
        self._synced = False

    def take(self, event: Event) -> None:
        """Take an event, and draw once everything of the start is there."""
        from cstudio.client import Changed, Deleted, naming

        match event:
            case Changed():
                self._sessions[naming.short(event.session.name)] = event.session
            case Deleted():
                self._sessions.pop(event.name, None)
            case _:
                self._synced = True
        if self._synced:
            self._draw()

    def _draw(self) -> None:
        from cstudio.cli import pictures, tables

        wide, high = shutil.get_terminal_size()
        found = [self._sessions[name] for name in sorted(self._sessions)]
        lines = pictures.sessions(found) or ["no sessions"]
        shown = [tables.clipped(line, wide) for line in lines[: high - 1]]
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        click.echo(f"{up}\r\x1b[J" + "\n".join(shown))
        self._drawn = len(shown)


def _write(event: Event, form: str) -> None:
    """Write one event as a line."""
    from cstudio.cli import shapes
    from cstudio.client import Changed, Deleted, naming

    if form == "json":
        output.document(shapes.event(event))
    elif isinstance(event, Changed):
        short = naming.short(event.session.name)
        click.echo(short if form == "name" else _line(short, event.session))
    elif isinstance(event, Deleted):
        click.echo(event.name if form == "name" else f"{_now()}  {event.name}  deleted")
    sys.stdout.flush()


def _line(name: str, session: SyncSession) -> str:
    from cstudio import words
    from cstudio.cli import pictures, tables

    files = tables.counted(session.files, "file")
    parts = [_now(), name, words.state(session), files, pictures.note(session)]
    return "  ".join(tables.plain(part) for part in parts if part)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
