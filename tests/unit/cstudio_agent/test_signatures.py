"""Block digests that are remembered must be those of the content."""

from __future__ import annotations

import random

import pytest
from cstudio_agent.signatures import Blocks, Signatures
from cstudio_sync.blocks import BLOCK_BYTES, block_digest

CONTENT = random.Random(1).randbytes(3 * BLOCK_BYTES + 100)
DIGESTS = [
    block_digest(CONTENT[at : at + BLOCK_BYTES]) for at in range(0, 3 * BLOCK_BYTES, BLOCK_BYTES)
]


def _collected(sizes: list[int]) -> list[bytes]:
    blocks, at = Blocks([]), 0
    for size in sizes:
        blocks.add(CONTENT[at : at + size])
        at += size
    return blocks.digests()


@pytest.mark.parametrize(
    ("sizes", "known"),
    [
        ([len(CONTENT)], True),
        ([BLOCK_BYTES, 2 * BLOCK_BYTES, 100], True),
        ([BLOCK_BYTES, BLOCK_BYTES, BLOCK_BYTES], True),
        ([100, len(CONTENT) - 100], False),  # pieces that do not line up with blocks
    ],
)
def test_pieces_give_the_digests_of_the_whole_or_none(sizes: list[int], known: bool) -> None:
    assert _collected(sizes) == (DIGESTS if known else [])


def test_a_copied_block_has_the_digest_that_its_base_is_known_by() -> None:
    blocks = Blocks([b"told" * 4])
    blocks.add(CONTENT[:BLOCK_BYTES], 0)
    blocks.add(CONTENT[:BLOCK_BYTES], 7)  # not known of the base: hashed
    assert blocks.digests() == [b"told" * 4, DIGESTS[0]]


def test_the_oldest_contents_are_forgotten_first() -> None:
    signatures = Signatures(most_blocks=5)
    for name in (b"one", b"two", b"three"):
        signatures.put(name, DIGESTS[:2])
    assert [signatures.get(name) for name in (b"one", b"two", b"three")] == [
        [],
        DIGESTS[:2],
        DIGESTS[:2],
    ]


def test_more_than_fits_is_not_kept() -> None:
    signatures = Signatures(most_blocks=2)
    signatures.put(b"large", DIGESTS)
    assert signatures.get(b"large") == []
