"""Whose program has the other end of a connection within this machine: Linux knows.

It is asked for that one socket, by netlink's sock_diag (formats: sock_diag(7) of the Linux
manual, `linux/inet_diag.h`). Where it does not answer, its tables are read, which takes
long where there are many sockets: ``/proc/net/tcp`` and ``tcp6`` (proc_net_tcp.txt of the
kernel's documentation: one socket a line, addresses as native 32-bit words in hexadecimal,
then the state, the account's number in the eighth column and the inode in the tenth).
Either has a socket that its program has closed already as root's, with inode 0.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
import struct
import sys
from pathlib import Path

Address = tuple[str, int]

_TABLES = ("tcp", "tcp6")
_UID, _INODE = 7, 9
_SOCK_DIAG = 4
"""Netlink's protocol of that name."""
_BY_FAMILY, _ERROR, _REQUEST = 20, 2, 1
_HEADER = struct.Struct("=IHHII")
_ANY = 0xFFFFFFFF
_UID_AT = _HEADER.size + 4 + 48 + 12
"""In an answer: after its header, four bytes, the socket's name and three numbers."""
_ANSWER_BYTES = 8192
_SECONDS = 1.0


def owner(client: Address, server: Address, folder: Path = Path("/proc/net")) -> int | None:
    """Return the account at the `client` end; None: another machine's, or nobody knows.

    Args:
        client: Address and port of the other end.
        server: Address and port of our end.
        folder: Where the kernel's tables are.
    """
    if not _is_here(client[0]) or not _is_here(server[0]):
        return None
    try:
        return _asked(client, server)
    except OSError:
        return _read(client, server, folder)


def _asked(client: Address, server: Address) -> int | None:
    """Ask the kernel for one socket.

    Raises:
        OSError: it does not answer such questions.
    """
    if sys.platform != "linux":
        raise OSError(errno.EAFNOSUPPORT, "there is no netlink here")
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    with socket.socket(socket.AF_NETLINK, kind, _SOCK_DIAG) as netlink:
        netlink.settimeout(_SECONDS)
        netlink.send(question(client, server))
        return answered(netlink.recv(_ANSWER_BYTES))


def question(client: Address, server: Address) -> bytes:
    """Return the message that asks for the socket that leads from `client` to `server`."""
    ends = [_plain(client[0]), _plain(server[0])]
    family = socket.AF_INET if ends[0].version == 4 else socket.AF_INET6
    name = struct.pack("!HH", client[1], server[1])
    name += b"".join(end.packed.ljust(16, b"\0") for end in ends)
    name += struct.pack("=III", 0, _ANY, _ANY)
    asked = struct.pack("=BBBBI", family, socket.IPPROTO_TCP, 0, 0, _ANY) + name
    header = _HEADER.pack(_HEADER.size + len(asked), _BY_FAMILY, _REQUEST, 1, 0)
    return header + asked


def answered(message: bytes) -> int | None:
    """Return the account that an answer tells; None: there is no such socket, or not any more.

    Raises:
        OSError: it is no answer to that question.
    """
    _, kind, _, _, _ = _HEADER.unpack_from(message)
    if kind == _ERROR:
        (number,) = struct.unpack_from("=i", message, _HEADER.size)
        if -number == errno.ENOENT:
            return None
        raise OSError(-number, "the kernel does not say whose a socket is")
    if kind != _BY_FAMILY or len(message) < _UID_AT + 8:
        raise OSError(errno.EPROTO, "the kernel said something else")
    uid, inode = struct.unpack_from("=II", message, _UID_AT)
    return int(uid) if inode else None


def _read(client: Address, server: Address, folder: Path) -> int | None:
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
