"""Names of sessions: the caller's word, the wire's form, one made from a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cstudio_api.v1.sync_sessions_pb2 import SyncSession

PREFIX = "syncSessions/"
_MAX_STEM = 48
_TRIES = 100


def resource(name: str) -> str:
    """Return the wire's name of the session `name`."""
    return name if name.startswith(PREFIX) else PREFIX + name


def short(name: str) -> str:
    """Return the session's name as people know it."""
    return name.removeprefix(PREFIX)


def studio(session: SyncSession) -> str:
    """Return the studio whose zone a session keeps in step; empty: none, it is people's own."""
    return session.labels.get("studio", "") if "cstudio-studio" in session.labels else ""


def candidates(local_root: str) -> Iterator[str]:
    """Yield names for a session of that folder, best first: `src`, `src-2`, …."""
    folder = local_root.rstrip("/").rpartition("/")[2].lower()
    stem = re.sub(r"[^a-z0-9]+", "-", folder).strip("-")[:_MAX_STEM].rstrip("-")
    if not stem[:1].isalpha():
        stem = f"sync-{stem}".rstrip("-")
    yield stem
    for number in range(2, _TRIES):
        yield f"{stem}-{number}"
