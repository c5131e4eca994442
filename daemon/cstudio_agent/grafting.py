"""New folders with all that is in them: built aside, shown by one rename.

A folder that is not there yet, and what operations put into it, is made under
one temporary name beside its place and renamed, so that nothing in it needs a
temporary, a second look and a rename of its own. What a single file is promised
holds for the tree: it appears whole or not at all, under a name at which nothing
is (looked at again at the last instant, and never replaced), and what an outcome
says comes from the file that was written. A crash leaves one temporary folder,
which the next look sweeps.

Whatever is not as expected (something took the name, a content is not what was
announced, the disk is full) means: nothing was shown, what was made is removed,
and the operations are performed one by one, which tells what stands in the way
of which.

Nobody should touch what has a temporary name. If it happens all the same before
the tree is shown, the outcome's stamp is left empty, and `take_in` is told.
"""

from __future__ import annotations

import hashlib
import os
import stat
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from cstudio_sync import operations as ops
from cstudio_sync import paths
from cstudio_sync.entries import NO_STAMP, Entry, Seen
from cstudio_sync.operations import Operation, Outcome

from cstudio_agent import dressing, spots, stamps
from cstudio_agent.renaming import rename_new
from cstudio_agent.root import Folders, open_child
from cstudio_agent.temporary import Names, remove_tree
from cstudio_agent.trash import write_all

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

Checkpoint = Callable[[str, bytes], None]
"""As `changing.Checkpoint`."""
Show = Callable[[Callable[[], None]], None]
"""Performs, in its turn, the one step that makes a tree visible."""


class Watching:
    """Who must see what happens in a tree from the moment it is shown."""

    def take_in(self, path: bytes, folder: int) -> None:
        """Watch an open folder whose path will be `path`."""

    def disturbed(self, path: bytes) -> None:
        """Somebody touched the tree that is now at `path`: look at all of it."""


class _Unfit(Exception):
    """It has to be done one by one."""


class _Folder(NamedTuple):
    """A folder of the tree that is being made."""

    path: bytes
    """What it will be."""
    fd: int
    held: Dict[bytes, bytes]
    """Name to stamp of what was put into it."""


def groups(operations: Sequence[Operation]) -> Iterator[Tuple[int, int]]:
    """Yield (start, stop) of runs that can be grafted together, or single ones, in order."""
    start = 0
    while start < len(operations):
        top = operations[start]
        stop = start + 1
        if top.verb == ops.MAKE_FOLDER and top.path != paths.ROOT:
            inside = top.path + b"/"
            while stop < len(operations) and _fits(operations[stop], inside):
                stop += 1
        yield start, stop
        start = stop


def _fits(operation: Operation, inside: bytes) -> bool:
    if not operation.path.startswith(inside) or operation.expected is not None:
        return False
    if operation.verb == ops.PUT_FILE:
        return operation.data is not None and not operation.staged
    return operation.verb in (ops.MAKE_FOLDER, ops.PUT_LINK)


class Grafting:
    """Makes trees below a root; for the applying thread."""

    def __init__(self, folders: Folders, names: Names, watching: Watching) -> None:
        """`folders` belongs to the applying thread."""
        self._folders = folders
        self._names = names
        self._watching = watching
        self._made: Set[bytes] = set()
        self.checkpoint: Checkpoint = lambda label, path: None

    def uses(self, name: bytes) -> bool:
        """Tell whether a temporary's name is one of ours, alive."""
        return name in self._made

    def perform(self, operations: Sequence[Operation], show: Show) -> Optional[List[Outcome]]:
        """Do what one of `groups` asks for; None: nothing was done, do it one by one."""
        name = self._names.new()
        self._made.add(name)
        try:
            parent = self._folders.own(paths.split(operations[0].path)[0])
            try:
                return self._make_and_show(operations, name, parent, show)
            except BaseException:
                remove_tree(name, parent, self._folders.root.device)
                raise
            finally:
                os.close(parent)
        except (_Unfit, OSError):
            return None
        finally:
            self._made.discard(name)

    def _make_and_show(
        self, operations: Sequence[Operation], name: bytes, parent: int, show: Show
    ) -> List[Outcome]:
        path = operations[0].path
        if spots.lstat(paths.split(path)[1], parent) is not None:
            raise _Unfit()
        tree = _Tree(self._folders.root.device, parent, name, self._watching, self.checkpoint)
        outcomes = tree.make(operations)
        show(lambda: self._rename(path, name, parent))
        self.checkpoint("grafted", path)
        if tree.is_disturbed:
            self._watching.disturbed(path)
        return outcomes

    def _rename(self, path: bytes, name: bytes, parent: int) -> None:
        folder, target = paths.split(path)
        self.checkpoint("before-graft", path)
        if not self._folders.is_still(folder, parent) or spots.lstat(target, parent) is not None:
            raise _Unfit()
        rename_new(name, target, parent, parent)


