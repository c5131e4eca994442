"""Performs operations on a tree: compare before touching, stage, rename.

Each operation stands alone: trouble with one is its outcome, the next goes on.
What is at a path is compared with what the operation expects, first before
anything is prepared and again right before the one call that changes it. A
file appears whole under its name or not at all.

What an outcome says is there now comes from the very file that was written
(its open descriptor, its inode), never from a second look at the name: what
somebody else puts there in between must not pass for ours. When that cannot be
told the stamp is left empty, which matches nothing, so it is looked at again.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from typing import Callable, Dict, List, Tuple

from cstudio_sync import operations as ops
from cstudio_sync import paths
from cstudio_sync.entries import FOLDER_ENTRY, NO_STAMP, Entry, Seen
from cstudio_sync.operations import Operation, Outcome

from cstudio_agent import dressing, faults, reading, spots, stamps
from cstudio_agent.renaming import rename_new
from cstudio_agent.root import OPEN_FOLDER, Folders
from cstudio_agent.spots import New, Spot
from cstudio_agent.staging import CREATE, Staged, Staging, for_reading
from cstudio_agent.temporary import Names, remove
from cstudio_agent.trash import Trash, write_all

_NAMES_TOLD = 5
_REWRITE = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

Checkpoint = Callable[[str, bytes], None]
"""Called at labelled steps with the path: tests kill, fail or swap things there."""


def no_checkpoint(label: str, path: bytes) -> None:
    """The checkpoint of real life."""


class _Unexpected(Exception):
    """The disk does not hold what the operation expects."""


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
        if is_refused(operation.path) or (operation.source and is_refused(operation.source)):
            return Outcome(operation.path, ops.NAME_REFUSED, None, "the name is the engine's own")
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

    def _spot(self, path: bytes) -> Spot:
        parent, name = paths.split(path)
        folder = self._folders.fd(parent)
        return Spot(folder, name, spots.lstat(name, folder))

    def _expected(self, operation: Operation) -> Spot:
        """Return the spot, when it holds what the operation expects."""
        spot = self._spot(operation.path)
        if not spots.holds(spot, operation.expected, operation.stamp):
            raise _Unexpected()
        return spot

    def _recheck(self, spot: Spot, path: bytes) -> None:
        """The last look: nothing happened at the spot since it was found right."""
        self.checkpoint("recheck", path)
        if not self._folders.is_still(paths.split(path)[0], spot.folder):
            raise _Unexpected()
        now = spots.lstat(spot.name, spot.folder)
        if (now is None) != (spot.status is None):
            raise _Unexpected()
        if now is not None and spot.status is not None and stamps.of(now) != stamps.of(spot.status):
            raise _Unexpected()

    def _done(
        self, operation: Operation, stamp: bytes, kept: str = "", detail: str = ""
    ) -> Outcome:
        self.checkpoint("done", operation.path)
        now = Seen(operation.path, operation.entry, stamp)
        return Outcome(operation.path, ops.OK, now, detail, kept)

    def _keep(self, operation: Operation, spot: Spot) -> Tuple[str, Spot]:
        """Keep the old version if that is asked for; return the spot as it is then."""
        old = spot.status
        if not operation.keep or old is None or stat.S_ISDIR(old.st_mode):
            return "", spot
        kept = self._trash.keep(spot.folder, spot.name)
        now = spots.lstat(spot.name, spot.folder)
        # A hard link into the trash changes the ctime, and nothing else.
        if now is None or spots.without_ctime(now) != spots.without_ctime(old):
            raise _Unexpected()
        return kept, spot._replace(status=now)

    # --------------------------------------------------------------- folders

    def _make_folder(self, operation: Operation) -> Outcome:
        spot = self._spot(operation.path)
        if spot.status is not None:
            if not stat.S_ISDIR(spot.status.st_mode):
                raise _Unexpected()
            return self._done(operation, stamps.of_folder(spot.status))
        self._recheck(spot, operation.path)
        os.mkdir(spot.name, 0o777, dir_fd=spot.folder)
        if dressing.IS_ROOT:
            self._give_folder_to_owner(spot)
        status = spots.lstat(spot.name, spot.folder)
        if status is None or not stat.S_ISDIR(status.st_mode):
            raise _Unexpected()
        return self._done(operation, stamps.of_folder(status))

    def _give_folder_to_owner(self, spot: Spot) -> None:
        owner = os.fstat(spot.folder)
        if (owner.st_uid, owner.st_gid) == (0, 0):
            return
        try:
            descriptor = os.open(spot.name, OPEN_FOLDER, dir_fd=spot.folder)
        except OSError:
            return
        try:
            dressing.chown(descriptor, owner)
        finally:
            os.close(descriptor)

    def _remove_folder(self, operation: Operation) -> Outcome:
        spot = self._expected(operation)
        self.checkpoint("before-rmdir", operation.path)
        self._recheck(spot, operation.path)
        try:
            os.rmdir(spot.name, dir_fd=spot.folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            if not self._clear_leftovers(operation.path):
                return self._not_empty(operation, spot)
            os.rmdir(spot.name, dir_fd=spot.folder)
        return self._done(operation, NO_STAMP)

    def _clear_leftovers(self, path: bytes) -> bool:
        """Remove what an earlier life of this session left, when nothing else is there."""
        names = _names_in(self._spot(path))
        if not all(self._names.is_of_session(name) for name in names):
            return False
        folder = self._folders.fd(path)
        for name in names:
            if not self._staging.uses(name):
                self._remove_quietly(name, folder)
        return True

    def _remove_quietly(self, name: bytes, folder: int) -> None:
        try:
            remove(name, folder, self._folders.root.device, self._names)
        except OSError:
            pass

    def _not_empty(self, operation: Operation, spot: Spot) -> Outcome:
        names = _names_in(spot)
        told = ", ".join(paths.display(name) for name in names[:_NAMES_TOLD])
        more = ", …" if len(names) > _NAMES_TOLD else ""
        status = spots.lstat(spot.name, spot.folder)
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
        descriptor = os.open(name, CREATE, dressing.first_mode(spot, entry), dir_fd=spot.folder)
        try:
            write_all(descriptor, data)
            descriptor = for_reading(descriptor, name, spot.folder)
            dressing.dress(descriptor, spot, entry)
            return self._put_in_place(operation, spot, New(name, spot.folder, descriptor))
        except BaseException:
            _unlink_quietly(name, spot.folder)
            raise
        finally:
            os.close(descriptor)

    def _put_staged(self, operation: Operation, entry: Entry) -> Outcome:
        try:
            staged = self._staging.take(operation.staged)
        except KeyError:
            return Outcome(operation.path, ops.CONTENT_MISMATCH, None, "nothing is staged for it")
        try:
            spot = self._expected(operation)
            dressing.dress_staged(staged, spot, entry)
            new = New(staged.name, staged.folder, staged.fd)
            return self._put_in_place(operation, spot, new)
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
            if not self._staging.end(token):
                raise _Unexpected()
            return self._put_staged(operation._replace(staged=token), entry)
        finally:
            self._staging.drop(token)

    def _put_in_place(self, operation: Operation, spot: Spot, new: New) -> Outcome:
        """Give a finished temporary its name."""
        kept, spot = self._keep(operation, spot)
        before = new.status()
        self.checkpoint("before-rename", operation.path)
        try:
            self._rename(operation, spot, new)
        except OSError as error:
            if error.errno != errno.EBUSY or not spot.is_file() or new.fd < 0:
                raise
            return self._write_in_place(operation, spot, new, kept)
        self.checkpoint("after-rename", operation.path)
        return self._done(operation, spots.stamp_after(before, new.renamed(spot)), kept)

    def _rename(self, operation: Operation, spot: Spot, new: New) -> None:
        self._recheck(spot, operation.path)
        if spot.status is None:
            rename_new(new.name, spot.name, new.folder, spot.folder)
        else:
            os.rename(new.name, spot.name, src_dir_fd=new.folder, dst_dir_fd=spot.folder)

    def _write_in_place(self, operation: Operation, spot: Spot, new: New, kept: str) -> Outcome:
        """A file that is itself a mount cannot be replaced, only rewritten."""
        target = os.open(spot.name, _REWRITE, dir_fd=spot.folder)
        try:
            status = os.fstat(target)
            if spot.status is None or stamps.of(status) != stamps.of(spot.status):
                raise _Unexpected()
            size = _copy_over(new.fd, target)
            os.ftruncate(target, size)
            stamp = stamps.of(os.fstat(target))
        finally:
            os.close(target)
            _unlink_quietly(new.name, new.folder)
        return self._done(operation, stamp, kept, "written in place: a mount cannot be replaced")

    def _put_link(self, operation: Operation) -> Outcome:
        entry = operation.entry
        assert entry is not None
        if not paths.link_stays_inside(operation.path, entry.target):
            return Outcome(operation.path, ops.NAME_REFUSED, None, "the link leads out of the root")
        spot = self._expected(operation)
        name = self._names.new()
        os.symlink(entry.target, name, dir_fd=spot.folder)
        try:
            dressing.give_link_to_owner(name, spot)
            return self._put_in_place(operation, spot, New(name, spot.folder, -1))
        except BaseException:
            _unlink_quietly(name, spot.folder)
            raise

    def _set_executable(self, operation: Operation) -> Outcome:
        entry = operation.entry
        assert entry is not None
        spot = self._expected(operation)
        descriptor = reading.open_file(spot.name, spot.folder)
        try:
            self._recheck(spot, operation.path)
            before = os.fstat(descriptor)
            if spot.status is None or stamps.of(before) != stamps.of(spot.status):
                raise _Unexpected()
            os.fchmod(descriptor, dressing.with_bit(before.st_mode, entry.executable))
            stamp = spots.stamp_after(before, os.fstat(descriptor))
        finally:
            os.close(descriptor)
        return self._done(operation, stamp)

    def _move_file(self, operation: Operation) -> Outcome:
        entry = operation.entry
        assert entry is not None
        parent, name = paths.split(operation.source)
        source_folder = self._folders.own(parent)
        try:
            source = Spot(source_folder, name, spots.lstat(name, source_folder))
            if not spots.holds(source, entry, operation.source_stamp):
                raise _Unexpected()
            spot = self._expected(operation)
            self._recheck(source, operation.source)
            return self._move_in_place(operation, spot, source)
        finally:
            os.close(source_folder)

    def _move_in_place(self, operation: Operation, spot: Spot, source: Spot) -> Outcome:
        kept, spot = self._keep(operation, spot)
        self.checkpoint("before-rename", operation.path)
        try:
            self._rename(operation, spot, New(source.name, source.folder, -1))
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            return self._copy_and_remove(operation, source)
        now = spots.lstat(spot.name, spot.folder)
        assert source.status is not None
        return self._done(operation, spots.stamp_after(source.status, now), kept)

    def _copy_and_remove(self, operation: Operation, source: Spot) -> Outcome:
        """Two mounts of one volume: a rename does not cross them."""
        outcome = self._copy_file(operation)
        if outcome.status == ops.OK:
            self._recheck(source, operation.source)
            os.unlink(source.name, dir_fd=source.folder)
        return outcome

    def _remove_file(self, operation: Operation) -> Outcome:
        spot = self._expected(operation)
        if spot.status is None or stat.S_ISDIR(spot.status.st_mode):
            raise _Unexpected()
        kept, spot = self._keep(operation, spot)
        self._recheck(spot, operation.path)
        self.checkpoint("before-unlink", operation.path)
        os.unlink(spot.name, dir_fd=spot.folder)
        return self._done(operation, NO_STAMP, kept)


# ------------------------------------------------------------------ functions


def is_refused(path: bytes) -> bool:
    """Tell of the root itself, and of temporaries, that they are nobody's to change."""
    if path == paths.ROOT:
        return True
    return paths.TEMPORARY_PREFIX in path and any(map(paths.is_temporary, path.split(b"/")))


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _pour(source: int, staged: Staged) -> None:
    """Copy; a file that grows for ever is left once it has too much."""
    data = os.read(source, reading.PIECE_BYTES)
    while data and staged.takes_more():
        staged.write(data)
        data = os.read(source, reading.PIECE_BYTES)


def _copy_over(source: int, target: int) -> int:
    """Write one open file's content from the start of another; return its size."""
    size = 0
    data = os.pread(source, reading.PIECE_BYTES, size)
    while data:
        write_all(target, data)
        size += len(data)
        data = os.pread(source, reading.PIECE_BYTES, size)
    return size


def _names_in(spot: Spot) -> List[bytes]:
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
