"""Contents on their way out: whole small files, and large ones as changed blocks.

What counts is the digest: a file that has grown since it was seen still begins
with the version that is wanted, and that beginning is what is sent.
"""

from __future__ import annotations

import hashlib
import os
from typing import Dict, Iterator, List, Optional, Sequence, Union

from cstudio_sync import paths
from cstudio_sync.blocks import BLOCK_BYTES, block_digest

from cstudio_agent import reading
from cstudio_agent.contracts import Want
from cstudio_agent.root import Folders


def content_of(folders: Folders, want: Want) -> Optional[bytes]:
    """Return a small file's wanted version, or None when it is gone."""
    descriptor = _open(folders, want)
    if descriptor is None:
        return None
    try:
        data = _read_exactly(descriptor, want.entry.size)
    except OSError:
        return None
    finally:
        os.close(descriptor)
    if len(data) != want.entry.size or hashlib.sha256(data).digest() != want.entry.digest:
        return None
    return data


def signature(folders: Folders, want: Want) -> List[bytes]:
    """Return the digests of a file's whole blocks; empty when it cannot be read."""
    descriptor = _open(folders, want)
    if descriptor is None:
        return []
    found = []
    try:
        left = min(want.entry.size, os.fstat(descriptor).st_size)
        while left >= BLOCK_BYTES:
            block = _read_exactly(descriptor, BLOCK_BYTES)
            if len(block) != BLOCK_BYTES:
                break
            found.append(block_digest(block))
            left -= BLOCK_BYTES
    except OSError:
        return []
    finally:
        os.close(descriptor)
    return found


def pieces(folders: Folders, want: Want, have: Sequence[bytes]) -> Iterator[Union[bytes, int]]:
    """Yield the wanted version: bytes, or numbers of blocks of `have`.

    Ends early when the file cannot be read; the receiver finds that the digest
    does not match.
    """
    descriptor = _open(folders, want)
    if descriptor is None:
        return
    try:
        if have:
            yield from _against(descriptor, want.entry.size, have)
        else:
            yield from _whole(descriptor, want.entry.size)
    except OSError:
        return
    finally:
        os.close(descriptor)


def _whole(descriptor: int, size: int) -> Iterator[bytes]:
    while size > 0:
        data = os.read(descriptor, min(size, reading.PIECE_BYTES))
        if not data:
            return
        size -= len(data)
        yield data


def _against(descriptor: int, size: int, have: Sequence[bytes]) -> Iterator[Union[bytes, int]]:
    known: Dict[bytes, int] = {digest: number for number, digest in enumerate(have)}
    fresh: List[bytes] = []
    while size > 0:
        block = _read_exactly(descriptor, min(size, BLOCK_BYTES))
        if not block:
            break
        size -= len(block)
        number = known.get(block_digest(block)) if len(block) == BLOCK_BYTES else None
        if number is None:
            fresh.append(block)
        if fresh and (number is not None or len(fresh) * BLOCK_BYTES >= reading.PIECE_BYTES):
            yield b"".join(fresh)
            fresh = []
        if number is not None:
            yield number
    if fresh:
        yield b"".join(fresh)


def _open(folders: Folders, want: Want) -> Optional[int]:
    parent, name = paths.split(want.path)
    try:
        return reading.open_file(name, folders.fd(parent))
    except (OSError, reading.NotAFile):
        return None


def _read_exactly(descriptor: int, size: int) -> bytes:
    data = os.read(descriptor, size)
    if len(data) == size or not data:
        return data
    parts = [data]
    left = size - len(data)
    while left:
        data = os.read(descriptor, left)
        if not data:
            break
        parts.append(data)
        left -= len(data)
    return b"".join(parts)
