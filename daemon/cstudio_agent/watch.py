"""Recursive inotify, by ctypes on libc: what happened, in the order it happened.

One watch a folder that takes part; excluded folders have none. A folder that
appears is watched first and looked at afterwards, so that nothing falls
between. An overflow, or a watch that is lost, means a look at everything. One
thread sleeps in ``poll`` until there is something to read.
"""

from __future__ import annotations

import errno
import os
import select
import struct
import sys
import threading
import time
from typing import Any, Dict, List, Optional, Tuple

from cstudio_sync import paths

from cstudio_agent import settle
from cstudio_agent.grafting import Watching
from cstudio_agent.listing import LONGEST_FOLDER
from cstudio_agent.notices import Notices
from cstudio_agent.polling import Polling
from cstudio_agent.replica import Replica
from cstudio_agent.root import Folders

_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF = 0x400, 0x800
_OVERFLOW, _IGNORED, _IS_FOLDER = 0x4000, 0x8000, 0x40000000
_ONLY_FOLDER, _DONT_FOLLOW, _EXCLUDE_UNLINKED = 0x1000000, 0x2000000, 0x4000000
_MASK = (
    _MODIFY | _ATTRIB | _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE
    | _ONLY_FOLDER | _EXCLUDE_UNLINKED
)  # fmt: skip
_ROOT_MASK = _MASK | _DELETE_SELF | _MOVE_SELF
_APPEARED = _CREATE | _MOVED_TO
_EVENT = struct.Struct("iIII")
_READ_BYTES = 256 * 1024
_BULK_PAUSES = 10
_BULK_PAUSE_SECONDS = 0.005
POLL_SECONDS = 5.0
"""How often the tree is looked at when not all of its folders can be watched."""
_WITHOUT_EVENTS = (
    b"nfs", b"nfs4", b"9p", b"cifs", b"smb3", b"smbfs", b"ceph", b"lustre", b"virtiofs", b"vboxsf",
)  # fmt: skip
"""Somebody else may write there, whom this kernel does not see."""
_FUSE_WITH_EVENTS = (b"fuse.fuse-overlayfs",)

_EVENTS = (
    (_CLOSE_WRITE, settle.CLOSED),
    (_MOVED_TO, settle.ARRIVED),
    (_CREATE, settle.CREATED),
    (_MODIFY | _ATTRIB, settle.MODIFIED),
    (_DELETE | _MOVED_FROM, settle.REMOVED),
)


class WatchUnavailable(Exception):
    """Changes are not reported here; the text says why, and what to do."""


