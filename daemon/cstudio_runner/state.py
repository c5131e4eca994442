"""The runner's own folder: who holds it, what it says of itself, settings and logs."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import time
from typing import Any, Dict, Optional

_PATIENCE_SECONDS = 2.0
_STATUS, _PREVIOUS = "status.json", "status.previous.json"
_OPEN = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class StateRefused(Exception):
    """The folder cannot be used; the sentence says why."""


class StateInUse(StateRefused):
    """Another runner has it."""


class State:
    """The folder, held by one runner at a time."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = -1

    def acquire(self) -> None:
        """Make the folder and hold it until this process ends.

        What an earlier runner told becomes status.previous.json: it must not be
        taken for ours.

        Raises:
            StateInUse: another runner holds it.
            StateRefused: it is not ours, or cannot be made or written.
        """
        try:
            os.makedirs(self.path, 0o700, exist_ok=True)
            found = os.lstat(self.path)
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
                raise StateRefused("%s is not a folder of this user" % self.path)
            os.chmod(self.path, 0o700)
            os.makedirs(os.path.join(self.path, "logs"), 0o700, exist_ok=True)
            self._lock = os.open(self._file("lock"), _OPEN, 0o600)
        except OSError as error:
            what = "%s cannot be used as state folder: %s" % (self.path, error.strerror)
            raise StateRefused(what) from None
        if not _locked(self._lock, fcntl.LOCK_EX):
            holder = os.pread(self._lock, 20, 0).decode("ascii", "replace").strip()
            os.close(self._lock)
            who = "process %s" % holder if holder else "another process"
            raise StateInUse("%s is in use by a runner, %s" % (self.path, who))
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, b"%d\n" % os.getpid(), 0)
        try:
            os.replace(self._file(_STATUS), self._file(_PREVIOUS))
        except OSError:
            return  # there was none

    def is_held(self) -> bool:
        """Tell whether a runner holds the folder."""
        try:
            lock = os.open(self._file("lock"), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(lock)
        return False

    def log_path(self, name: str) -> str:
        """Return where the output of an entrypoint is kept."""
        return os.path.join(self.path, "logs", name + ".log")

    def write_status(self, status: Dict[str, Any]) -> None:
        """Replace status.json as a whole.

        A full disk is no reason to end a studio, nor to look dead: then the last
        one that could be written is told as current.
        """
        try:
            self._write(_STATUS, json.dumps(status, sort_keys=True, indent=1) + "\n")
        except OSError:
            try:
                os.utime(self._file(_STATUS))
            except OSError:
                return

    def read_status(self) -> Optional[Dict[str, Any]]:
        """Return what status.json says, or None when there is none that can be read."""
        return self._read(_STATUS)

    def read_previous(self) -> Optional[Dict[str, Any]]:
        """Return what the runner before this one told last."""
        return self._read(_PREVIOUS)

    def _read(self, name: str) -> Optional[Dict[str, Any]]:
        try:
            with open(self._file(name), encoding="utf-8") as file:
                status = json.load(file)
        except (OSError, ValueError):
            return None
        return status if isinstance(status, dict) else None

    def status_age(self) -> float:
        """Return the seconds since status.json was written; much when there is none."""
        try:
            return time.time() - os.stat(self._file(_STATUS)).st_mtime
        except OSError:
            return float("inf")

    def said_go(self) -> str:
        """Return the word in the file `go`, nothing when there is none."""
        try:
            with open(self._file("go"), encoding="ascii") as file:
                return file.read(200).strip()
        except (OSError, ValueError):
            return ""

    def write_nginx(self, configuration: str) -> None:
        """Write nginx.conf and make the folder of its temporaries.

        Raises:
            OSError: it cannot be written.
        """
        os.makedirs(self._file("nginx-temp"), 0o700, exist_ok=True)
        self._write("nginx.conf", configuration)

    def _file(self, name: str) -> str:
        return os.path.join(self.path, name)

    def _write(self, name: str, text: str) -> None:
        new = self._file(name + ".new")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with open(os.open(new, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(new, self._file(name))


def _locked(fd: int, kind: int) -> bool:
    """Take a lock; `probe` holds it for an instant, so ask for a while."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(fd, kind | fcntl.LOCK_NB)
            return True
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
