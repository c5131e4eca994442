"""The bounded buffer between a transport and its reader."""

from __future__ import annotations

import asyncio

import pytest
from cstudiod.errors import TargetError
from cstudiod.runtimes import output


async def test_pieces_are_gathered() -> None:
    """A read takes all that is there."""
    out = output.Output()
    out.feed(b"a")
    out.feed(b"")
    out.feed(b"b")
    assert await out.read() == b"ab"


async def test_the_transport_is_paused_and_resumed() -> None:
    """Above the mark the transport stops, below it goes on, once each."""
    said: list[str] = []
    out = output.Output(lambda: said.append("pause"), lambda: said.append("resume"))
    for _ in range(5):
        out.feed(bytes(output.PAUSE_BYTES // 2))
    assert said == ["pause"]
    while said[-1] != "resume":
        await out.read()
    assert said == ["pause", "resume"]


async def test_the_end_comes_after_the_data() -> None:
    """What was received is read before the end, or the error, is told."""
    out = output.Output()
    out.feed(b"a")
    out.end(TargetError("broke"))
    out.end()
    assert await out.read() == b"a"
    for _ in range(2):
        with pytest.raises(TargetError, match="broke"):
            await out.read()
    assert (await out.ended()) is not None


async def test_discarding_lets_the_transport_go_on() -> None:
    """Nobody reads any more: nothing is kept, nothing is paused."""
    said: list[str] = []
    out = output.Output(lambda: said.append("pause"), lambda: said.append("resume"))
    out.feed(bytes(2 * output.PAUSE_BYTES))
    out.discard()
    out.feed(bytes(2 * output.PAUSE_BYTES))
    assert said == ["pause", "resume"]
    await asyncio.wait_for(out.room(), 1)


def test_the_tail_is_bounded_and_printable() -> None:
    """The end is kept, control characters are not."""
    tail = output.Tail()
    tail.feed(b"x" * 10_000)
    tail.feed(b"\xff\x1b[1mend\n\n")
    text = tail.text()
    assert len(text) <= output.TAIL_BYTES
    assert text.endswith("�[1mend")


def test_printable() -> None:
    """Foreign text becomes one short line."""
    assert output.printable("a\n\tb\x07c") == "a b c"
    assert len(output.printable("x" * 1000)) == 300
