"""Renames that never replace: what appeared meanwhile is not clobbered.

Linux has ``renameat2(RENAME_NOREPLACE)``, macOS ``renameatx_np(RENAME_EXCL)``,
both by way of ctypes; where neither is to be had, a hard link does the same for
files, and for the rest a look before the rename has to do.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import Callable, Optional

_RENAME_NOREPLACE = 1
_RENAME_EXCL = 4
_UNSUPPORTED = frozenset((errno.EINVAL, errno.ENOSYS, errno.ENOTSUP))


def rename_new(old: bytes, new: bytes, old_folder: int, new_folder: int) -> None:
    """Rename, unless `new` exists.

    Raises:
        FileExistsError: something is there; nothing was done.
        OSError: as ``rename`` does.
    """
    if _native is not None:
        error = _native(old_folder, old, new_folder, new)
        if not error:
            return
        if error not in _UNSUPPORTED:
            raise OSError(error, os.strerror(error))
    _rename_by_hand(old, new, old_folder, new_folder)


def _rename_by_hand(old: bytes, new: bytes, old_folder: int, new_folder: int) -> None:
    status = os.stat(old, dir_fd=old_folder, follow_symlinks=False)
    if stat.S_ISREG(status.st_mode):
        try:
            os.link(old, new, src_dir_fd=old_folder, dst_dir_fd=new_folder)
        except FileExistsError:
            raise
        except OSError:
            pass  # no hard links here
        else:
            os.unlink(old, dir_fd=old_folder)
            return
    _refuse_existing(new, new_folder)
    os.rename(old, new, src_dir_fd=old_folder, dst_dir_fd=new_folder)


def _refuse_existing(name: bytes, folder: int) -> None:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


_Native = Callable[[int, bytes, int, bytes], int]


def _find_native() -> Optional[_Native]:
    """Return a call that gives 0 or an errno, or None."""
    name, flag = "renameat2", _RENAME_NOREPLACE
    if sys.platform == "darwin":
        name, flag = "renameatx_np", _RENAME_EXCL
    try:
        import ctypes

        call = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (ImportError, OSError, AttributeError):
        return None
    call.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)

    def native(old_folder: int, old: bytes, new_folder: int, new: bytes) -> int:
        if call(old_folder, old, new_folder, new, flag) == 0:
            return 0
        return ctypes.get_errno()

    return native


_native = _find_native()
