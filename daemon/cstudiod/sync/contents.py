"""What both sides have at a path in conflict, as far as people can look at it.

A version is read by the endpoint that saw it, below its root, and only while it is
still the one that is in conflict.
"""

from __future__ import annotations

from cstudio_sync.entries import FILE

from cstudiod.model.sync_sessions import Conflict, Content, ContentState, Version
from cstudiod.ports import Want
from cstudiod.sync.applier import Side
from cstudiod.sync.mirror import Mirror

MOST_BYTES = 1024 * 1024
"""Of a file that is shown; `Endpoint.fetch` is made for files up to this size."""


async def of_both(mirror: Mirror, conflict: Conflict) -> tuple[Content, Content]:
    """Return the local and the remote content of a conflict."""
    local = await _of(mirror, mirror.local, conflict.path, conflict.local)
    return local, await _of(mirror, mirror.remote, conflict.path, conflict.remote)


def without_reading(version: Version | None) -> Content | None:
    """Return what is shown of a version that is not to be read; None: it is."""
    if version is None:
        return Content(state=ContentState.ABSENT)
    if version.entry.kind != FILE:
        return Content(state=ContentState.NOT_A_FILE)
    if version.entry.size > MOST_BYTES:
        return Content(state=ContentState.TOO_LARGE)
    return None


def shown(data: bytes) -> Content:
    """Tell text from other content, by what it is made of, as `git diff` does."""
    if b"\0" in data:
        return Content(state=ContentState.BINARY)
    text = data.decode("utf-8", "backslashreplace")
    return Content(state=ContentState.TEXT, text=text, is_lossy=text.encode("utf-8") != data)


async def _of(mirror: Mirror, side: Side, path: bytes, version: Version | None) -> Content:
    known = without_reading(version)
    if known is not None or version is None:
        return known or Content(state=ContentState.ABSENT)
    seen = side.differences.get(path)
    row = mirror.ancestor.get([path]).get(path)
    stamp = seen.stamp if seen is not None else row.stamp(side.name) if row else b""
    want = Want(path=path, entry=version.entry, stamp=stamp)
    (data,) = await side.endpoint.fetch([want])
    return Content(state=ContentState.CHANGED) if data is None else shown(data)
