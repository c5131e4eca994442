"""A thread that does one thing after another."""

from __future__ import annotations

import queue
import threading
from typing import Callable

from cstudio_agent.wire import WireBroken


class Worker:
    """One thread that does what it is given, in order."""

    def __init__(self, name: str) -> None:
        """Start the thread."""
        self._jobs: queue.Queue[Callable[[], None]] = queue.Queue()
        threading.Thread(target=self._work, name=name, daemon=True).start()

    def do(self, job: Callable[[], None]) -> None:
        """Queue a job."""
        self._jobs.put(job)

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                job()
            except WireBroken:
                return  # the main thread ends everything
