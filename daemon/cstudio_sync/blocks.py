"""Blocks of large files: how the unchanged part is not sent again.

The receiver lists the digests of its copy's fixed-size blocks, the sender
names those it may reuse. Fixed blocks find what was appended or overwritten
in place, which is what large files see; an insertion sends the rest again.
"""

from __future__ import annotations

import hashlib
from typing import Union

LARGE_FILE_BYTES = 4 * 1024 * 1024
"""Files from this size on are sent as changed blocks, when a copy exists."""
BLOCK_BYTES = 128 * 1024
BLOCK_DIGEST_BYTES = 16
BLOCKS_A_FRAME = 32
"""So many block numbers travel together: both ends work at the same time."""


def block_digest(block: Union[bytes, memoryview]) -> bytes:
    """Return the digest that stands for one block."""
    return hashlib.sha256(block).digest()[:BLOCK_DIGEST_BYTES]
