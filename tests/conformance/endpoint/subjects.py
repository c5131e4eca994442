"""Who sits the endpoint exam, and what they promise to be able to do.

A tree is a folder of this machine in every case but the memory's: containers
and pods have it mounted. So the hands are here, take rights away and fill disks.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from cstudio_sync import operations as ops
from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER_ENTRY, LINK, Entry, Seen
from cstudio_sync.operations import Operation, Outcome
from cstudiod.ports import Endpoint, Facts, Want
from support.hands import DiskHands, Hands, Listing

T = TypeVar("T")
SESSION = "0f3e9a1c5b7d4e2f8a6b0c1d2e3f4a5b"
OTHER_SESSION = "9999999999999999aaaaaaaaaaaaaaaa"
OUTSIDER = 65534
"""A user without rights."""
ENDING_SECONDS = 3.0
"""So long a program elsewhere may take to end when its stdin has ended."""
Enough = Callable[[dict[bytes, Seen]], bool]


class Make(Protocol):
    """Makes an endpoint to one root; it is not open yet."""

    async def __call__(
        self, *, session: str, create: bool, user: int | None, wake: Callable[[], None]
    ) -> Endpoint: ...


@dataclass(frozen=True, kw_only=True)
class Abilities:
    """How an endpoint differs from the others, as data."""

    name: str
    """What its facts call it."""
    watches: tuple[str, ...]
    """How it may notice changes."""
    notices_seconds: float
    """Within this it notices a change, without being asked."""
    plants: bool
    """It gives the root an id."""
    quiesces: bool
    """It knows when it has noticed everything."""
    compares_blocks: bool
    """It can tell and send blocks of a large file."""
    racy_seconds: float = 0.0
    """So long after a change a file's stamp is not to be trusted."""


MEMORY = Abilities(
    name="folder", watches=("inotify",), notices_seconds=1, plants=True, quiesces=True,
    compares_blocks=False,
)  # fmt: skip
FOLDER = Abilities(
    name="folder", watches=("inotify",), notices_seconds=2, plants=True, quiesces=False,
    compares_blocks=True, racy_seconds=0.1,
)  # fmt: skip
AGENT = Abilities(
    name="agent", watches=("inotify",), notices_seconds=2, plants=True, quiesces=True,
    compares_blocks=True, racy_seconds=0.1,
)  # fmt: skip
SHELL = Abilities(
    name="shell", watches=("poll",), notices_seconds=6, plants=False, quiesces=True,
    compares_blocks=False, racy_seconds=3.2,
)  # fmt: skip


@dataclass
class Subject:
    """A candidate in the exam room, with a tree, and hands on it."""

    can: Abilities
    make: Make
    """Return a new endpoint to the same root, not open yet."""
    hands: Hands
    outside: DiskHands | None = None
    """A folder beside the root, on a disk."""
    endpoint: Endpoint = field(init=False)
    """The endpoint that was opened last."""
    facts: Facts = field(init=False)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    touch: Callable[[], None] = lambda: None
    """Have a watch report what the hands did, where that does not come by itself."""
    _made: list[Endpoint] = field(default_factory=list)

    async def prepare(
        self, *, session: str = SESSION, create: bool = False, user: int | None = None
    ) -> Endpoint:
        """Make an endpoint to the root."""
        made = await self.make(session=session, create=create, user=user, wake=self.woken.set)
        self._made.append(made)
        return made

    async def open(self, *, session: str = SESSION, user: int | None = None) -> Endpoint:
        """Make an endpoint to the root, and open it: the subject's own from now on."""
        self.endpoint = await self.prepare(session=session, user=user)
        self.facts = await self.endpoint.open()
        return self.endpoint

    @property
    def disk(self) -> DiskHands:
        """The hands, of one that serves a disk."""
        assert isinstance(self.hands, DiskHands)
        return self.hands

    @property
    def root(self) -> Path:
        """The tree, of one that serves a disk."""
        return Path(os.fsdecode(self.disk.root))

    async def close(self) -> None:
        """Close what was made; nothing of the engine's own may be left in the tree then."""
        for endpoint in self._made:
            await endpoint.close()
        if not isinstance(self.hands, DiskHands) or not self.root.is_dir():
            return
        end = time.monotonic() + ENDING_SECONDS
        while left := self.leftovers():
            assert time.monotonic() < end, f"left behind in the tree: {left}"
            await asyncio.sleep(0.05)

    def leftovers(self) -> list[bytes]:
        """Return what of the engine's own lies in the tree."""
        return [path for path in self.hands.listing() if b".cstudio-" in path]

    # --------------------------------------------------------------- looking

    async def observe(self, *wanted: bytes) -> dict[bytes, Seen]:
        """Look at paths, and below."""
        return await observed(self.endpoint, *wanted)

    async def fingerprints(self) -> dict[bytes, bytes]:
        """Return every folder's fingerprint."""
        return dict([pair async for pair in flat(self.endpoint.fingerprints())])

    async def look(self, path: bytes) -> Seen:
        """Look at one path."""
        return (await self.observe(path))[path]

    async def apply(self, *operations: Operation) -> list[Outcome]:
        """Perform operations."""
        return list(await self.endpoint.apply(operations))

    async def applied(self, operation: Operation) -> Outcome:
        """Perform one operation."""
        outcome = (await self.apply(operation))[0]
        assert outcome.path == operation.path
        return outcome

    async def succeeded(self, operation: Operation) -> Outcome:
        """Perform an operation that must succeed, and check what it says is there."""
        outcome = await self.applied(operation)
        assert outcome.status == ops.OK, outcome
        if outcome.now is not None:
            assert outcome.now.entry == operation.entry, outcome
        assert entry_at(self.hands.listing(), operation.path) == operation.entry
        return outcome

    async def refused(self, operation: Operation, *statuses: str) -> Outcome:
        """Perform an operation that must be refused, and change nothing at all."""
        before = self.hands.listing()
        outcome = await self.applied(operation)
        assert outcome.status in (statuses or (ops.CHANGED,)), outcome
        assert self.hands.listing() == before
        return outcome

    async def staged(
        self, path: bytes, content: bytes, *pieces: bytes | int, base: Want | None = None
    ) -> str:
        """Stage a file and return its token."""

        async def sent() -> AsyncIterator[bytes | int]:
            for piece in pieces or chunks(content):
                yield piece

        return await self.endpoint.stage(
            Want(path=path, entry=entry(content), stamp=b""), sent(), base
        )

    # -------------------------------------------------------------- noticing

    async def noticed(self, is_enough: Enough) -> dict[bytes, Seen]:
        """Gather what is noticed until it is enough; a rescan is done, as an engine does."""
        found: dict[bytes, Seen] = {}
        end = time.monotonic() + self.can.notices_seconds
        self.touch()
        while True:
            self.woken.clear()
            for changes in self.endpoint.noticed():
                found.update({one.path: one for one in changes.seen})
                if changes.rescan:
                    found.update(await self.observe())
            if is_enough(found):
                return found
            assert time.monotonic() < end, f"noticed no more than {found}"
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.01, end - time.monotonic())):
                    await self.woken.wait()

    async def drained(self) -> None:
        """Have everything noticed that happened so far, and forget it."""
        self.touch()
        if not await self.endpoint.quiesce():
            await asyncio.sleep(0.6)
        self.endpoint.noticed()


