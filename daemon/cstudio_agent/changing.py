"""Performs operations on a tree: compare before touching, stage, rename.

Each operation stands alone: trouble with one is its outcome, the next goes on.
What is at a path is compared with what the operation expects, first before
anything is prepared and again right before the one call that changes it. A
file appears whole under its name or not at all.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

from cstudio_sync import operations as ops
from cstudio_sync import paths
from cstudio_sync.entries import FOLDER, FOLDER_ENTRY, LINK, Entry, Seen
from cstudio_sync.operations import Operation, Outcome

from cstudio_agent import faults, reading, stamps
from cstudio_agent.renaming import rename_new
from cstudio_agent.root import OPEN_FOLDER, Folders
from cstudio_agent.staging import CREATE, Staged, Staging
from cstudio_agent.temporary import Names
from cstudio_agent.trash import Trash, write_all

_NAMES_TOLD = 5
_IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0

Checkpoint = Callable[[str, bytes], None]
"""Called at labelled steps with the path: tests kill, fail or swap things there."""


def no_checkpoint(label: str, path: bytes) -> None:
    """The checkpoint of real life."""


class _Unexpected(Exception):
    """The disk does not hold what the operation expects."""


class _Spot(NamedTuple):
    """A path being changed: its open folder, and what is there."""

    folder: int
    name: bytes
    status: Optional[os.stat_result]
    """None: nothing is there."""


class Changing:
    """Applies operations below a root; for one thread at a time."""

    def __init__(self, folders: Folders, staging: Staging, trash: Trash, names: Names) -> None:
        """`folders` belongs to the applying thread."""
        self._folders = folders
        self._staging = staging
        self._trash = trash
        self._names = names
        self.checkpoint: Checkpoint = no_checkpoint
        self._verbs: Dict[str, Callable[[Operation], Outcome]] = {
            ops.MAKE_FOLDER: self._make_folder,
            ops.PUT_FILE: self._put_file,
            ops.PUT_LINK: self._put_link,
            ops.SET_EXECUTABLE: self._set_executable,
            ops.MOVE_FILE: self._move_file,
            ops.COPY_FILE: self._copy_file,
            ops.REMOVE_FILE: self._remove_file,
            ops.REMOVE_FOLDER: self._remove_folder,
        }

    def perform(self, operation: Operation) -> Outcome:
        """Perform one operation; trouble is its outcome."""
        try:
            return self._verbs[operation.verb](operation)
        except _Unexpected:
            return Outcome(operation.path, ops.CHANGED)
        except (reading.NotAFile, reading.Busy):
            return Outcome(operation.path, ops.CHANGED)
        except OSError as error:
            return self._failed(operation, error)

    def _failed(self, operation: Operation, error: OSError) -> Outcome:
        root = self._folders.root
        needed = operation.entry.size if operation.entry is not None else 0
        detail = faults.detail_of(error, root.fd, root.path, needed)
        return Outcome(operation.path, faults.status_of(error), None, detail)

    # --------------------------------------------------------------- looking

    def _spot(self, path: bytes) -> _Spot:
        parent, name = paths.split(path)
        folder = self._folders.fd(parent)
        return _Spot(folder, name, _lstat(name, folder))

    def _expected(self, operation: Operation) -> _Spot:
        """Return the spot, when it holds what the operation expects."""
        spot = self._spot(operation.path)
        if not _holds(spot, operation.expected, operation.stamp):
            raise _Unexpected()
        return spot

    def _recheck(self, spot: _Spot, path: bytes) -> None:
        """The last look: nothing happened at the spot since it was found right."""
        self.checkpoint("recheck", path)
        now = _lstat(spot.name, spot.folder)
        if (now is None) != (spot.status is None):
            raise _Unexpected()
        if now is not None and spot.status is not None and stamps.of(now) != stamps.of(spot.status):
            raise _Unexpected()

    def _done(self, operation: Operation, spot: _Spot, kept: str = "") -> Outcome:
        self.checkpoint("done", operation.path)
        status = _lstat(spot.name, spot.folder)
        if status is None:
            return Outcome(operation.path, ops.OK, Seen(operation.path), "", kept)
        stamp = stamps.of_folder(status) if stat.S_ISDIR(status.st_mode) else stamps.of(status)
        return Outcome(
            operation.path, ops.OK, Seen(operation.path, operation.entry, stamp), "", kept
        )

    def _keep(self, operation: Operation, spot: _Spot) -> Tuple[str, _Spot]:
        """Keep the old version if that is asked for; return the spot as it is then."""
        old = spot.status
        if not operation.keep or old is None or stat.S_ISDIR(old.st_mode):
            return "", spot
        kept = self._trash.keep(spot.folder, spot.name)
        now = _lstat(spot.name, spot.folder)
        # A hard link into the trash changes the ctime, and nothing else.
        if now is None or _without_ctime(now) != _without_ctime(old):
            raise _Unexpected()
        return kept, spot._replace(status=now)

    # --------------------------------------------------------------- folders

    def _make_folder(self, operation: Operation) -> Outcome:
        spot = self._spot(operation.path)
        if spot.status is not None:
            if not stat.S_ISDIR(spot.status.st_mode):
                raise _Unexpected()
            return self._done(operation, spot)
        os.mkdir(spot.name, 0o777, dir_fd=spot.folder)
        if _IS_ROOT:
            self._give_folder_to_owner(spot)
        return self._done(operation, spot)

    def _give_folder_to_owner(self, spot: _Spot) -> None:
        owner = os.fstat(spot.folder)
        if (owner.st_uid, owner.st_gid) == (0, 0):
            return
        try:
            descriptor = os.open(spot.name, OPEN_FOLDER, dir_fd=spot.folder)
        except OSError:
            return
        try:
            _chown(descriptor, owner)
        finally:
            os.close(descriptor)

    def _remove_folder(self, operation: Operation) -> Outcome:
        spot = self._expected(operation)
        self.checkpoint("before-rmdir", operation.path)
        try:
            os.rmdir(spot.name, dir_fd=spot.folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            return self._not_empty(operation, spot)
        return self._done(operation, spot)

    def _not_empty(self, operation: Operation, spot: _Spot) -> Outcome:
        names = _names_in(spot)
        told = ", ".join(paths.display(name) for name in names[:_NAMES_TOLD])
        more = ", …" if len(names) > _NAMES_TOLD else ""
        status = _lstat(spot.name, spot.folder)
        now = None
        if status is not None:
            now = Seen(operation.path, FOLDER_ENTRY, stamps.of_folder(status))
        detail = "kept, because it holds what is not synced: %s%s" % (told, more)
        return Outcome(operation.path, ops.NOT_EMPTY, now, detail)

    # ----------------------------------------------------------------- files

    def _put_file(self, operation: Operation) -> Outcome:
        entry = operation.entry
        assert entry is not None
        if operation.staged:
            return self._put_staged(operation, entry)
        data = operation.data
        if data is None or len(data) != entry.size or _digest(data) != entry.digest:
            return Outcome(operation.path, ops.CONTENT_MISMATCH)
        spot = self._expected(operation)
        name = self._names.new()
        descriptor = os.open(name, CREATE, _first_mode(spot, entry), dir_fd=spot.folder)
        try:
            write_all(descriptor, data)
            _dress(descriptor, spot, entry)
        except BaseException:
            os.close(descriptor)
            _unlink_quietly(name, spot.folder)
            raise
        os.close(descriptor)
        return self._put_in_place(operation, spot, name, spot.folder)

    def _put_staged(self, operation: Operation, entry: Entry) -> Outcome:
        try:
            staged = self._staging.take(operation.staged)
        except KeyError:
            return Outcome(operation.path, ops.CONTENT_MISMATCH, None, "nothing is staged for it")
        try:
            spot = self._expected(operation)
            _dress_staged(staged, spot, entry)
            return self._put_in_place(operation, spot, staged.name, staged.folder)
        except BaseException:
            _unlink_quietly(staged.name, staged.folder)
            raise
        finally:
            staged.close()

    def _copy_file(self, operation: Operation) -> Outcome:
        entry = operation.entry
        assert entry is not None
        token = self._staging.begin(operation.path, entry, None)
        try:
            staged = self._staging.get(token)
            parent, name = paths.split(operation.source)
            source = reading.open_file(name, self._folders.fd(parent))
            try:
                _pour(source, staged)
            finally:
                os.close(source)
            if not staged.end():
                raise _Unexpected()
            return self._put_staged(operation._replace(staged=token), entry)
        finally:
            self._staging.drop(token)

    def _put_in_place(
        self, operation: Operation, spot: _Spot, temporary: bytes, folder: int
    ) -> Outcome:
        """Give a finished temporary its name."""
        try:
            kept, spot = self._keep(operation, spot)
            self.checkpoint("before-rename", operation.path)
            if spot.status is None:
                rename_new(temporary, spot.name, folder, spot.folder)
            else:
                self._recheck(spot, operation.path)
                os.rename(temporary, spot.name, src_dir_fd=folder, dst_dir_fd=spot.folder)
        except BaseException:
            _unlink_quietly(temporary, folder)
            raise
        return self._done(operation, spot, kept)

    def _put_link(self, operation: Operation) -> Outcome:
        entry = operation.entry
        assert entry is not None
        if not paths.link_stays_inside(operation.path, entry.target):
            return Outcome(operation.path, ops.NAME_REFUSED, None, "the link leads out of the root")
        spot = self._expected(operation)
        name = self._names.new()
        os.symlink(entry.target, name, dir_fd=spot.folder)
        return self._put_in_place(operation, spot, name, spot.folder)

    def _set_executable(self, operation: Operation) -> Outcome:
        entry = operation.entry
        assert entry is not None
        spot = self._expected(operation)
        descriptor = reading.open_file(spot.name, spot.folder)
        try:
            status = os.fstat(descriptor)
            if spot.status is None or status.st_ino != spot.status.st_ino:
                raise _Unexpected()
            os.fchmod(descriptor, _with_bit(status.st_mode, entry.executable))
        finally:
            os.close(descriptor)
        return self._done(operation, spot)

    def _move_file(self, operation: Operation) -> Outcome:
        entry = operation.entry
        assert entry is not None
        parent, name = paths.split(operation.source)
        source_folder = self._folders.own(parent)
        try:
            source = _Spot(source_folder, name, _lstat(name, source_folder))
            if not _holds(source, entry, operation.source_stamp):
                raise _Unexpected()
            spot = self._spot(operation.path)
            self._recheck(source, operation.source)
            rename_new(name, spot.name, source_folder, spot.folder)
            return self._done(operation, spot)
        finally:
            os.close(source_folder)

    def _remove_file(self, operation: Operation) -> Outcome:
        spot = self._expected(operation)
        if spot.status is None or stat.S_ISDIR(spot.status.st_mode):
            raise _Unexpected()
        kept, spot = self._keep(operation, spot)
        self._recheck(spot, operation.path)
        os.unlink(spot.name, dir_fd=spot.folder)
        return self._done(operation, spot, kept)


# ------------------------------------------------------------------ functions


def _lstat(name: bytes, folder: int) -> Optional[os.stat_result]:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _without_ctime(status: os.stat_result) -> Tuple[int, int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode


def _holds(spot: _Spot, expected: Optional[Entry], stamp: bytes) -> bool:
    """Tell whether the spot holds `expected`; the content decides where in doubt."""
    status = spot.status
    if status is None or expected is None:
        return status is None and expected is None
    if expected.kind == FOLDER:
        return stat.S_ISDIR(status.st_mode)
    if expected.kind == LINK:
        return stat.S_ISLNK(status.st_mode) and (
            os.readlink(spot.name, dir_fd=spot.folder) == expected.target
        )
    if not stat.S_ISREG(status.st_mode):
        return False
    if stamp and stamps.of(status) == stamp:
        return True
    if status.st_size != expected.size:
        return False
    return reading.read_file(spot.name, spot.folder).entry == expected


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _first_mode(spot: _Spot, entry: Entry) -> int:
    """Return the mode a temporary is made with; a replacement stays closed till dressed."""
    if spot.status is not None:
        return 0o600
    return 0o777 if entry.executable else 0o666


def _dress(descriptor: int, spot: _Spot, entry: Entry) -> None:
    """Give a temporary the mode and owner of what it replaces, or of its folder."""
    if spot.status is not None and stat.S_ISREG(spot.status.st_mode):
        _chown(descriptor, spot.status)
        os.fchmod(
            descriptor, _with_bit(stat.S_IMODE(spot.status.st_mode) & 0o777, entry.executable)
        )
        return
    if spot.status is not None:
        os.fchmod(descriptor, (0o777 if entry.executable else 0o666) & ~_umask())
    if _IS_ROOT:
        _chown(descriptor, os.fstat(spot.folder))


def _dress_staged(staged: Staged, spot: _Spot, entry: Entry) -> None:
    if spot.status is None:
        os.fchmod(staged.fd, (0o777 if entry.executable else 0o666) & ~_umask())
    _dress(staged.fd, spot, entry)


def _chown(descriptor: int, like: os.stat_result) -> None:
    """Follow an owner where that is allowed; it is no trouble where it is not."""
    now = os.fstat(descriptor)
    if (now.st_uid, now.st_gid) == (like.st_uid, like.st_gid):
        return
    try:
        os.fchown(descriptor, like.st_uid, like.st_gid)
    except OSError:
        pass


def _with_bit(mode: int, executable: bool) -> int:
    """Set or clear the executable bit wherever the file may be read."""
    mode = stat.S_IMODE(mode)
    if not executable:
        return mode & ~0o111
    return mode | stat.S_IXUSR | ((mode & 0o444) >> 2)


_umask_seen: List[int] = []


def _umask() -> int:
    if not _umask_seen:
        mask = os.umask(0o077)
        os.umask(mask)
        _umask_seen.append(mask)
    return _umask_seen[0]


def _pour(source: int, staged: Staged) -> None:
    data = os.read(source, reading.PIECE_BYTES)
    while data:
        staged.write(data)
        data = os.read(source, reading.PIECE_BYTES)


def _names_in(spot: _Spot) -> List[bytes]:
    descriptor = os.open(spot.name, OPEN_FOLDER, dir_fd=spot.folder)
    try:
        return sorted(os.fsencode(name) for name in os.listdir(descriptor))
    finally:
        os.close(descriptor)


def _unlink_quietly(name: bytes, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except OSError:
        pass
