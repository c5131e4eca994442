"""Messages of a stream: a byte of flags, four of length (big-endian), then the message."""

from __future__ import annotations

import struct

_HEAD = struct.Struct(">BI")
_COMPRESSED = 0x01
_END = 0x02


class NotOne(Exception):
    """What came is not one whole message that is not compressed; the text says what it is."""


def packed(message: bytes) -> bytes:
    """Return one message of a stream."""
    return _HEAD.pack(0, len(message)) + message


def ended(message: bytes) -> bytes:
    """Return the message that ends a stream."""
    return _HEAD.pack(_END, len(message)) + message


def the_one(body: bytes) -> bytes:
    """Return the only message in a body.

    Raises:
        NotOne: there is none, half of one, or more.
    """
    if len(body) < _HEAD.size:
        raise NotOne("the body has no message: five bytes come before it, flags and length")
    flags, length = _HEAD.unpack_from(body)
    if flags & _COMPRESSED:
        raise NotOne("the message is compressed, which this server does not take")
    if flags:
        raise NotOne(f"the message has flags that a request cannot have: {flags}")
    if len(body) != _HEAD.size + length:
        raise NotOne(
            f"the body has {len(body) - _HEAD.size} bytes of messages, and the first one"
            f" has {length}: send one"
        )
    return body[_HEAD.size :]
