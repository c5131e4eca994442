"""Noticing changes where the system does not report them: by looking.

Every few seconds all folders' fingerprints are compared with those of the last
look. Any difference means a look at everything, which costs only what changed;
so does a look that fails.
"""

from __future__ import annotations

import threading
from typing import Callable, Dict, List, Tuple

from cstudio_agent.contracts import RootTrouble, Stopped
from cstudio_agent.replica import Replica


class Polling:
    """Looks at a tree every so many seconds, in a thread."""

    def __init__(self, replica: Replica, rescan: Callable[[str], None], seconds: float) -> None:
        """`rescan` is told when something is not as it was."""
        self._replica = replica
        self._rescan = rescan
        self._seconds = seconds
        self._last: Dict[bytes, bytes] = {}
        self._closing = threading.Event()
        self._looking = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="polling", daemon=True)
        self._thread.start()

    def drain(self) -> None:
        """Look now."""
        self.poll_now()

    def poll_now(self) -> None:
        """Look, and say when something is not as it was."""
        with self._looking:
            try:
                found: Dict[bytes, bytes] = {}
                self._replica.fingerprints(
                    lambda batch: self._gather(found, batch), self._closing.is_set
                )
            except RootTrouble as trouble:
                self._rescan("root: %s" % trouble.message)
                return
            except Stopped:
                return
            except OSError as error:
                # Whoever looks at everything now meets it as well, and says so.
                self._rescan("polling failed: %s" % (error.strerror or error))
                return
            if found != self._last:
                self._last = found
                self._rescan("polling found changes")

    @staticmethod
    def _gather(found: Dict[bytes, bytes], batch: List[Tuple[bytes, bytes]]) -> None:
        found.update(batch)

    def close(self) -> None:
        """End the thread; idempotent."""
        self._closing.set()
        if self._thread is not threading.current_thread():
            self._thread.join(5.0)

    def _run(self) -> None:
        while not self._closing.wait(self._seconds):
            self.poll_now()
