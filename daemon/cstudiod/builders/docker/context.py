"""A build context: one tar that is the same whenever its content is.

Entries are sorted, belong to root, and have no time. Folders of this machine are
read without following links: a link goes in as a link.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cstudiod.builders.docker import inputs
from cstudiod.errors import UsageError
from cstudiod.model.blueprints import ContextFile

READ_BYTES = 1024 * 1024


class Cancelled(Exception):
    """Nobody wants the build any more."""


@dataclass(frozen=True, kw_only=True)
class Tree:
    """A file or folder of this machine that goes into the context."""

    path: str
    """In the context."""
    root: Path
    """Trusted; links in it are the administrator's."""
    relative: str = ""
    """Below `root`; links on the way are refused."""


@dataclass(frozen=True)
class _Found:
    path: str
    """In the context."""
    place: Path
    status: os.stat_result


def digest(tree: Tree) -> str:
    """Return a digest over names, executable bits, links and contents.

    Raises:
        UsageError: it is not there, or a link leads to it.
    """
    return inputs.digest_of(
        (found.path.removeprefix(tree.path), _is_executable(found.status), _content(found))
        for found in _walk(tree)
        if not stat.S_ISDIR(found.status.st_mode)
    )


def write(
    target: IO[bytes],
    dockerfile: str,
    files: Sequence[ContextFile],
    trees: Sequence[Tree],
    cancelled: threading.Event,
) -> None:
    """Write the context with its Dockerfile to `target`, from its present position.

    Raises:
        UsageError: a tree is not there, changes while it is read, or a link leads to it.
        Cancelled: `cancelled` was set.
    """
    given = {
        one.path: one
        for one in (*files, ContextFile(path="Dockerfile", content=dockerfile.encode()))
    }
    found = {one.path: one for tree in trees for one in _walk(tree) if one.path not in given}
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted({*given, *found}):
            if cancelled.is_set():
                raise Cancelled
            if path in given:
                _add_given(archive, given[path])
            else:
                _add_found(archive, found[path])


def _add_given(archive: tarfile.TarFile, file: ContextFile) -> None:
    entry = _entry(file.path, 0o755 if file.executable else 0o644)
    entry.size = len(file.content)
    archive.addfile(entry, io.BytesIO(file.content))


def _add_found(archive: tarfile.TarFile, found: _Found) -> None:
    entry = _entry(found.path, 0o755 if _is_executable(found.status) else 0o644)
    if stat.S_ISLNK(found.status.st_mode):
        entry.type, entry.linkname = tarfile.SYMTYPE, os.readlink(found.place)
        archive.addfile(entry)
    elif stat.S_ISDIR(found.status.st_mode):
        entry.type, entry.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(entry)
    else:
        with _opened(found.place) as stream:
            entry.size = os.fstat(stream.fileno()).st_size
            try:
                archive.addfile(entry, stream)
            except OSError as error:  # shorter than it was: somebody writes to it
                raise UsageError(f"`{found.place}` changed while it was read") from error


def _entry(path: str, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.mode = mode
    return entry


def _walk(tree: Tree) -> Iterator[_Found]:
    """Yield what is at a tree and below it: files, folders and links; nothing else."""
    start = _start(tree)
    pending = [(tree.path, start)]
    while pending:
        path, place = pending.pop()
        status = os.lstat(place)
        if stat.S_ISDIR(status.st_mode):
            pending += [(f"{path}/{name}", place / name) for name in os.listdir(place)]
        if stat.S_IFMT(status.st_mode) in (stat.S_IFDIR, stat.S_IFREG, stat.S_IFLNK):
            yield _Found(path, place, status)


def _start(tree: Tree) -> Path:
    """Return where a tree is, after looking at each step of the way.

    Raises:
        UsageError: it is not there, or a link is on the way.
    """
    place = Path(os.path.realpath(tree.root))
    for part in Path(tree.relative).parts:
        place = place / part
        if part == ".." or place.is_symlink():
            raise UsageError(f"`{place}` is a link, or leads out of `{tree.root}`: it is not read")
    if not place.exists():
        raise UsageError(
            f"there is no `{place}`, which a block wants in the build context",
            next="correct the block's resources, or put it there",
        )
    return place


def _content(found: _Found) -> str:
    if stat.S_ISLNK(found.status.st_mode):
        return "link " + os.readlink(found.place)
    hasher = hashlib.sha256()
    with _opened(found.place) as stream:
        while data := stream.read(READ_BYTES):
            hasher.update(data)
    return hasher.hexdigest()


def _opened(place: Path) -> IO[bytes]:
    try:
        return open(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
    except OSError as error:
        raise UsageError(f"`{place}` cannot be read: {error.strerror}") from error


def _is_executable(status: os.stat_result) -> bool:
    return bool(status.st_mode & stat.S_IXUSR)
