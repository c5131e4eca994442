"""Frames under any chunking and any damage."""

from __future__ import annotations

from typing import Any

from cstudio_sync.frames import Decoder, Encoder, Frame, FrameError, greeting
from hypothesis import given
from hypothesis import strategies as st

values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)
frames = st.builds(
    Frame, st.dictionaries(st.text(max_size=8), values, max_size=3), st.binary(max_size=200)
)
banners = st.binary(max_size=100).filter(lambda banner: b"\x89" not in banner)


def stream_of(sent: list[Frame], banner: bytes = b"") -> bytes:
    encoder = Encoder()
    return banner + greeting() + b"".join(encoder.encode(*frame) for frame in sent)


def fed(decoder: Decoder, stream: bytes, cuts: list[int]) -> list[Frame]:
    received: list[Frame] = []
    start = 0
    for cut in sorted({*(cut % (len(stream) + 1) for cut in cuts), len(stream)}):
        received += decoder.feed(stream[start:cut])
        start = cut
    return received


@given(st.lists(frames, max_size=5), banners, st.lists(st.integers(0, 10_000), max_size=30))
def test_frames_survive_any_chunking(sent: list[Frame], banner: bytes, cuts: list[int]) -> None:
    decoder = Decoder()
    assert fed(decoder, stream_of(sent, banner), cuts) == sent
    assert decoder.banner == banner
    decoder.end()


@given(
    st.lists(frames, min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4),
    st.lists(st.integers(0, 10_000), max_size=5),
)
def test_invariant_14_damaged_bytes_raise_nothing_but_frame_errors(
    sent: list[Frame], damage: list[tuple[int, int]], cuts: list[int]
) -> None:
    stream = bytearray(stream_of(sent))
    for position, value in damage:
        stream[position % len(stream)] = value
    decoder = Decoder()
    try:
        received = fed(decoder, bytes(stream), cuts)
        decoder.end()
    except FrameError:
        return
    assert len(received) <= len(sent)


@given(st.binary(max_size=400), st.booleans())
def test_invariant_14_any_bytes_raise_nothing_but_frame_errors(noise: bytes, greeted: bool) -> None:
    decoder = Decoder()
    try:
        decoder.feed(greeting() if greeted else b"")
        decoder.feed(noise)
        decoder.end()
    except FrameError:
        pass


@given(st.lists(frames, min_size=1, max_size=3), st.integers(1, 10_000))
def test_a_cut_stream_is_never_taken_for_a_whole_one(sent: list[Frame], missing: int) -> None:
    stream = stream_of(sent)
    decoder = Decoder()
    received = decoder.feed(stream[: -(1 + missing % len(stream))])
    assert received == sent[: len(received)]
    assert len(received) < len(sent)
