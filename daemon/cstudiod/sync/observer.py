"""What a mirror tells its session while it works."""

from __future__ import annotations

from typing import Protocol

from cstudio_sync.entries import Entry


class Observer(Protocol):
    """Told of progress and of what was kept aside; must be quick, never raises."""

    def looked(self, count: int) -> None:
        """So many more paths were looked at."""

    def planned(self, files: int, size: int) -> None:
        """So many more files and bytes are to be brought over."""

    def transferred(self, path: bytes, size: int) -> None:
        """So many more bytes of `path` were handed over."""

    def applied(self, count: int) -> None:
        """So many more operations were done."""

    def kept(self, side: str, path: bytes, entry: Entry, token: str, why: str) -> None:
        """An older version went to the trash of `side` under `token`."""
