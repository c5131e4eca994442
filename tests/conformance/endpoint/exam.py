"""How endpoints are opened, by whom, and where: the part of the exam about roots and rights.

What an open endpoint promises stands in `promises`. A tree is a folder of this
machine in every case here: containers and pods have it mounted. So the exam
changes trees by itself, takes rights away, and fills up disks.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cstudio_sync import operations as ops
from cstudio_sync.entries import FILE, Entry, Seen
from cstudio_sync.operations import Operation, Outcome
from cstudiod.ports import Changes, Endpoint, Want
from support import compare

SESSION = "0f3e9a1c5b7d4e2f8a6b0c1d2e3f4a5b"
OTHER_SESSION = "9999999999999999aaaaaaaaaaaaaaaa"
POLL_SECONDS = 0.3
OUTSIDER = 65534
"""A user without rights."""


class Make(Protocol):
    """Makes an endpoint for a root; it is not open yet."""

    async def __call__(
        self, root: Path, *, session: str, create: bool, wake: Callable[[], None], user: int | None
    ) -> Endpoint: ...


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """How endpoints may differ."""

    endpoint: str
    watch: str
    settle_seconds: float
    """How old a change must be to be told by its stamp alone."""
    plants_id: bool


@dataclass
class Room:
    """One candidate in the exam room, with a tree."""

    name: str
    make: Make
    can: Capabilities
    base: Path
    opened: list[Endpoint] = field(default_factory=list)
    awake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def root(self) -> Path:
        """The tree."""
        return self.base / "tree"

    async def prepare(
        self, *, session: str = SESSION, create: bool = False, user: int | None = None
    ) -> Endpoint:
        """Make an endpoint for the root."""
        made = await self.make(
            self.root, session=session, create=create, wake=self.awake.set, user=user
        )
        self.opened.append(made)
        return made

    async def open(self, *, session: str = SESSION, user: int | None = None) -> Endpoint:
        """Make an endpoint for the root and open it."""
        made = await self.prepare(session=session, user=user)
        await made.open()
        return made

    def write(self, path: str | bytes, content: bytes = b"content\n", mode: int = 0o644) -> bytes:
        """Write a file on the disk with its folders; return its path."""
        raw = os.fsencode(path)
        full = os.path.join(os.fsencode(self.root), raw)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(content)
        os.chmod(full, mode)
        return raw

    def read(self, path: str | bytes) -> bytes:
        """Read a file from the disk."""
        with open(os.path.join(os.fsencode(self.root), os.fsencode(path)), "rb") as file:
            return file.read()

    def listing(self) -> compare.Tree:
        """Return what is really there."""
        return compare.listing(self.root)

    def leftovers(self) -> list[str]:
        """Return temporaries anywhere in the tree."""
        return [
            name
            for _, folders, files in os.walk(self.root)
            for name in (*folders, *files)
            if name.startswith(".cstudio-tmp-")
        ]

    async def close(self) -> None:
        """Close what was opened."""
        for endpoint in self.opened:
            await endpoint.close()


# ------------------------------------------------------------------ questions


async def observed(endpoint: Endpoint, *wanted: bytes) -> dict[bytes, Seen]:
    """Observe paths (the root when none) and return what was said, by path."""
    return {seen.path: seen async for batch in endpoint.observe(wanted or (b"",)) for seen in batch}


async def one(endpoint: Endpoint, operation: Operation) -> Outcome:
    """Apply one operation."""
    (outcome,) = await endpoint.apply([operation])
    return outcome


def taken(endpoint: Endpoint) -> dict[bytes, Seen]:
    """Take what was noticed, and fail when everything is to be looked at again."""
    return {seen.path: seen for changes in endpoint.noticed() for seen in _plain(changes)}


def _plain(changes: Changes) -> Sequence[Seen]:
    assert not changes.rescan, changes.rescan
    return changes.seen


# --------------------------------------------------------------------- values


def file(content: bytes, executable: bool = False) -> Entry:
    """Return the entry of a file."""
    return Entry(FILE, hashlib.sha256(content).digest(), len(content), executable)


def put(path: bytes, content: bytes, before: Seen | None = None, **more: object) -> Operation:
    """Return the operation that writes a small file over what was seen before."""
    executable = bool(more.pop("executable", False))
    operation = Operation(
        ops.PUT_FILE,
        path,
        file(content, executable),
        before.entry if before else None,
        before.stamp if before else b"",
        data=content,
    )
    return operation._replace(**more)  # type: ignore[arg-type]


def want(seen: Seen) -> Want:
    """Return a wish for what was seen."""
    assert seen.entry is not None
    return Want(path=seen.path, entry=seen.entry, stamp=seen.stamp)


async def pieces(content: bytes, size: int = 300_000) -> AsyncIterator[bytes | int]:
    """Yield a content in pieces."""
    for start in range(0, len(content), size):
        yield content[start : start + size]
