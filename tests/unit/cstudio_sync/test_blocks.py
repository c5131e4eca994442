"""Block digests."""

from __future__ import annotations

from cstudio_sync.blocks import BLOCK_BYTES, BLOCK_DIGEST_BYTES, LARGE_FILE_BYTES, block_digest


def test_a_block_digest_is_short_and_tells_blocks_apart() -> None:
    assert len(block_digest(b"a")) == BLOCK_DIGEST_BYTES
    assert block_digest(b"a") != block_digest(b"b")


def test_a_large_file_has_more_than_a_few_blocks() -> None:
    assert LARGE_FILE_BYTES >= 8 * BLOCK_BYTES
