"""Frames of the relay."""

from __future__ import annotations

import pytest
from cstudio_runner.relay import CREDIT, DATA, END, NUMBER, WINDOW_BYTES, Frames, Malformed, frame

STREAM = frame(DATA, 7, b"hello") + frame(END, 7) + frame(CREDIT, 1 << 31, NUMBER.pack(5))
EXPECTED = [(DATA, 7, b"hello"), (END, 7, b""), (CREDIT, 1 << 31, NUMBER.pack(5))]


@pytest.mark.parametrize("size", [1, 2, 8, 9, 10, 1000])
def test_frames_come_in_any_pieces(size: int) -> None:
    """A stream keeps no borders."""
    frames, found = Frames(), []
    for at in range(0, len(STREAM), size):
        found += frames.feed(STREAM[at : at + size])
    assert found == EXPECTED


@pytest.mark.parametrize(
    "stream",
    [
        b"Traceback (most recent call last)",
        frame(0, 1),
        frame(10, 1),
        b"\x05\0\0\0\1\xff\xff\xff\xff",
    ],
)
def test_what_is_no_frame_is_refused(stream: bytes) -> None:
    """An image that prints something, or a length that nobody may send."""
    with pytest.raises(Malformed):
        Frames().feed(stream)


def test_the_longest_frame_is_one_window() -> None:
    """More than that is never on the way."""
    assert Frames().feed(frame(DATA, 1, bytes(WINDOW_BYTES)))[0][2] == bytes(WINDOW_BYTES)
    with pytest.raises(Malformed):
        Frames().feed(frame(DATA, 1, bytes(WINDOW_BYTES + 1)))
