"""What `find` and `stat` printed, as records; pure, and nothing is believed.

Names come a few thousand at a time, ended by NUL, and behind them what `stat`
says about each: since the names are known by then, a name with a line break
in it does no harm. A name without numbers went away in between. When anything
else does not fit, the tree is listed again.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER, LINK, Problem, stamp
from cstudio_sync.paths import PathRefused

MOST_ENTRIES = 500_000
RACY_SECONDS = 2
"""Times come in whole seconds: what changed in the last two may change unseen."""
LONGEST_PATH = 4000
"""No program there can be given a longer one."""

_KINDS = {stat.S_IFREG: FILE, stat.S_IFDIR: FOLDER, stat.S_IFLNK: LINK}
_HARMLESS = (b"o such file", b"ermission denied", b"ame too long")
_MOST = 1 << 62
_NANO = 1_000_000_000


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
        return stamp(self.size, self.mtime * _NANO, self.ctime * _NANO, self.inode, self.mode)


class Listing(NamedTuple):
    """Everything below a root at one moment."""

    now: int
    """The clock there, in whole seconds."""
    found: dict[bytes, Found]
    holder: str = ""
    """The session that owns the root, as it says there."""

    def is_racy(self, one: Found) -> bool:
        """Tell whether the path may change without its stamp changing."""
        return max(one.mtime, one.ctime) > self.now - RACY_SECONDS - 1

    def stamp_of(self, one: Found) -> bytes:
        """Return the stamp to remember: one that never matches when racy."""
        if one.kind in (FILE, LINK) and self.is_racy(one):
            return stamp(one.size, one.mtime * _NANO, 0, one.inode, one.mode)
        return one.true_stamp

    def trouble_above(self, path: bytes) -> Found | None:
        """Return the folder above `path` below which nothing can be known."""
        for parent in paths.parents(path):
            one = self.found.get(parent)
            if one is not None and one.problem:
                return one
        return None


def parse(output: bytes, device: int) -> Listing:
    """Return the listing that the program `scripts.LIST` printed.

    Raises:
        Mismatch: try again.
        PathRefused: a name that nobody can have.
    """
    now, holder, position = _head(output)
    blind, position = _names(output, position)
    unreadable = {_relative(name) for name in blind}
    found: dict[bytes, Found] = {}
    while True:
        names, position = _names(output, position)
        if not names:
            break
        position = _stats(output, position, names, device, found)
        if len(found) > MOST_ENTRIES:
            raise PathRefused(f"more than {MOST_ENTRIES} entries")
    _refuse_unknown_trouble(output[position:], unreadable)
    for path in unreadable & found.keys():
        found[path] = found[path]._replace(problem=found[path].problem or Problem.UNREADABLE)
    if paths.ROOT in unreadable:
        raise Mismatch("the folder cannot be read")
    return Listing(now, found, holder)


def _head(output: bytes) -> tuple[int, str, int]:
    end = output.find(b"\0")
    words = output[: max(end, 0)].split(b" ", 1)
    if end < 0 or len(words) != 2 or not words[0].isdigit() or len(words[0]) > 12:
        raise Mismatch("the clock there cannot be read")
    return int(words[0]), words[1][:100].decode("ascii", "replace"), end + 1


def _names(output: bytes, position: int) -> tuple[list[bytes], int]:
    """Return NUL-ended names up to the empty one, and where they end."""
    if output[position : position + 1] == b"\0":
        return [], position + 1
    end = output.find(b"\0\0", position)
    if end < 0:
        raise Mismatch("the listing is cut off")
    names = output[position:end].split(b"\0")
    if len(names) > MOST_ENTRIES:
        raise PathRefused(f"more than {MOST_ENTRIES} entries")
    return names, end + 2


def _stats(
    output: bytes, position: int, names: list[bytes], device: int, found: dict[bytes, Found]
) -> int:
    """Read what `stat` said about `names`; return where that ends."""
    for name in names:
        path = _relative(name)
        if len(name) > LONGEST_PATH:
            found[path] = Found(path, "", 0, 0, 0, 0, 0, Problem.NAME_REFUSED)
            continue
        values, position = _line(output, position, name)
        if values is not None:
            found[path] = _found(path, values, device)
    if output[position : position + 1] != b"\0":
        raise Mismatch("stat speaks about something else")
    return position + 1


def _line(output: bytes, position: int, name: bytes) -> tuple[list[int] | None, int]:
    """Return the numbers behind which `name` stands; None when it is not next."""
    head = output[position : position + 200].split(b" ", 6)
    if len(head) < 7:
        return None, position
    start = position + sum(len(part) + 1 for part in head[:6])
    end = start + len(name) + 1
    if output[start:end] != name + b"\n":
        return None, position
    return numbers(head[:6]), end


def numbers(fields: list[bytes]) -> list[int]:
    """Return mode, size, mtime, ctime, inode and device.

    Raises:
        Mismatch: they are no such numbers.
    """
    try:
        values = [int(fields[0], 16), *(int(field) for field in fields[1:])]
    except ValueError as error:
        raise Mismatch("stat printed no numbers") from error
    mode, size, mtime, ctime, inode, device = values
    seconds = _MOST // _NANO
    if not (
        0 <= mode < 1 << 32
        and 0 <= size < _MOST
        and -seconds < mtime < seconds
        and -seconds < ctime < seconds
        and 0 <= inode < 1 << 64
        and 0 <= device < 1 << 64
    ):
        raise PathRefused("stat printed impossible numbers")
    return values


def _relative(name: bytes) -> bytes:
    if name == b".":
        return paths.ROOT
    if not name.startswith(b"./") or len(name) == 2:
        raise PathRefused("a listed name does not start at the root")
    return paths.relative(name[2:])


def _found(path: bytes, values: list[int], device: int) -> Found:
    mode, size, mtime, ctime, inode, its_device = values
    kind = _KINDS.get(stat.S_IFMT(mode), "")
    problem = "" if kind else Problem.SPECIAL_FILE
    if kind == FOLDER and its_device != device:
        problem = Problem.OTHER_FILE_SYSTEM
    return Found(path, kind, mode, size, mtime, ctime, inode, problem)


def again(path: bytes, line: bytes, device: int) -> Found:
    """Return a path that was stat'ed once more; `line` holds the six numbers."""
    return _found(path, numbers(line.split(b" ")[:6]), device)


def _refuse_unknown_trouble(said: bytes, unreadable: set[bytes]) -> None:
    """What was not listed for another reason than those known must not look absent."""
    if said[-1:] != b"\0":
        raise Mismatch("the listing is cut off")
    for line in said[:-1].splitlines():
        if not any(one in line for one in _HARMLESS):
            raise Mismatch(line[:200].decode("utf-8", "replace"))
        if _HARMLESS[1] in line and not unreadable:
            raise Mismatch("rights changed while the tree was listed")


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


def below(listing: Listing, wanted: Iterable[bytes]) -> list[bytes]:
    """Return the listed paths that are one of `wanted` or below one."""
    asked = set(wanted)
    if paths.ROOT in asked:
        return list(listing.found)
    return [
        path
        for path in listing.found
        if path in asked or any(parent in asked for parent in paths.parents(path))
    ]
