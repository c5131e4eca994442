"""Starter files: put into a zone once, never over anything that is there.

A file gets its name only when it is complete, so a crash leaves either the
file or nothing that is taken for it, and doing it again does the rest. Whether
it has been done for a studio is the studio's record, not this module's.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

from cstudio_sync import paths

from cstudiod.errors import LocalRootError
from cstudiod.zones import folders
from cstudiod.zones.layout import Place, check_relative

FILE_MODE = 0o600
WRITE_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, kw_only=True)
class Starter:
    """One file; `path` is relative to the zone."""

    path: str
    content: bytes
    executable: bool = False


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What became of the files, by their paths."""

    written: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    """Something with that name was there already; it was not looked at."""
    failed: tuple[tuple[str, str], ...] = ()
    """(path, why): a link or a file stands where a folder must be, no room, no right."""


def copy(place: Place, files: Sequence[Starter]) -> Copied:
    """Put `files` into the zone at `place`, making its folder; safe to repeat.

    Raises:
        UsageError: a path leaves the zone; nothing was written.
        LocalRootError: the zone's folder cannot be made or used.
    """
    for file in files:
        check_relative(file.path)
    written: list[str] = []
    kept: list[str] = []
    failed: list[tuple[str, str]] = []
    with folders.opened(place, create=True) as root:
        for file in files:
            try:
                (written if _put(root, file) else kept).append(file.path)
            except OSError as error:
                failed.append((file.path, error.strerror or str(error)))
            except LocalRootError as error:
                failed.append((file.path, error.message))
    return Copied(written=tuple(written), kept=tuple(kept), failed=tuple(failed))


def _put(root: int, file: Starter) -> bool:
    """Write one file below `root`; False: the name is taken."""
    above, _, name = file.path.rpartition("/")
    with contextlib.ExitStack() as closing:
        folder = root
        for part in above.split("/") if above else ():
            folder = folders.step(folder, part, create=True)
            closing.callback(os.close, folder)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_aside(name), dir_fd=folder)  # of an attempt that was cut
        return not _is_taken(folder, name) and _write(folder, name, file)


def _is_taken(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _write(folder: int, name: str, file: Starter) -> bool:
    """Write aside, then give the file its name unless it has been taken meanwhile."""
    aside = _aside(name)
    mode = FILE_MODE | (0o100 if file.executable else 0)
    with open(os.open(aside, WRITE_NEW, mode, dir_fd=folder), "wb") as stream:
        stream.write(file.content)
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(aside, name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        return False
    except OSError:
        return _rename(folder, aside, name)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(aside, dir_fd=folder)
    return True


def _rename(folder: int, aside: str, name: str) -> bool:
    """Give the file its name where the file system has no hard links."""
    if _is_taken(folder, name):
        return False
    os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)
    return True


def _aside(name: str) -> str:
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    return f"{os.fsdecode(paths.TEMPORARY_PREFIX)}starter-{digest}"
