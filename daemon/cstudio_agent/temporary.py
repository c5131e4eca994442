"""Names of the engine's own files, and the sweeping of those left behind.

``.cstudio-tmp-`` and 16 hexadecimal digits: 8 that stand for the session, 8
at random. Of fixed length, so that a long name's temporary is not too long.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from typing import Callable, Sequence

from cstudio_sync import paths

from cstudio_agent.root import Folders

STALE_SECONDS = 24 * 3600
OWN_STALE_SECONDS = 60


class Names:
    """Makes temporary names for one session."""

    def __init__(self, session: str) -> None:
        """`session` is the same over restarts of daemon and agent."""
        digest = hashlib.sha256(session.encode()).hexdigest()[:8]
        self._prefix = paths.TEMPORARY_PREFIX + digest.encode()

    def new(self) -> bytes:
        """Return a name that nobody uses."""
        return self._prefix + os.urandom(4).hex().encode()

    def is_of_session(self, name: bytes) -> bool:
        """Tell whether this session made the name, now or in an earlier life."""
        return name.startswith(self._prefix)


def sweep(
    folders: Folders, found: Sequence[bytes], names: Names, in_use: Callable[[bytes], bool]
) -> None:
    """Remove temporary files whose maker is dead: this session's, or very old."""
    for path in found:
        folder, name = paths.split(path)
        if in_use(name):
            continue
        try:
            descriptor = folders.fd(folder)
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            if _is_stale(name, status, names):
                os.unlink(name, dir_fd=descriptor)
        except OSError:
            continue  # it is only tidying up


def _is_stale(name: bytes, status: os.stat_result, names: Names) -> bool:
    if stat.S_ISDIR(status.st_mode):
        return False
    limit = OWN_STALE_SECONDS if names.is_of_session(name) else STALE_SECONDS
    return status.st_ctime < time.time() - limit
