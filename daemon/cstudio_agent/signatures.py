"""Block digests of contents that were verified here, so that no file is read for them again.

Kept by the content's own digest: where the file on the disk is another by now,
what is made of its blocks does not have the digest that was announced, and is
refused.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import List, Optional, Union

from cstudio_sync.blocks import BLOCK_BYTES, BLOCK_DIGEST_BYTES, block_digest

MOST_BLOCKS = 65_536
"""Of all contents together: 8 GB of files, 1 MB of memory."""


class Signatures:
    """The latest contents' block digests."""

    def __init__(self, most_blocks: int = MOST_BLOCKS) -> None:
        """Keep at most `most_blocks`, the oldest contents go first."""
        self._most = most_blocks
        self._kept: OrderedDict[bytes, bytes] = OrderedDict()
        self._blocks = 0

    def get(self, digest: bytes) -> List[bytes]:
        """Return the digests of a content's whole blocks; empty when they are not known."""
        joined = self._kept.get(digest, b"")
        return [
            joined[at : at + BLOCK_DIGEST_BYTES] for at in range(0, len(joined), BLOCK_DIGEST_BYTES)
        ]

    def put(self, digest: bytes, blocks: List[bytes]) -> None:
        """Keep them. The content was verified to have `digest`."""
        if not blocks or len(blocks) > self._most or digest in self._kept:
            return
        self._kept[digest] = b"".join(blocks)
        self._blocks += len(blocks)
        while self._blocks > self._most:
            _, joined = self._kept.popitem(last=False)
            self._blocks -= len(joined) // BLOCK_DIGEST_BYTES


class Blocks:
    """Collects the block digests of a content that comes in pieces."""

    def __init__(self, base: List[bytes]) -> None:
        """`base`: what is known of the content that blocks are copied from."""
        self._base = base
        self._digests: Optional[List[bytes]] = []
        self._is_whole = True

    def add(self, data: Union[bytes, memoryview], number: int = -1) -> None:
        """Take the next piece; `number` is the block of the base that it is."""
        if self._digests is None:
            return
        if not self._is_whole:  # a piece after a broken block: they do not line up any more
            self._digests = None
            return
        if 0 <= number < len(self._base) and len(data) == BLOCK_BYTES:
            self._digests.append(self._base[number])
            return
        view = memoryview(data)
        whole = len(view) - len(view) % BLOCK_BYTES
        for at in range(0, whole, BLOCK_BYTES):
            self._digests.append(block_digest(view[at : at + BLOCK_BYTES]))
        self._is_whole = whole == len(view)

    def digests(self) -> List[bytes]:
        """Return the digests of all whole blocks; empty when that is not known."""
        return self._digests or []
