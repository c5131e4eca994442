#!/usr/bin/env python3
"""Chromium that does not watch this machine's network interfaces; run in its place.

Whenever an interface comes or goes, Chromium drops every request that is under way
(``ERR_NETWORK_CHANGED``), those to loopback too, and each container that starts brings one.
So it is refused the socket through which it would hear of that; it then takes it that the
network is up. The filter is seccomp's (seccomp(2)), and needs no rights.

Playwright takes from its browsers that a frame of another site has storage of its own. People's
browsers have that, and JupyterLab in a frame needs it, so it stays on.

`CSTUDIO_CHROMIUM` names the browser, else it is Debian's.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
import sys

SOCKET_CALL = {"x86_64": 41, "aarch64": 198}
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
NUMBER, FIRST_ARGUMENT = 0, 16  # offsets in `struct seccomp_data`
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EAFNOSUPPORT
SET_NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 38, 22, 2


def refuse_netlink(call: int) -> None:
    """Have every later socket(AF_NETLINK, …) of this process fail.

    Raises:
        OSError: the kernel has no seccomp filters.
    """
    steps = (
        (LOAD, 0, 0, NUMBER),
        (JUMP_IF_EQUAL, 0, 3, call),
        (LOAD, 0, 0, FIRST_ARGUMENT),
        (JUMP_IF_EQUAL, 0, 1, socket.AF_NETLINK),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = struct.pack("HP", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(SET_SECCOMP, FILTER, program):
        raise OSError(ctypes.get_errno(), "no seccomp filter")


def main() -> None:
    """Become the browser."""
    if platform.machine() in SOCKET_CALL:
        refuse_netlink(SOCKET_CALL[platform.machine()])
    browser = os.environ.get("CSTUDIO_CHROMIUM") or "chromium"
    os.execvp(browser, [browser, *map(as_people_have_it, sys.argv[1:])])


def as_people_have_it(flag: str) -> str:
    """Leave frames of other sites their storage."""
    name, _, features = flag.partition("=")
    if name != "--disable-features":
        return flag
    kept = [one for one in features.split(",") if one != "ThirdPartyStoragePartitioning"]
    return f"{name}={','.join(kept)}"


if __name__ == "__main__":
    main()
