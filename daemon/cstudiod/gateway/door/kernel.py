"""Whose program has the other end of a connection within this machine: Linux knows.

Format: ``/proc/net/tcp`` and ``tcp6``, see proc_net_tcp.txt of the Linux documentation:
one socket a line, addresses as native 32-bit words in hexadecimal, then the state, the
account's number in the eighth column and the inode in the tenth. A socket that its
program has closed already stays in the table as root's, with inode 0.
"""

from __future__ import annotations

import ipaddress
import struct
from pathlib import Path

Address = tuple[str, int]

_TABLES = ("tcp", "tcp6")
_UID, _INODE = 7, 9


def owner(client: Address, server: Address, folder: Path = Path("/proc/net")) -> int | None:
    """Return the account at the `client` end; None: another machine's, or nobody knows.

    Args:
        client: Address and port of the other end.
        server: Address and port of our end.
        folder: Where the kernel's tables are.
    """
    if not _is_here(client[0]) or not _is_here(server[0]):
        return None
    for name in _TABLES:
        try:
            table = (folder / name).read_text("ascii")
        except OSError:
            continue
        found = owner_in(table, client, server)
        if found is not None:
            return found
    return None


def owner_in(table: str, client: Address, server: Address) -> int | None:
    """Return the account of the socket that leads from `client` to `server`."""
    wanted = [
        f"{local} {remote}" for local, remote in zip(_forms(client), _forms(server), strict=True)
    ]
    for line in table.splitlines()[1:]:
        words = line.split()
        if len(words) > _INODE and f"{words[1]} {words[2]}" in wanted and words[_INODE] != "0":
            return int(words[_UID])
    return None


def _is_here(address: str) -> bool:
    try:
        return _plain(address).is_loopback
    except ValueError:
        return False


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    parsed = ipaddress.ip_address(address)
    return getattr(parsed, "ipv4_mapped", None) or parsed


def _forms(address: Address) -> tuple[str, str]:
    """Return how both tables may have it: an IPv4 address may be written as an IPv6 one."""
    plain = _plain(address[0])
    short = plain.packed
    long = short if plain.version == 6 else b"\0" * 10 + b"\xff\xff" + short
    return (_words(short) + f":{address[1]:04X}", _words(long) + f":{address[1]:04X}")


def _words(packed: bytes) -> str:
    return "".join(f"{word:08X}" for word in struct.unpack(f"={len(packed) // 4}I", packed))
