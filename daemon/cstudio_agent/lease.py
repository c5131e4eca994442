"""One owner a root: an advisory lock outside the tree, named by the folder.

The kernel frees it when the process ends, however that happens. Who holds it
stands in the file: its label for the one who is refused, and before that its
name, by which a session knows its own earlier life. That one is dying: a daemon
that was killed leaves an agent which lives until the stream's end is noticed.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from typing import Tuple

from cstudio_sync import paths

from cstudio_agent.contracts import RootTrouble
from cstudio_agent.root import Root

_PATIENCE_SECONDS = 3.0
_OWN_PATIENCE_SECONDS = 20.0
"""As `_PATIENCE_SECONDS`, for the earlier life of the same owner."""
_STEP_SECONDS = 0.1
_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_LABEL_BYTES = 400


class Lease:
    """The right to write below one root."""

    def __init__(self) -> None:
        """Nothing is held yet."""
        self._fd = -1
        self._path = ""

    @property
    def is_held(self) -> bool:
        """Whether it is held; not where no lock file can be made."""
        return self._fd >= 0

    def acquire(self, root: Root, owner: str, label: str) -> None:
        """Take the lease; a dying holder is waited for.

        `owner` is the same over restarts of daemon and agent, `label` is for people.

        Where no lock file can be made there is no lease, and no refusal.

        Raises:
            RootTrouble: IN_USE, naming the holder.
        """
        name = ".cstudio-lease-%d-%d" % (root.device, root.inode)
        began = time.monotonic()
        while True:
            try:
                self._path = os.path.join(tempfile.gettempdir(), name)
                self._fd = os.open(self._path, _OPEN, 0o600)
            except OSError:  # no folder for temporaries is one of these errors
                return
            if self._lock(began, owner) and self._is_current():
                break
            if self._is_over(began, owner):
                self._refuse(root)
            self._close()
        os.ftruncate(self._fd, 0)
        said = "%s\n%s" % (owner, label)
        os.pwrite(self._fd, said.encode("utf-8", "replace")[:_LABEL_BYTES], 0)

    def _lock(self, began: float, owner: str) -> bool:
        while True:
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except OSError:
                if self._is_over(began, owner):
                    return False
                time.sleep(_STEP_SECONDS)

    def _is_over(self, began: float, owner: str) -> bool:
        """Tell whether the holder was waited for long enough."""
        waited = time.monotonic() - began
        patience = _OWN_PATIENCE_SECONDS if self._holder()[0] == owner else _PATIENCE_SECONDS
        return waited > patience

    def _holder(self) -> Tuple[str, str]:
        """Return the holder's name and label."""
        said = os.pread(self._fd, _LABEL_BYTES, 0).decode("utf-8", "replace")
        owner, _, label = said.partition("\n")
        return owner, label.strip()

    def _is_current(self) -> bool:
        """Tell whether the locked file is still the one of that name."""
        try:
            there = os.stat(self._path)
        except OSError:
            return False
        return there.st_ino == os.fstat(self._fd).st_ino

    def _refuse(self, root: Root) -> None:
        _, label = self._holder()
        self._close()
        message = "%s is already owned by %s" % (
            paths.display(root.path),
            label or "another session",
        )
        raise RootTrouble(RootTrouble.IN_USE, message)

    def release(self) -> None:
        """Let it go, and leave no file behind; idempotent.

        The file is removed while it is still locked: who waits for it finds
        that it is no longer the one of that name, and begins anew.
        """
        if self._fd >= 0:
            try:
                os.unlink(self._path)
            except OSError:
                pass
            self._close()

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
