"""Noticing changes on this machine: the only importer of watchdog.

watchdog chooses the system's mechanism (inotify, FSEvents, kqueue) and calls
from its own thread. Events are hints, never truth: each names a path that is
looked at afterwards. When the kernel drops events the whole root is looked at.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable

from cstudio_agent import settle
from cstudio_sync import paths
from watchdog import events
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

# Its thread meets an event that came while it was being stopped, and calls that
# an error: nobody waits for the event any more.
logging.getLogger("watchdog.observers.inotify").addFilter(
    lambda record: "called when the thread is inactive" not in record.getMessage()
)

_WANTED: list[type[events.FileSystemEvent]] = [
    events.FileCreatedEvent,
    events.DirCreatedEvent,
    events.FileModifiedEvent,
    events.FileAttribEvent,
    events.FileClosedEvent,
    events.FileDeletedEvent,
    events.DirDeletedEvent,
    events.FileMovedEvent,
    events.DirMovedEvent,
]

_KINDS = {
    events.FileCreatedEvent: settle.CREATED,
    events.DirCreatedEvent: settle.ARRIVED,
    events.FileModifiedEvent: settle.MODIFIED,
    events.FileAttribEvent: settle.MODIFIED,
    events.FileClosedEvent: settle.CLOSED,
    events.FileDeletedEvent: settle.REMOVED,
    events.DirDeletedEvent: settle.REMOVED,
}

Note = Callable[[bytes, int], None]
"""Told a relative path and a `settle` event."""


class Watcher:
    """Watches one local root recursively until it is closed."""

    def __init__(self, root: str, note: Note, rescan: Callable[[str], None]) -> None:
        """Start to watch `root`, an absolute path.

        `note` and `rescan` are called from another thread.

        Raises:
            OSError: it cannot be watched (ENOSPC: the system's limit).
        """
        self._observer: BaseObserver = Observer()
        handler = _Handler(os.fsencode(root), note)
        self._observer.schedule(handler, root, recursive=True, event_filter=_WANTED)
        self._observer.start()
        _report_overflow(self._observer, rescan)

    def close(self) -> None:
        """Stop watching; waits for the threads."""
        self._observer.stop()
        self._observer.join(timeout=5)


class _Handler(events.FileSystemEventHandler):
    """Turns watchdog's events into relative paths."""

    def __init__(self, root: bytes, note: Note) -> None:
        self._prefix = root.rstrip(b"/") + b"/"
        self._note = note

    def dispatch(self, event: events.FileSystemEvent) -> None:
        """Take any event; called from watchdog's thread."""
        if isinstance(event, events.FileMovedEvent | events.DirMovedEvent):
            self._tell(event.src_path, settle.REMOVED)
            self._tell(event.dest_path, settle.ARRIVED)
            return
        kind = _KINDS.get(type(event))
        if kind is not None:
            self._tell(event.src_path, kind)

    def _tell(self, raw: bytes | str, kind: int) -> None:
        path = os.fsencode(raw)
        if not path.startswith(self._prefix):
            if path + b"/" == self._prefix:
                self._note(paths.ROOT, kind)
            return
        relative = path[len(self._prefix) :]
        if not paths.is_temporary(paths.split(relative)[1]):
            self._note(relative, kind)


def _report_overflow(observer: BaseObserver, rescan: Callable[[str], None]) -> None:
    """Have inotify's overflow reported: watchdog repairs its watches in silence.

    Its reader tells every registered callback, so one is registered, on a
    file that nobody deletes.
    """
    reader = getattr(observer, "_inotify_fd", None)
    if not sys.platform.startswith("linux") or reader is None:
        return
    from watchdog.observers.inotify_c import CallbackId, InotifyConstants

    callback = _Overflow(rescan)
    reader.add_callback(
        os.fsencode(os.devnull), InotifyConstants.IN_DELETE_SELF, callback, CallbackId(id(callback))
    )


class _Overflow:
    """A callback of watchdog's inotify reader that only cares about overflow."""

    def __init__(self, rescan: Callable[[str], None]) -> None:
        self._rescan = rescan

    def on_event(self, event: object) -> None:
        """Nothing happens to the file that this is registered on."""

    def on_watch_deleted(self, wd: int) -> None:
        """The reader is closing."""

    def on_queue_overflow(self) -> None:
        """Events were lost: only a complete look tells what."""
        self._rescan("the kernel dropped file events (queue overflow)")
