"""What our own changes left where, so that the watch's echo of them is not told.

Not thread-safe: asked and told in turn (`Replica.turn`).
"""

from __future__ import annotations

import os
import stat
from collections import OrderedDict
from typing import Optional, Sequence, Set, Tuple

from cstudio_sync import operations as ops
from cstudio_sync import paths
from cstudio_sync.entries import Entry, Seen
from cstudio_sync.operations import Operation, Outcome

from cstudio_agent import stamps
from cstudio_agent.root import Folders, Root

_REMEMBERED = 4096

_Left = Tuple[Optional[Entry], bytes]


class Echoes:
    """The paths that were changed last, with what was left there."""

    def __init__(self) -> None:
        self._left: OrderedDict[bytes, _Left] = OrderedDict()

    def remember(self, operation: Operation, outcome: Outcome) -> None:
        """Take in what became of an operation."""
        now = outcome.now
        if outcome.status != ops.OK or now is None:
            return
        if now.entry is not None and not now.stamp:
            self._left.pop(operation.path, None)  # somebody wrote there meanwhile
            return
        self._left[operation.path] = (now.entry, now.stamp)
        if operation.verb == ops.MOVE_FILE:
            self._left[operation.source] = (None, b"")
        while len(self._left) > _REMEMBERED:
            self._left.popitem(last=False)

    def forget(self, operations: Sequence[Operation]) -> None:
        """No event tells of these: any that comes is news."""
        for operation in operations:
            self._left.pop(operation.path, None)

    def untouched(self, root: Root, wanted: Sequence[bytes]) -> Set[bytes]:
        """Return the paths that are just as they were left; nothing is read."""
        known = [path for path in wanted if path in self._left]
        if not known:
            return set()
        folders = Folders(root)
        try:
            return {path for path in known if _stamp_at(folders, path) == self._left[path][1]}
        finally:
            folders.close()

    def is_own(self, seen: Seen) -> bool:
        """Tell whether an observation shows the content that was left there."""
        left = self._left.get(seen.path)
        if left is None or seen.problem:
            return False
        if seen.entry != left[0]:
            del self._left[seen.path]
            return False
        return True


def _stamp_at(folders: Folders, path: bytes) -> bytes:
    """Return the true stamp of what is at a path; empty when nothing is."""
    parent, name = paths.split(path)
    try:
        status = os.stat(name, dir_fd=folders.fd(parent), follow_symlinks=False)
    except FileNotFoundError:
        return b""
    except OSError:
        return b"?"
    return stamps.of_folder(status) if stat.S_ISDIR(status.st_mode) else stamps.of(status)
