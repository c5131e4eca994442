"""Names of the engine's own files, and the sweeping of those left behind.

``.cstudio-tmp-`` and 16 hexadecimal digits: 8 that stand for the session, 3
for this life of it, and a number of 5. Of fixed length, so that a long name's
temporary is not too long.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import stat
import time
from typing import Callable, Sequence

from cstudio_sync import paths

from cstudio_agent.root import Folders, open_child

STALE_SECONDS = 24 * 3600
"""So old must a stranger's temporary be before it is taken for dead."""
OWN_STALE_SECONDS = 60
"""As `STALE_SECONDS`, for this session's own, while somebody else may own the root."""
_MADE_HERE = re.compile(re.escape(paths.TEMPORARY_PREFIX) + rb"[0-9a-f]{16}\Z")
"""A folder of another name was made by somebody else, however it begins."""
_MOST_LEVELS = 400
"""A temporary folder that is deeper is none that we made."""


class Names:
    """Makes temporary names for one session."""

    def __init__(self, session: str) -> None:
        """`session` is the same over restarts of daemon and agent."""
        digest = hashlib.sha256(session.encode()).hexdigest()[:8]
        self._prefix = paths.TEMPORARY_PREFIX + digest.encode()
        self._life = self._prefix + os.urandom(2).hex()[:3].encode()
        self._numbers = itertools.count()

    def new(self) -> bytes:
        """Return a name that nobody uses."""
        return self._life + b"%05x" % (next(self._numbers) & 0xFFFFF)

    def is_of_session(self, name: bytes) -> bool:
        """Tell whether this session made the name, now or in an earlier life."""
        return name.startswith(self._prefix)

    def is_of_earlier_life(self, name: bytes) -> bool:
        """Tell whether this session made the name before it was connected anew."""
        return self.is_of_session(name) and not name.startswith(self._life)


def sweep(
    folders: Folders,
    found: Sequence[bytes],
    names: Names,
    in_use: Callable[[bytes], bool],
    is_owner: bool,
) -> None:
    """Remove temporary files whose maker is dead.

    Who owns the root knows that those of earlier lives of this session are;
    all others must be old.
    """
    for path in found:
        folder, name = paths.split(path)
        if in_use(name):
            continue
        try:
            descriptor = folders.fd(folder)
            status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode) and not _MADE_HERE.match(name):
                continue
            is_dead = is_owner and names.is_of_earlier_life(name)
            if is_dead or _is_stale(name, status, names):
                remove(name, descriptor, folders.root.device, names)
        except OSError:
            continue  # it is only tidying up


def remove(name: bytes, folder: int, device: int, names: Names) -> None:
    """Remove a temporary whose maker is taken for dead, a folder with all in it.

    Raises:
        OSError: it could not be removed, or is gone.
    """
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode):
        os.unlink(name, dir_fd=folder)
        return
    # Should its maker be alive after all, then either this rename finds it or the maker's.
    doomed = names.new()
    os.rename(name, doomed, src_dir_fd=folder, dst_dir_fd=folder)
    remove_tree(doomed, folder, device)


def remove_tree(name: bytes, folder: int, device: int, levels: int = _MOST_LEVELS) -> None:
    """Remove a folder and all in it, as far as that can be done.

    Links are removed, not followed; what is on another device is not entered.
    """
    try:
        descriptor = open_child(name, folder, device)
    except OSError:
        return
    try:
        with os.scandir(descriptor) as listing:
            children = [
                (os.fsencode(one.name), one.is_dir(follow_symlinks=False)) for one in listing
            ]
        for child, is_folder in children:
            if not is_folder:
                os.unlink(child, dir_fd=descriptor)
            elif levels:
                remove_tree(child, descriptor, device, levels - 1)
        os.rmdir(name, dir_fd=folder)
    except OSError:
        pass  # it is only tidying up: the next look finds what is left
    finally:
        os.close(descriptor)


def _is_stale(name: bytes, status: os.stat_result, names: Names) -> bool:
    limit = OWN_STALE_SECONDS if names.is_of_session(name) else STALE_SECONDS
    return status.st_ctime < time.time() - limit
