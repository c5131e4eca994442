"""Output, line by line."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from cstudiod.services.lines import having


async def given(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


@pytest.mark.parametrize(
    ("pieces", "text", "found"),
    [
        ([b"one\ntwo\n"], "w", [b"two\n"]),
        ([b"one\nt", b"wo\nth", b"ree\n"], "O", [b"one\n", b"two\n"]),
        ([b"GR\xc3\x9cN\nred\n"], "gr\u00fcn", [b"GR\xc3\x9cN\n"]),
        ([b"\xff error\n"], "error", [b"\xff error\n"]),
        ([b"a b", b" error"], "error", [b"a b error"]),
        ([b"a\n", b""], "x", []),
        ([b"\n\n"], "x", []),
    ],
)
async def test_only_lines_with_the_text_are_given(
    pieces: list[bytes], text: str, found: list[bytes]
) -> None:
    """Whole ones, in any case, wherever pieces are cut."""
    assert [piece async for piece in having(given(*pieces), text)] == found


async def test_a_line_without_an_end_is_not_kept_for_ever() -> None:
    """It is taken in pieces: memory stays what it is."""
    endless = given(*[b"x" * 60_000] * 10, b"needle" + b"x" * 100_000)
    found = [piece async for piece in having(endless, "NEEDLE")]
    assert [b"needle" in piece for piece in found] == [True]
    assert len(found[0]) <= 64 * 1024 + 1
