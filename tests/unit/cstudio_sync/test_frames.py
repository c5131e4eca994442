"""Frames: what is read back, and what is refused."""

from __future__ import annotations

import json
import struct

import pytest
from cstudio_sync.frames import (
    MAGIC,
    MAX_BANNER_BYTES,
    MAX_BODY_BYTES,
    MAX_HEADER_BYTES,
    VERSION,
    Decoder,
    Encoder,
    Frame,
    FrameError,
    encode,
    greeting,
)


def raw(header: bytes, body: bytes = b"", sequence: int = 0, marker: int = 0xC5) -> bytes:
    return struct.pack(">BIII", marker, len(header), len(body), sequence) + header + body


def test_frames_come_back_whole_and_in_order() -> None:
    encoder, decoder = Encoder(), Decoder()
    stream = greeting() + encoder.encode({"a": "é"}) + encoder.encode({}, b"\0body")
    assert decoder.feed(stream) == [Frame({"a": "é"}), Frame({}, b"\0body")]
    decoder.end()


def test_a_banner_before_the_greeting_is_put_aside() -> None:
    decoder = Decoder()
    assert decoder.feed(b"Welcome!\r\n") == []
    assert decoder.feed(greeting() + encode({})) == [Frame({})]
    assert decoder.banner == b"Welcome!\r\n"


def test_a_greeting_may_come_byte_by_byte() -> None:
    decoder = Decoder()
    stream = b"noise " + greeting() + encode({"n": 1}, b"xy")
    frames = [
        frame for index in range(len(stream)) for frame in decoder.feed(stream[index : index + 1])
    ]
    assert frames == [Frame({"n": 1}, b"xy")]


def test_a_stream_that_ends_without_greeting_quotes_what_came_instead() -> None:
    decoder = Decoder()
    decoder.feed(b"sh: python3: not found\n")
    with pytest.raises(FrameError, match="sh: python3: not found"):
        decoder.end()


def test_a_banner_is_bounded() -> None:
    decoder = Decoder()
    for _ in range(MAX_BANNER_BYTES // 64):
        decoder.feed(b"y\n" * 32)
    with pytest.raises(FrameError, match="without a greeting"):
        decoder.feed(b"y")
    assert len(decoder.banner) == MAX_BANNER_BYTES


def test_another_version_is_named() -> None:
    with pytest.raises(FrameError, match=f"version b'99' of the protocol, not {VERSION}"):
        Decoder().feed(greeting(99))


def test_a_version_without_end_is_refused() -> None:
    with pytest.raises(FrameError, match="version"):
        Decoder().feed(MAGIC + b"1" * 20)


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        (raw(b"{}", marker=0x41), "something else wrote to the stream"),
        (raw(b"{}", sequence=1), "frame 1 came where 0 was due"),
        (raw(b"[]"), "no JSON object"),
        (raw(b"null"), "no JSON object"),
        (raw(b""), "no JSON"),
        (raw(b"{"), "no JSON"),
        (raw(b"\xff"), "no JSON"),
        (raw(b'{"a": NaN}'), "no JSON"),
        (raw(b'{"a": ' + b"1" * 500_000 + b"}"), "digits"),
        (raw(b'{"a": "\\ud800"}'), "no JSON"),
        (raw(b"[" * 1_000_000), "no JSON"),
        (raw(b'{"a":' * 200_000), "no JSON"),
        (struct.pack(">BIII", 0xC5, MAX_HEADER_BYTES + 1, 0, 0), "header of"),
        (struct.pack(">BIII", 0xC5, 2, MAX_BODY_BYTES + 1, 0), "body of"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_what_a_peer_may_not_send(stream: bytes, says: str) -> None:
    decoder = Decoder(greeted=True)
    with pytest.raises(FrameError, match=says):
        decoder.feed(stream)
    with pytest.raises(FrameError, match=says):
        decoder.feed(b"")


def test_an_escaped_pair_is_text_like_any_other() -> None:
    stream = raw(json.dumps({"a": "😀 \\udead"}).encode())
    assert Decoder(greeted=True).feed(stream) == [Frame({"a": "😀 \\udead"})]


def test_a_stream_that_ends_within_a_frame_is_refused() -> None:
    decoder = Decoder(greeted=True)
    decoder.feed(encode({}, b"body")[:-1])
    with pytest.raises(FrameError, match="within a frame"):
        decoder.end()


def test_nothing_larger_is_made_than_is_taken() -> None:
    with pytest.raises(ValueError, match="too large"):
        encode({}, bytes(MAX_BODY_BYTES + 1))
    with pytest.raises(ValueError, match="too large"):
        encode({"a": "x" * MAX_HEADER_BYTES})


def test_the_sequence_wraps() -> None:
    decoder = Decoder(greeted=True)
    decoder._sequence = 2**32 - 1
    frames = decoder.feed(encode({}, sequence=2**32 - 1) + encode({}, sequence=2**32))
    assert len(frames) == 2


def test_a_large_body_in_small_pieces_costs_no_more_than_in_one() -> None:
    """8 MiB in pieces of 4 KiB: quadratic joining would take many seconds."""
    stream = encode({}, bytes(8 * 1024 * 1024))
    decoder = Decoder(greeted=True)
    frames = []
    for start in range(0, len(stream), 4096):
        frames += decoder.feed(stream[start : start + 4096])
    assert [len(frame.body) for frame in frames] == [8 * 1024 * 1024]