# ------------------------------------------------------------------ functions


async def flat(batches: AsyncIterator[Sequence[T]]) -> AsyncIterator[T]:
    """Yield what is in batches."""
    async for batch in batches:
        for one in batch:
            yield one


def chunks(content: bytes, size: int = 256 * 1024) -> Iterator[bytes]:
    """Yield pieces of a content."""
    for start in range(0, len(content), size):
        yield content[start : start + size]


def entry(content: bytes, executable: bool = False) -> Entry:
    """Return a file's entry."""
    return Entry(FILE, hashlib.sha256(content).digest(), len(content), executable)


def entry_of(what: tuple[object, ...] | None) -> Entry | None:
    """Return what `Hands.listing` says as an entry; None for what has none."""
    match what:
        case ("file", bytes(digest), int(size), bool(executable)):
            return Entry(FILE, digest, size, executable)
        case ("folder",):
            return FOLDER_ENTRY
        case ("link", bytes(target)):
            return Entry(LINK, target=target)
    return None


def entry_at(listing: Listing, path: bytes) -> Entry | None:
    """Return what is at a path."""
    return entry_of(listing.get(path))


def entries(listing: Listing) -> dict[bytes, Entry | None]:
    """Return a whole listing as entries."""
    return {path: entry_of(what) for path, what in listing.items()}


def put(path: bytes, content: bytes, *, executable: bool = False, over: Seen | None = None,
        keep: bool = False) -> Operation:  # fmt: skip
    """Return the operation that puts a file, over what was seen there."""
    return Operation(
        ops.PUT_FILE, path, entry(content, executable), data=content, keep=keep,
        **expecting(over),
    )  # fmt: skip


def expecting(seen: Seen | None) -> dict[str, Any]:
    """Return the part of an operation that says what must be there."""
    return {} if seen is None else {"expected": seen.entry, "stamp": seen.stamp}


def mkdir(path: bytes) -> Operation:
    """Return the operation that makes a folder."""
    return Operation(ops.MAKE_FOLDER, path, FOLDER_ENTRY)


async def observed(endpoint: Endpoint, *wanted: bytes) -> dict[bytes, Seen]:
    """Look at paths (the root when none), and below."""
    return {one.path: one async for one in flat(endpoint.observe(wanted or [paths.ROOT]))}


def taken(endpoint: Endpoint) -> dict[bytes, Seen]:
    """Take what was noticed, and fail when everything is to be looked at again."""
    changes = endpoint.noticed()
    assert not [one.rescan for one in changes if one.rescan]
    return {seen.path: seen for one in changes for seen in one.seen}


def want(seen: Seen) -> Want:
    """Return a wish for what was seen."""
    assert seen.entry is not None
    return Want(path=seen.path, entry=seen.entry, stamp=seen.stamp)


async def pieces(content: bytes) -> AsyncIterator[bytes | int]:
    """Yield a content in pieces."""
    for piece in chunks(content):
        yield piece
