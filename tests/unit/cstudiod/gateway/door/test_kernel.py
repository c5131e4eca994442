"""Whose socket it is, by the kernel's table."""

from __future__ import annotations

import errno
import struct
import sys

import pytest
from cstudiod.gateway.door import kernel

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid ...\n"
CLIENT, SERVER = ("127.0.0.1", 0x1234), ("127.0.0.1", 0x1F90)


def _line(local: str, remote: str, uid: int, inode: int) -> str:
    return f"   0: {local} {remote} 01 00000000:00000000 00:00000000 00000000 {uid} 0 {inode} 1\n"


def _word(*octets: int) -> str:
    return f"{struct.unpack('=I', bytes(octets))[0]:08X}"


HERE = _word(127, 0, 0, 1)
ONE = "0" * 24 + _word(0, 0, 0, 1)
MAPPED = "0" * 16 + _word(0, 0, 0xFF, 0xFF) + HERE


def test_a_socket_is_found_by_both_its_ends() -> None:
    """Not by one: another account's may have the same address on the other side."""
    table = (
        HEAD
        + _line(f"{HERE}:1F90", f"{HERE}:1234", 7, 1)  # our own end of it
        + _line(f"{HERE}:1234", f"{HERE}:1F91", 8, 2)
        + _line(f"{HERE}:1235", f"{HERE}:1F90", 9, 3)
        + _line(f"{HERE}:1234", f"{HERE}:1F90", 1000, 4)
    )
    assert kernel.owner_in(table, CLIENT, SERVER) == 1000


def test_what_its_program_closed_is_nobodys() -> None:
    """The table says root then: whoever sends and hangs up would be root."""
    table = HEAD + _line(f"{HERE}:1234", f"{HERE}:1F90", 0, 0)
    assert kernel.owner_in(table, CLIENT, SERVER) is None


@pytest.mark.parametrize(
    ("client", "server", "form"),
    [
        (("::1", 0x1234), ("::1", 0x1F90), ONE),
        (CLIENT, SERVER, MAPPED),
        (("::ffff:127.0.0.1", 0x1234), ("::ffff:127.0.0.1", 0x1F90), HERE),
    ],
)
def test_addresses_of_both_kinds(client: kernel.Address, server: kernel.Address, form: str) -> None:
    """An IPv4 address may be written as one of IPv6, here or there."""
    table = HEAD + _line(f"{form}:1234", f"{form}:1F90", 1000, 4)
    assert kernel.owner_in(table, client, server) == 1000


@pytest.mark.parametrize("peer", ["192.168.1.5", "10.0.0.1", "2001:db8::1", "", "localhost"])
def test_other_machines_are_not_asked_about(peer: str) -> None:
    """Accounts have numbers there too."""
    assert kernel.owner((peer, 1), ("127.0.0.1", 2)) is None


def test_words_have_the_machines_order() -> None:
    """As the kernel prints them."""
    expected = "0100007F" if sys.byteorder == "little" else "7F000001"
    assert kernel._words(bytes([127, 0, 0, 1])) == expected


def _answer(uid: int, inode: int) -> bytes:
    told = b"\x02\x01\0\0" + bytes(48) + struct.pack("=IIIII", 0, 0, 0, uid, inode)
    return struct.pack("=IHHII", 16 + len(told), 20, 0, 1, 0) + told


def test_an_answer_tells_the_account() -> None:
    """But of a socket that was closed: there it says root."""
    assert kernel.answered(_answer(1000, 7)) == 1000
    assert kernel.answered(_answer(0, 7)) == 0
    assert kernel.answered(_answer(0, 0)) is None


@pytest.mark.parametrize("number", [errno.EPERM, errno.EINVAL])
def test_no_answer_is_no_word(number: int) -> None:
    """Then the tables are read; but a socket that is not there is not there."""
    refused = struct.pack("=IHHIIi", 36, 2, 0, 1, 0, -number) + bytes(16)
    with pytest.raises(OSError, match="does not say"):
        kernel.answered(refused)
    absent = struct.pack("=IHHIIi", 36, 2, 0, 1, 0, -errno.ENOENT) + bytes(16)
    assert kernel.answered(absent) is None


def test_a_question_names_both_ends() -> None:
    """In the network's order; an IPv4 address as one, however it was written."""
    asked = kernel.question(("::ffff:127.0.0.1", 0x1234), SERVER)
    assert asked == kernel.question(CLIENT, SERVER)
    assert asked[24:28] == b"\x12\x34\x1f\x90"
    assert asked[28:32] == bytes([127, 0, 0, 1])
    assert len(asked) == 72
