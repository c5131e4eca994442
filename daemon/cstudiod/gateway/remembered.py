"""The port of last time, so that addresses survive a restart of the daemon."""

from __future__ import annotations

import logging
from pathlib import Path

_log = logging.getLogger(__name__)


class Memory:
    """A file with a number in it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def candidates(self, wanted: int) -> tuple[int, ...]:
        """Return the ports to try, best first; 0 means any that is free."""
        if wanted:
            return (wanted,)
        try:
            known = int(self._path.read_text("ascii"))
        except (OSError, ValueError):
            return (0,)
        return (known, 0) if 0 < known < 65536 else (0,)

    def remember(self, port: int) -> None:
        """Keep it for next time; without a file, addresses change at the next start."""
        draft = self._path.with_suffix(".new")
        try:
            draft.write_text(f"{port}\n", "ascii")
            draft.replace(self._path)
        except OSError as error:
            _log.warning("the gateway's port is not remembered: %s", error)