class Watch(Watching):
    """Watches a replica's tree until it is closed."""

    def __init__(
        self, replica: Replica, notices: Notices, poll_seconds: float = POLL_SECONDS
    ) -> None:
        """Watch every folder that takes part.

        When later the system's limit is reached, the tree is polled as well.

        Raises:
            WatchUnavailable: inotify is not to be had here.
        """
        self._replica = replica
        self._notices = notices
        self._poll_seconds = poll_seconds
        self._polling: Optional[Polling] = None
        self._folders = Folders(replica.root)
        self._libc = _libc()
        self._check_file_system()
        self._fd = self._init()
        self._paths: Dict[int, bytes] = {}
        self._watches: Dict[bytes, int] = {}
        self._noted: List[Tuple[bytes, int]] = []
        self._own_rename = 0
        """The cookie of our last rename into place: what it brings is known."""
        self._lock = threading.RLock()
        self._wake_read, self._wake_write = os.pipe()
        try:
            self._add_below(paths.ROOT)
        except OSError as error:
            self._close_descriptors()
            raise WatchUnavailable(_limit(error)) from error
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._thread.start()

    def drain(self) -> None:
        """Note everything that the kernel has reported so far."""
        with self._lock:
            self._read_all()
        if self._polling is not None:
            self._polling.drain()

    def use_rules(self) -> None:
        """The replica has other exclusions: watch what takes part now, and only that."""
        with self._lock:
            self._read_all()
            self._watch_anew()

    def take_in(self, path: bytes, folder: int) -> None:
        """Watch an open folder that will be shown at `path`."""
        with self._lock:
            try:
                self._add(path, folder)
            except OSError as error:
                self._fall_short(error)

    def disturbed(self, path: bytes) -> None:
        """Look at all of a tree that was shown just now."""
        self._notices.note(path, settle.ARRIVED)

    def close(self) -> None:
        """Stop watching; idempotent."""
        if self._wake_write < 0:
            return
        os.write(self._wake_write, b".")
        if self._thread is not threading.current_thread():
            self._thread.join(5.0)
        with self._lock:
            self._close_descriptors()
        if self._polling is not None:
            self._polling.close()

    # ---------------------------------------------------------------- set up

    def _init(self) -> int:
        descriptor: int = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if descriptor < 0:
            raise WatchUnavailable(_limit(_error()))
        return descriptor

    def _check_file_system(self) -> None:
        kind = _file_system_of(self._replica.root.device)
        is_fuse = kind.startswith(b"fuse") and kind not in _FUSE_WITH_EVENTS
        if kind in _WITHOUT_EVENTS or is_fuse:
            raise WatchUnavailable("%s does not report changes" % kind.decode("ascii", "replace"))

    def _close_descriptors(self) -> None:
        for descriptor in (self._fd, self._wake_read, self._wake_write):
            os.close(descriptor)
        self._fd = self._wake_read = self._wake_write = -1
        self._folders.close()

    def _add_below(self, start: bytes) -> None:
        """Watch a folder and all below it.

        Raises:
            OSError: the system's limit is reached.
        """
        waiting = [start]
        while waiting:
            folder = waiting.pop()
            try:
                descriptor = self._folders.own(folder)
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE) or folder == paths.ROOT:
                    raise OSError(errno.ENFILE, error.strerror) from error
                continue  # gone, a mount, or not ours to read: its parent's look tells
            try:
                self._add(folder, descriptor)
                waiting += self._folders_in(folder, descriptor)
            finally:
                os.close(descriptor)

    def _add(self, folder: bytes, descriptor: int) -> None:
        mask = _ROOT_MASK if folder == paths.ROOT else _MASK
        # The descriptor names the folder that was opened, whatever its path is now.
        name = b"/proc/self/fd/%d" % descriptor
        watch = self._libc.inotify_add_watch(self._fd, name, mask)
        if watch < 0:
            error = _error()
            if error.errno in (errno.ENOSPC, errno.EMFILE, errno.ENOMEM) or folder == paths.ROOT:
                raise error
            return
        stale = self._paths.get(watch)
        if stale is not None and self._watches.get(stale) == watch:
            del self._watches[stale]
        self._paths[watch] = folder
        self._watches[folder] = watch

    def _folders_in(self, folder: bytes, descriptor: int) -> List[bytes]:
        found = []
        excludes = self._replica.matcher.excludes_child
        try:
            with os.scandir(descriptor) as listing:
                for item in listing:
                    name = os.fsencode(item.name)
                    if item.is_dir(follow_symlinks=False) and not paths.is_temporary(name):
                        path = paths.join(folder, name)
                        if len(path) <= LONGEST_FOLDER and not excludes(path, True):
                            found.append(path)
        except OSError:
            pass  # its parent's look tells
        return found

    # --------------------------------------------------------------- reading

    def _run(self) -> None:
        poller = select.poll()
        poller.register(self._fd, select.POLLIN)
        poller.register(self._wake_read, select.POLLIN)
        while True:
            ready = poller.poll()
            if any(descriptor == self._wake_read for descriptor, _ in ready):
                return
            self._let_bulk_go_on()
            try:
                with self._lock:
                    self._read_all()
            except Exception as error:  # a watch that died in silence would be worse
                self._notices.rescan("the watch stumbled: %r" % error)

    def _let_bulk_go_on(self) -> None:
        """Our own bulk makes events by the thousand: read many at once."""
        for _ in range(_BULK_PAUSES):
            if not self._replica.is_in_bulk:
                return
            time.sleep(_BULK_PAUSE_SECONDS)

    def _read_all(self) -> None:
        while self._fd >= 0:
            try:
                data = os.read(self._fd, _READ_BYTES)
            except BlockingIOError:
                return
            except OSError:
                self._notices.rescan("the watch failed")
                return
            self._take(data)
            if self._noted:
                self._notices.note_all(self._noted)
                self._noted = []

    def _take(self, data: bytes) -> None:
        position = 0
        while position < len(data):
            watch, mask, cookie, length = _EVENT.unpack_from(data, position)
            position += _EVENT.size + length
            name = data[position - length : position].rstrip(b"\0")
            if name.startswith(paths.TEMPORARY_PREFIX):
                if mask & _MOVED_FROM:
                    self._own_rename = cookie
            elif not (mask & _MOVED_TO and cookie == self._own_rename):
                self._event(watch, mask, name)
            elif mask & _IS_FOLDER:
                self._grafted(watch, name)

    def _grafted(self, watch: int, name: bytes) -> None:
        """All in a tree of ours should be watched; what is not may have changed unseen."""
        folder = self._paths.get(watch)
        if folder is None:
            return
        path, before = paths.join(folder, name), len(self._watches)
        try:
            self._add_below(path)
        except OSError as error:
            self._fall_short(error)
        if len(self._watches) != before:
            self._noted.append((path, settle.ARRIVED))

    def _event(self, watch: int, mask: int, name: bytes) -> None:
        if mask & _OVERFLOW:
            self._watch_anew()
            self._notices.rescan("the kernel dropped file events (queue overflow)")
            return
        folder = self._paths.get(watch)
        if folder is None:
            return
        if mask & _IGNORED:
            self._forget(watch)
            if folder == paths.ROOT:
                self._notices.rescan("root: it is not watched any more")
            return
        if mask & (_DELETE_SELF | _MOVE_SELF):
            self._notices.rescan("root: it was moved or removed")
            return
        if name:
            self._happened(paths.join(folder, name), mask)

    def _happened(self, path: bytes, mask: int) -> None:
        is_folder = bool(mask & _IS_FOLDER)
        if self._replica.matcher.excluded(path, is_folder):
            return
        if is_folder and self._is_new_folder(path, mask):
            self._noted.append((path, settle.ARRIVED))
            return
        for bits, event in _EVENTS:
            if mask & bits:
                self._noted.append((path, event))
                return

    def _is_new_folder(self, path: bytes, mask: int) -> bool:
        """Watch a folder that appeared; tell whether all in it must be looked at."""
        if mask & _MOVED_FROM:
            self._drop_below(path)
        elif not mask & _APPEARED and (not mask & _ATTRIB or path in self._watches):
            return False
        # What moved away may have been exchanged, what changed be readable now.
        try:
            self._add_below(path)
        except OSError as error:
            self._fall_short(error)
        return bool(mask & _APPEARED) or path in self._watches

    def _drop_below(self, folder: bytes) -> None:
        for path in [p for p in self._watches if p == folder or paths.is_below(p, folder)]:
            watch = self._watches.pop(path)
            self._paths.pop(watch, None)
            self._libc.inotify_rm_watch(self._fd, watch)

    def _forget(self, watch: int) -> None:
        folder = self._paths.pop(watch, None)
        if folder is not None and self._watches.get(folder) == watch:
            del self._watches[folder]

    def _watch_anew(self) -> None:
        """Watch what takes part and is in the tree now, and nothing else."""
        before = self._paths
        self._paths, self._watches = {}, {}
        try:
            self._add_below(paths.ROOT)
        except OSError as error:
            self._fall_short(error)
        for watch in before.keys() - self._paths.keys():
            self._libc.inotify_rm_watch(self._fd, watch)

    def _fall_short(self, error: OSError) -> None:
        """Not all can be watched: poll from now on, and say so once."""
        if self._polling is None:
            self._polling = Polling(self._replica, self._notices.rescan, self._poll_seconds)
            self._notices.rescan("%s; until then it is polled too" % _limit(error))


