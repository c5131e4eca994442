"""What `find` and `stat` printed, as records; pure, and nothing is believed.

Names are listed once by themselves, ended by NUL, and once behind their stat
fields: since the names are known by then, a name with a line break in it does
no harm. When the two do not fit the tree changed in between (or somebody
lies), and it is listed again.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from typing import NamedTuple

from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER, LINK, Problem, stamp
from cstudio_sync.paths import PathRefused

MOST_ENTRIES = 500_000
RACY_SECONDS = 2
"""Times come in whole seconds: what changed in the last two may change unseen."""

_KINDS = {stat.S_IFREG: FILE, stat.S_IFDIR: FOLDER, stat.S_IFLNK: LINK}


class Mismatch(Exception):
    """The parts of the listing do not fit each other."""


class Found(NamedTuple):
    """One path of a listing."""

    path: bytes
    kind: str
    """`FILE`, `FOLDER`, `LINK`, or empty for anything else."""
    mode: int
    size: int
    mtime: int
    ctime: int
    inode: int
    problem: str = ""

    @property
    def true_stamp(self) -> bytes:
        """The stamp, as precise as the image's `stat` is."""
        if self.kind == FOLDER:
            return stamp(0, 0, 0, self.inode, stat.S_IFDIR)
        nano = 1_000_000_000
        return stamp(self.size, self.mtime * nano, self.ctime * nano, self.inode, self.mode)


class Listing(NamedTuple):
    """Everything below a root at one moment."""

    now: int
    """The clock there, in whole seconds."""
    found: dict[bytes, Found]

    def is_racy(self, one: Found) -> bool:
        """Tell whether the path may change without its stamp changing."""
        return max(one.mtime, one.ctime) > self.now - RACY_SECONDS - 1

    def stamp_of(self, one: Found) -> bytes:
        """Return the stamp to remember: one that never matches when racy."""
        if one.kind in (FILE, LINK) and self.is_racy(one):
            nano = 1_000_000_000
            return stamp(one.size, one.mtime * nano, 0, one.inode, one.mode)
        return one.true_stamp


def parse(output: bytes, device: int) -> Listing:
    """Return the listing that the program `scripts.LIST` printed.

    Raises:
        Mismatch: try again.
        PathRefused: a name that nobody can have.
    """
    now, _, rest = output.partition(b"\0")
    names, rest = _names(rest)
    fields, position = _fields(rest, names)
    if rest[position : position + 1] != b"\0":
        raise Mismatch("there is more than was listed")
    unreadable, _ = _names(rest[position + 1 :])
    blind = {_relative(name) for name in unreadable}
    found = {}
    for name, values in zip(names, fields, strict=True):
        path = _relative(name)
        found[path] = _found(path, values, device, path in blind)
    if not now.isdigit():
        raise Mismatch("the clock there cannot be read")
    return Listing(int(now), found)


def _names(data: bytes) -> tuple[list[bytes], bytes]:
    """Split NUL-ended names up to the empty one; return them and the rest."""
    end = 0 if data[:1] == b"\0" else data.find(b"\0\0") + 1
    if end == 0 and data[:1] != b"\0":
        raise Mismatch("the listing is cut off")
    names = data[: max(end - 1, 0)].split(b"\0") if end else []
    if len(names) > MOST_ENTRIES:
        raise PathRefused(f"more than {MOST_ENTRIES} entries")
    return names, data[end + 1 :]


def _fields(data: bytes, names: list[bytes]) -> tuple[list[list[int]], int]:
    found: list[list[int]] = []
    position = 0
    for name in names:
        head = data[position : position + 200].split(b" ", 6)
        if len(head) < 7:
            raise Mismatch("fewer stat lines than names")
        position += sum(len(part) + 1 for part in head[:6])
        if data[position : position + len(name) + 1] != name + b"\n":
            raise Mismatch("the tree changed while it was listed")
        position += len(name) + 1
        found.append(_numbers(head[:6]))
    return found, position


def _numbers(fields: list[bytes]) -> list[int]:
    try:
        return [int(fields[0], 16), *(int(field) for field in fields[1:])]
    except ValueError as error:
        raise Mismatch("stat printed no numbers") from error


def _relative(name: bytes) -> bytes:
    if name == b".":
        return paths.ROOT
    if not name.startswith(b"./"):
        raise PathRefused("a listed name does not start at the root")
    return paths.relative(name[2:])


def _found(path: bytes, values: list[int], device: int, is_blind: bool) -> Found:
    mode, size, mtime, ctime, inode, its_device = values
    kind = _KINDS.get(stat.S_IFMT(mode), "")
    problem = "" if kind else Problem.SPECIAL_FILE
    if kind == FOLDER and its_device != device:
        problem = Problem.OTHER_FILE_SYSTEM
    elif is_blind:
        problem = Problem.UNREADABLE
    return Found(path, kind, mode, size, mtime, ctime, inode, problem)


def children(listing: Listing) -> Iterator[tuple[bytes, list[Found]]]:
    """Yield every readable folder with what is in it, in byte order."""
    folders: dict[bytes, list[Found]] = {paths.ROOT: []}
    for path, one in listing.found.items():
        if one.kind == FOLDER and not one.problem:
            folders.setdefault(path, [])
    for path, one in listing.found.items():
        parent = paths.split(path)[0]
        if parent in folders:
            folders[parent].append(one)
    for folder, inside in folders.items():
        yield folder, sorted(inside, key=lambda one: one.path)
