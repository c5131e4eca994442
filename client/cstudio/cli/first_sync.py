"""Follows a session until both sides are in step for the first time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cstudio import errors, words
from cstudio.cli import output
from cstudio.cli.progress import Bar
from cstudio.client import Changed, naming

if TYPE_CHECKING:
    from cstudio_api.v1.sync_sessions_pb2 import SyncSession

    from cstudio.client import BlockingClient

DISCONNECTED_SECONDS = 60.0
"""For how long on end a target may be out of reach before waiting makes no sense."""


def follow(client: BlockingClient, session: SyncSession, *, show: bool) -> tuple[SyncSession, int]:
    """Return the session once it is in step, or cannot be, and the exit status for that.

    Ctrl-C stops following; the session goes on.
    """
    name = naming.short(session.name)
    bar = Bar(name) if show else None
    try:
        for session in _states(client, name):
            if bar:
                bar.show(session)
            if words.state(session) in ("watching", "halted", "paused"):
                break
    except KeyboardInterrupt:
        output.talk(f"\n`{name}` goes on by itself\nhint: cstudio sync show {name}")
        return session, errors.INTERRUPTED
    finally:
        if bar:
            bar.close()
    return session, status(session)


def status(session: SyncSession) -> int:
    """Return the exit status that says how a session stands."""
    match words.state(session):
        case "watching":
            remains = session.conflict_count or session.problem_count
            return errors.PARTIAL if remains else errors.OK
        case "disconnected":
            return errors.TARGET
        case _:
            return errors.STATE


def _states(client: BlockingClient, name: str) -> Iterator[SyncSession]:
    """Yield each state, the last one when it has been disconnected for too long."""
    lost_since: float | None = None
    for event in client.sessions.watch(name):
        if not isinstance(event, Changed):
            continue
        yield event.session
        if words.state(event.session) != "disconnected":
            lost_since = None
            continue
        lost_since = lost_since or time.monotonic()
        if not event.session.reason.HasField("retry_time"):
            return
        if time.monotonic() > lost_since + DISCONNECTED_SECONDS:
            return
