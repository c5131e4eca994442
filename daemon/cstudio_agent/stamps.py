"""From stat results to stamps, and when a stamp is to be trusted.

A stamp tells a later look that nothing changed. It cannot when the file
changed in the same tick of the file system's clock in which it was read: a
second change in that tick leaves size, times and inode as they were. Such a
stamp gets a ctime of 0, which no file has, so that the next look reads the
file again. (Between two looks the watcher covers it: an event always leads
to a fresh read.)
"""

from __future__ import annotations

import os
import stat

from cstudio_sync import entries

FINE_TICK_NS = 20 * 1000 * 1000
"""Kernels tick at 1 to 10 ms."""
COARSE_TICK_NS = 2 * 1000 * 1000 * 1000
"""FAT keeps two seconds, old NFS and HFS+ one."""
_SECOND_NS = 1000 * 1000 * 1000


def of(status: os.stat_result) -> bytes:
    """Return the true stamp of a file, link or special file."""
    return entries.stamp(
        status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_mode
    )


def of_folder(status: os.stat_result) -> bytes:
    """Return a folder's stamp: its inode alone, whatever happens inside."""
    return entries.stamp(0, 0, 0, status.st_ino, stat.S_IFDIR)


def settled(status: os.stat_result, now_ns: int) -> bytes:
    """Return the stamp of a file that was read no earlier than `now_ns`."""
    if _is_racy(status, now_ns):
        return entries.stamp(status.st_size, status.st_mtime_ns, 0, status.st_ino, status.st_mode)
    return of(status)


def _is_racy(status: os.stat_result, now_ns: int) -> bool:
    tick = FINE_TICK_NS
    if status.st_ctime_ns % _SECOND_NS == 0 and status.st_mtime_ns % _SECOND_NS == 0:
        tick = COARSE_TICK_NS
    # A ctime in the future (another machine's clock) proves nothing, ever.
    return status.st_ctime_ns > now_ns - tick or now_ns - tick < status.st_mtime_ns < now_ns + tick


def is_executable(mode: int) -> bool:
    """Tell whether the owner may execute a file of this mode."""
    return bool(mode & stat.S_IXUSR)