# ------------------------------------------------------------------ functions


def _libc() -> Any:
    if not sys.platform.startswith("linux"):
        raise WatchUnavailable("this system has no inotify")
    try:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
        libc.inotify_add_watch.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)
        return libc
    except (ImportError, OSError, AttributeError) as error:
        raise WatchUnavailable("inotify cannot be reached: %s" % error) from error


def _error() -> OSError:
    import ctypes

    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))


def _limit(error: OSError) -> str:
    names: Dict[Optional[int], Tuple[str, str]] = {
        errno.ENOSPC: ("watched folders", "max_user_watches=524288"),
        errno.EMFILE: ("watchers", "max_user_instances=512"),
    }
    if error.errno not in names:
        return "inotify cannot be used: %s" % (error.strerror or error)
    what, setting = names[error.errno]
    return "the node's limit of %s is reached; raise it there: sysctl fs.inotify.%s" % (
        what,
        setting,
    )


def _file_system_of(device: int) -> bytes:
    wanted = b"%d:%d" % (os.major(device), os.minor(device))
    try:
        with open("/proc/self/mountinfo", "rb") as table:
            for line in table:
                fields = line.split()
                if len(fields) > 2 and fields[2] == wanted and b"-" in fields:
                    return fields[fields.index(b"-") + 1]
    except OSError:
        pass
    return b""
