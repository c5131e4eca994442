"""`cstudio status`: the daemon in a line, and a line a studio and a session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from cstudio import errors
from cstudio.cli import output
from cstudio.cli.session import compare_versions, connected

if TYPE_CHECKING:
    from cstudio_api.v1.daemon_pb2 import DaemonInfo
    from cstudio_api.v1.studios_pb2 import Studio
    from cstudio_api.v1.sync_sessions_pb2 import SyncSession

    from cstudio.client import BlockingClient


@click.command()
@output.format_option
def status(form: str) -> None:
    """Show the daemon, and what needs attention.

    Starts nothing: exit status 10 when the daemon does not run. Of a daemon elsewhere
    whoever is no administrator of it sees their studios.
    """
    from cstudio.cli import shapes
    from cstudio.cli.studio import shapes as studio_shapes
    from cstudio.client import naming

    with connected(autostart=False) as client:
        studios = client.studios.list()
        info, found = _of_administrators(client)
    if info is not None:
        compare_versions(info)
    output.show(
        form,
        data=lambda: {
            "daemon": shapes.daemon(info) if info else None,
            "studios": [studio_shapes.studio(studio) for studio in studios],
            "sessions": [shapes.session(session) for session in found],
        },
        table=lambda: _lines(info, studios, found),
        names=lambda: [
            *(studio.name for studio in studios),
            *(naming.short(session.name) for session in found),
        ],
    )
    if form == "table":
        for studio in studios:
            _say_next_of_studio(studio)
        for session in found:
            _say_next(session)


def _of_administrators(client: BlockingClient) -> tuple[DaemonInfo | None, list[SyncSession]]:
    """Return the daemon and its sessions; nothing to those who may not see them."""
    try:
        return client.daemon.info(), [*client.sessions.list()]
    except errors.CstudioError as error:
        if error.reason != "RIGHT_MISSING":
            raise
        return None, []


def _lines(
    info: DaemonInfo | None, studios: Sequence[Studio], found: Sequence[SyncSession]
) -> list[str]:
    from cstudio.cli import tables
    from cstudio.cli.studio import pictures

    counts = [tables.counted(len(found), "session")]
    if studios:
        counts.insert(0, tables.counted(len(studios), "studio"))
    if info is None:
        head = f"the daemon runs: {tables.counted(len(studios), 'studio')} of yours"
    else:
        head = f"daemon {info.version} runs as process {info.pid}: {', '.join(counts)}"
    return [head, *pictures.studios(studios), *_session_lines(_worth_a_line(found))]


def _worth_a_line(found: Sequence[SyncSession]) -> list[SyncSession]:
    """Leave out those of studios that are well: their studios have a line."""
    from cstudio.cli import pictures
    from cstudio.client import naming

    return [one for one in found if not naming.studio(one) or pictures.note(one)]


def _session_lines(found: Sequence[SyncSession]) -> list[str]:
    from cstudio import words
    from cstudio.cli import pictures, tables
    from cstudio.client import naming

    rows = [
        (
            naming.short(one.name),
            words.state(one),
            f"{tables.counted(one.files, 'file')}, {tables.size(one.bytes)}",
            pictures.note(one),
        )
        for one in found
    ]
    return tables.columns(("NAME", "STATE", "IN STEP", "NOTE"), rows) if rows else []


def _say_next_of_studio(studio: Studio) -> None:
    """Say what to type about a studio that needs attention."""
    from cstudio.cli import tables

    if studio.reason.next:
        output.talk(f"hint: {tables.plain(studio.reason.next)}")
    if studio.conflict_count:
        output.talk(f"hint: cstudio studio conflicts {studio.name}")


def _say_next(session: SyncSession) -> None:
    """Say what to type about a session that needs attention."""
    from cstudio.cli import tables
    from cstudio.client import naming

    name = naming.short(session.name)
    if session.reason.next:
        output.talk(f"hint: {tables.plain(session.reason.next)}")
    if session.conflict_count:
        output.talk(f"hint: cstudio sync conflicts {name}")
    if session.problem_count:
        output.talk(f"hint: cstudio sync problems {name}")
