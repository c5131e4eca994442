"""Output, line by line."""

from __future__ import annotations

from collections.abc import AsyncIterator

_LONGEST_BYTES = 64 * 1024
"""A line that is longer is taken in pieces: nobody waits for its end."""


async def having(pieces: AsyncIterator[bytes], text: str) -> AsyncIterator[bytes]:
    """Yield the whole lines that have a text in them, in any case."""
    wanted, rest = text.casefold(), b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        while len(rest) > _LONGEST_BYTES:
            lines.append(rest[:_LONGEST_BYTES])
            rest = rest[_LONGEST_BYTES:]
        if found := b"".join(line + b"\n" for line in lines if _has(line, wanted)):
            yield found
    if rest and _has(rest, wanted):
        yield rest


def _has(line: bytes, wanted: str) -> bool:
    return wanted in line.decode("utf-8", "replace").casefold()
