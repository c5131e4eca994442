"""Messages of a stream, as bytes."""

from __future__ import annotations

import pytest
from cstudiod.gateway.api.envelopes import NotOne, ended, packed, the_one


def test_a_message_has_flags_and_a_length_before_it() -> None:
    """Five bytes; the last message has the flag two."""
    assert packed(b"{}") == b"\0\0\0\0\x02{}"
    assert ended(b"{}") == b"\x02\0\0\0\x02{}"


@pytest.mark.parametrize("message", [b"", b"{}", b"x" * 70_000])
def test_what_was_packed_comes_back(message: bytes) -> None:
    """Whatever its length."""
    assert the_one(packed(message)) == message


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no message"),
        (b"\0\0\0", "no message"),
        (b"{}", "no message"),
        (b"\0\0\0\0\x03{}", "send one"),
        (b"\0\0\0\0\x02{}x", "send one"),
        (packed(b"{}") + packed(b"{}"), "send one"),
        (b"\x01\0\0\0\x02{}", "compressed"),
        (b"\x02\0\0\0\x02{}", "flags"),
        (b"\0\xff\xff\xff\xff{}", "send one"),
    ],
)
def test_anything_but_one_whole_message_is_refused(body: bytes, said: str) -> None:
    """A request has one."""
    with pytest.raises(NotOne, match=said):
        the_one(body)
