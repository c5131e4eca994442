"""The bar of a first sync: one line on stderr, drawn again and again."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from cstudio import words
from cstudio.cli.tables import clipped, plain, size

if TYPE_CHECKING:
    from cstudio_api.v1.sync_sessions_pb2 import SyncProgress, SyncSession

CELLS = 16
CLEAR = "\r\x1b[K"


class Bar:
    """One session's progress on a terminal."""

    def __init__(self, name: str) -> None:
        self._name = name

    def show(self, session: SyncSession) -> None:
        """Draw the line for the session as it is now."""
        limit = shutil.get_terminal_size().columns - 1
        sys.stderr.write(CLEAR + clipped(line(self._name, session), limit))
        sys.stderr.flush()

    def close(self) -> None:
        """Take the line away."""
        sys.stderr.write(CLEAR)
        sys.stderr.flush()


def line(name: str, session: SyncSession) -> str:
    """Return `api  copy [####----]  45 %  1,204/5,000 files  24 MB/s  0:03 left`."""
    work = session.progress
    if not work.phase:
        said = plain(session.reason.message)
        return "  ".join(part for part in (name, words.state(session), said) if part)
    parts = [name, f"{work.phase} {_cells(work)}".rstrip(), _files(work)]
    if work.bytes_per_second > 0:
        parts += [f"{size(work.bytes_per_second)}/s", _left(work)]
    return "  ".join(part for part in parts if part)


def share(work: SyncProgress) -> float | None:
    """Return how much of the work is done, from 0 to 1; None while that is not known."""
    if work.bytes_total > 0:
        return min(1.0, work.bytes_done / work.bytes_total)
    if work.files_total > 0:
        return min(1.0, work.files_done / work.files_total)
    return None


def cells(done: float) -> str:
    """Return `[####------------]` for how much is done, from 0 to 1."""
    full = int(min(1.0, done) * CELLS)
    return f"[{'#' * full}{'-' * (CELLS - full)}]"


def _cells(work: SyncProgress) -> str:
    done = share(work)
    return "" if done is None else f"{cells(done)} {done * 100:3.0f} %"


def _files(work: SyncProgress) -> str:
    total = f"/{work.files_total:,}" if work.files_total else ""
    return f"{work.files_done:,}{total} files"


def _left(work: SyncProgress) -> str:
    """Return the time that remains at the present rate."""
    remaining = work.bytes_total - work.bytes_done
    if remaining <= 0:
        return ""
    seconds = int(remaining / work.bytes_per_second + 0.5)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}:{minutes:02}" if hours else f"{minutes}") + f":{seconds:02} left"