class _Tree:
    """One tree while it is made; `parent` is the open folder in which it is."""

    def __init__(
        self, device: int, parent: int, name: bytes, watching: Watching, checkpoint: Checkpoint
    ) -> None:
        self._device = device
        self._top = _Folder(paths.ROOT, parent, {})
        self._name = name
        self._watching = watching
        self._checkpoint = checkpoint
        self._open: List[_Folder] = []
        self._outcomes: Dict[bytes, Outcome] = {}
        self._owner = os.fstat(parent)
        owner = (self._owner.st_uid, self._owner.st_gid)
        self._gives_away = dressing.IS_ROOT and owner != dressing.OURSELVES
        self.is_disturbed = False

    def make(self, operations: Sequence[Operation]) -> List[Outcome]:
        """Make all of it under the temporary name; return what to answer.

        Raises:
            _Unfit, OSError: it cannot be made as it should be.
        """
        try:
            for operation in operations:
                self._one(operation)
            while self._open:
                self._leave()
            return [self._outcomes[operation.path] for operation in operations]
        finally:
            for folder in self._open:
                os.close(folder.fd)

    def _one(self, operation: Operation) -> None:
        path, entry = operation.path, operation.entry
        if entry is None or path in self._outcomes:
            raise _Unfit()
        folder, name = self._folder_of(path)
        if operation.verb == ops.MAKE_FOLDER:
            stamp = self._make_folder(path, name, folder.fd)
        elif operation.verb == ops.PUT_LINK:
            stamp = self._make_link(path, entry, name, folder.fd)
        else:
            stamp = self._make_file(operation.data or b"", entry, name, folder.fd)
        folder.held[name] = stamp
        self._outcomes[path] = Outcome(path, ops.OK, Seen(path, entry, stamp))
        self._checkpoint("graft-made", path)

    def _folder_of(self, path: bytes) -> Tuple[_Folder, bytes]:
        """Return where a path is made, and as what; folders it is not in are left."""
        if not self._outcomes:
            return self._top, self._name
        parent, name = paths.split(path)
        while self._open and self._open[-1].path != parent:
            self._leave()
        if not self._open:
            raise _Unfit()  # its folder is none that was made here
        return self._open[-1], name

    def _make_folder(self, path: bytes, name: bytes, folder: int) -> bytes:
        os.mkdir(name, 0o777, dir_fd=folder)
        descriptor = open_child(name, folder, self._device)
        self._open.append(_Folder(path, descriptor, {}))
        if self._gives_away:
            dressing.chown(descriptor, self._owner)
        return stamps.of_folder(os.fstat(descriptor))

    def _make_file(self, data: bytes, entry: Entry, name: bytes, folder: int) -> bytes:
        if len(data) != entry.size or hashlib.sha256(data).digest() != entry.digest:
            raise _Unfit()
        descriptor = os.open(name, _CREATE, 0o777 if entry.executable else 0o666, dir_fd=folder)
        try:
            write_all(descriptor, data)
            if self._gives_away:
                dressing.chown(descriptor, self._owner)
            return stamps.of(os.fstat(descriptor))
        finally:
            os.close(descriptor)

    def _make_link(self, path: bytes, entry: Entry, name: bytes, folder: int) -> bytes:
        if not paths.link_stays_inside(path, entry.target):
            raise _Unfit()
        os.symlink(entry.target, name, dir_fd=folder)
        dressing.give_link_to_owner(name, spots.Spot(folder, name, None))
        return stamps.of(os.stat(name, dir_fd=folder, follow_symlinks=False))

    def _leave(self) -> None:
        """A folder is complete: have it watched, then see that it is what was made."""
        folder = self._open.pop()
        try:
            self._watching.take_in(folder.path, folder.fd)
            self._checkpoint("graft-watched", folder.path)
            self._look_again(folder)
        finally:
            os.close(folder.fd)

    def _look_again(self, folder: _Folder) -> None:
        missing = dict(folder.held)
        for item in os.listdir(folder.fd):
            name = os.fsencode(item)
            status = spots.lstat(name, folder.fd)
            if status is None or missing.pop(name, None) != _stamp_of(status):
                self._touched(paths.join(folder.path, name))
        for name in missing:
            self._touched(paths.join(folder.path, name))

    def _touched(self, path: bytes) -> None:
        self.is_disturbed = True
        outcome = self._outcomes.get(path)
        if outcome is not None and outcome.now is not None:
            now = outcome.now._replace(stamp=NO_STAMP)
            self._outcomes[path] = outcome._replace(now=now)


def _stamp_of(status: os.stat_result) -> bytes:
    return stamps.of_folder(status) if stat.S_ISDIR(status.st_mode) else stamps.of(status)
