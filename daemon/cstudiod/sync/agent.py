"""A tree in a pod or container as an endpoint, through the agent.

The agent travels as a zip over the exec stream and runs with nothing but the
image's Python. What it says is not trusted: everything it sends is unpacked by
`cstudio_sync.records`, which refuses what is not well-formed, contents are
compared with the digests that were announced, and nothing it names is opened
on this machine but through the local endpoint.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import TypeVar

from cstudio_agent import bootstrap, wire
from cstudio_agent.contracts import RootTrouble
from cstudio_sync import records
from cstudio_sync.blocks import BLOCK_BYTES, BLOCK_DIGEST_BYTES, BLOCKS_A_FRAME
from cstudio_sync.entries import LINK, Seen
from cstudio_sync.frames import Frame, FrameError
from cstudio_sync.operations import Operation, Outcome
from cstudio_sync.paths import PathRefused, display, link_stays_inside
from cstudio_sync.rules import NO_RULES, Rules

from cstudiod.errors import TargetError
from cstudiod.ports import Changes, Channel, Facts, Folder, StageTrouble, Want
from cstudiod.sync.link import AgentError, Link, plain
from cstudiod.sync.local import remote_refusal

T = TypeVar("T")

_GREETING_SECONDS = 20.0
MAX_ENTRIES = 1_000_000
"""More entries than this in one look are not taken: memory is not the pod's to fill."""
_CHANGES_WAITING = 200_000
"""More pushed observations than this waiting means: look at everything instead."""
_TOKEN_CHARACTERS = 200


class AgentEndpoint:
    """The remote side of a session, through an agent."""

    def __init__(
        self,
        channel: Channel,
        root: str,
        *,
        session: str,
        owner: str,
        create: bool,
        may_write: bool,
        poll_seconds: float,
        wake: Callable[[], None],
    ) -> None:
        """Describe what the agent on `channel` is to serve.

        Args:
            channel: stdio of ``python3 -I -c BOOTSTRAP``, just started.
            root: absolute path there.
            session: the session's uid; names temporaries and trash.
            owner: who holds the root's lease, for people.
            create: make the root when it is missing.
            may_write: False for a target that is only read.
            poll_seconds: how often to look where events are not to be had.
            wake: called when there is something to take, or all is lost.
        """
        self._root = root
        self._session = session
        self._owner = owner
        self._create = create
        self._may_write = may_write
        self._poll_seconds = poll_seconds
        self._wake = wake
        self._rules = NO_RULES
        self._noticed: deque[Changes] = deque()
        self._waiting = 0
        self._opened = False
        self._channel = channel
        self._link = Link(channel, on_push=self._pushed, on_broken=wake)

    async def greet(self) -> None:
        """Deliver the agent and wait until it speaks.

        Raises:
            TargetError: it does not come up; the message says why.
        """
        bundle = bootstrap.bundle()
        await self._link.start(len(bundle).to_bytes(8, "big") + bundle)
        try:
            async with asyncio.timeout(_GREETING_SECONDS):
                await self._link.greeted.wait()
        except TimeoutError:
            raise TargetError(
                f"the agent did not come up within {_GREETING_SECONDS:.0f} s"
                + _said(self._channel),
                reason="AGENT_FAILED",
            ) from None
        if self._link.broken is not None:
            raise self._link.broken

    async def open(self) -> Facts:
        """Pin the root, start the watch, and say what is there."""
        try:
            frame = await self._link.call(
                "open",
                root=self._root.encode("utf-8", "surrogateescape").decode("latin-1"),
                session=self._session,
                owner=self._owner,
                create=self._create,
                plant=self._may_write,
                poll_seconds=self._poll_seconds,
                rules=self._rules.to_dict(),
            )
        except AgentError as error:
            raise self._refusal(error) from error
        self._opened = True
        return _facts(frame)

    def _refusal(self, error: AgentError) -> TargetError:
        return remote_refusal(RootTrouble(error.status, error.message), self._root)

    # ------------------------------------------------------------- noticing

    def _pushed(self, frame: Frame) -> None:
        if frame.header.get("push") != "changes":
            return
        rescan = plain(str(frame.header.get("rescan") or ""))
        seen = _unpacked(records.unpack_seen, frame.body) if frame.body else ()
        self._waiting += 1 + len(seen)
        if self._waiting > _CHANGES_WAITING:
            self._noticed.clear()
            self._waiting, seen = 1, ()
            rescan = rescan or "too many changes at once"
        self._noticed.append(Changes(seen=_checked(seen), rescan=rescan))
        self._wake()

    def noticed(self) -> Sequence[Changes]:
        """Take what the agent told since the last call.

        Raises:
            TargetError: the connection is lost.
        """
        if self._link.broken is not None:
            raise self._link.broken
        taken = list(self._noticed)
        self._noticed.clear()
        self._waiting = 0
        return taken

    async def quiesce(self) -> bool:
        """Have the agent tell everything that happened before the call."""
        return bool((await self._link.call("quiesce")).header.get("complete", True))

    async def use_rules(self, rules: Rules) -> None:
        """Leave out what `rules` exclude."""
        self._rules = rules
        if self._opened:
            await self._link.call("rules", rules=rules.to_dict())

    async def check_root(self) -> None:
        """The agent checks before each change and look, and every few seconds."""

    # -------------------------------------------------------------- looking

    async def fingerprints(self) -> AsyncIterator[Sequence[tuple[bytes, bytes]]]:
        """Walk the tree without reading files."""
        async for frame in self._bodies("fingerprints"):
            yield _unpacked(records.unpack_fingerprints, frame.body)

    async def compare(self, folders: Sequence[Folder]) -> AsyncIterator[Sequence[Seen]]:
        """Yield what differs from the known children."""
        body = records.pack_folders([(folder.path, folder.stamps) for folder in folders])
        async for seen in self._observations("compare", body):
            yield seen

    async def observe(self, paths: Sequence[bytes]) -> AsyncIterator[Sequence[Seen]]:
        """Look at each path afresh, and everything below folders."""
        async for seen in self._observations("observe", records.pack_paths(paths)):
            yield seen

    async def _observations(self, verb: str, body: bytes) -> AsyncIterator[Sequence[Seen]]:
        count = 0
        async for frame in self._bodies(verb, body):
            seen = _checked(_unpacked(records.unpack_seen, frame.body))
            count += len(seen)
            if count > MAX_ENTRIES:
                raise _refused(f"the agent reports more than {MAX_ENTRIES:,} entries")
            yield seen

    async def _bodies(self, verb: str, body: bytes = b"") -> AsyncIterator[Frame]:
        try:
            async for frame in self._link.ask(verb, body):
                if frame.body:
                    yield frame
        except AgentError as error:
            raise self._refusal(error) from error

    # -------------------------------------------------------------- content

    async def fetch(self, wants: Sequence[Want]) -> Sequence[bytes | None]:
        """Return small files' contents; the agent itself compares them with what was seen."""
        found: list[bytes | None] = []
        async for frame in self._bodies("fetch", records.pack_seen(_as_seen(wants))):
            contents = _unpacked(records.unpack_contents, frame.body)
            for want, content in zip(wants[len(found) :], contents, strict=False):
                if content is not None and not _is(want, content):
                    raise _refused(
                        f"the agent sent `{display(want.path)}` with another content than announced"
                    )
            found += contents
            if len(found) > len(wants):
                break
        if len(found) != len(wants):
            raise _refused("the agent sent another number of files than asked")
        return found

    async def signature(self, want: Want) -> Sequence[bytes]:
        """Return the block digests of a file there."""
        found: list[bytes] = []
        async for frame in self._bodies("signature", records.pack_seen(_as_seen([want]))):
            found += _blocks_of(frame.body)
            if len(found) > want.entry.size // BLOCK_BYTES:
                raise _refused("the agent sent more digests than the file has blocks")
        return found

    async def stream(self, want: Want, have: Sequence[bytes]) -> AsyncIterator[bytes | int]:
        """Yield a large file: bytes, or the numbers of blocks to copy."""
        if have:
            await self._link.call("have", b"".join(have))
        size = 0
        async for frame in self._bodies("stream", records.pack_seen(_as_seen([want]))):
            block = frame.header.get("block")
            if block is None:
                size += len(frame.body)
                yield frame.body
            else:
                for number in _numbers(frame.body, len(have)):
                    size += BLOCK_BYTES
                    yield number
            if size > want.entry.size + BLOCK_BYTES:
                raise _refused("the agent sent more of a file than it announced")

    async def stage(self, want: Want, pieces: AsyncIterator[bytes | int], base: Want | None) -> str:
        """Send pieces to be put beside the target; return the token of a verified file.

        Raises:
            StageTrouble: it could not be written there.
        """
        wants = [want] if base is None else [want, base]
        try:
            begun = await self._link.call("stage", records.pack_seen(_as_seen(wants)))
            token = str(begun.header.get("token", ""))[:_TOKEN_CHARACTERS]
            try:
                await self._send_pieces(token, pieces)
            except BaseException:
                await self._link.send({"verb": "stage_end", "id": 0, "token": token, "drop": True})
                raise
            ended = await self._link.call("stage_end", token=token)
        except AgentError as error:
            raise StageTrouble(error.status, error.message) from error
        return token if ended.header.get("complete") else ""

    async def _send_pieces(self, token: str, pieces: AsyncIterator[bytes | int]) -> None:
        blocks: list[int] = []
        async for piece in pieces:
            if isinstance(piece, int):
                blocks.append(piece)
                if len(blocks) >= BLOCKS_A_FRAME:
                    await self._send_blocks(token, blocks)
                continue
            await self._send_blocks(token, blocks)
            await self._link.send({"verb": "stage_write", "token": token}, piece)
        await self._send_blocks(token, blocks)

    async def _send_blocks(self, token: str, blocks: list[int]) -> None:
        if blocks:
            header = {"verb": "stage_write", "token": token, "block": True}
            await self._link.send(header, wire.packed(blocks))
            blocks.clear()

    async def apply(self, operations: Sequence[Operation]) -> Sequence[Outcome]:
        """Perform operations in order."""
        outcomes: list[Outcome] = []
        async for frame in self._bodies("apply", records.pack_operations(operations)):
            outcomes += _unpacked(records.unpack_outcomes, frame.body)
            if len(outcomes) > len(operations):
                break
        expected = [operation.path for operation in operations]
        if [outcome.path for outcome in outcomes] != expected:
            raise _refused("the agent answered for other paths than asked")
        return [_with_plain_words(outcome) for outcome in outcomes]

    async def read_kept(self, token: str) -> AsyncIterator[bytes]:
        """Yield the content of a trashed file."""
        try:
            async for frame in self._link.ask("read_kept", token=token):
                if frame.body:
                    yield frame.body
        except AgentError as error:
            raise KeyError(token) from error

    async def drop_kept(self) -> None:
        """Remove this session's trash there."""
        await self._link.call("drop_kept")

    async def close(self) -> None:
        """End the agent."""
        await self._link.close()


# ------------------------------------------------------------------ functions


def _as_seen(wants: Sequence[Want]) -> list[Seen]:
    return [Seen(want.path, want.entry, want.stamp) for want in wants]


def _is(want: Want, content: bytes) -> bool:
    return len(content) == want.entry.size and hashlib.sha256(content).digest() == want.entry.digest


def _unpacked(unpack: Callable[[bytes], T], body: bytes) -> T:
    try:
        return unpack(body)
    except (FrameError, PathRefused) as error:
        raise _refused(f"the agent sent what it must not: {error}") from error


def _refused(message: str) -> TargetError:
    return TargetError(message, reason="AGENT_REFUSED")


def _with_plain_words(outcome: Outcome) -> Outcome:
    if not outcome.kept.isprintable() or len(outcome.kept) > _TOKEN_CHARACTERS:
        raise _refused("the agent names a trash item in a way that cannot be shown")
    return outcome._replace(detail=plain(outcome.detail)) if outcome.detail else outcome


def _checked(seen: Sequence[Seen]) -> tuple[Seen, ...]:
    """Refuse a link that leads out of the root, whatever the agent calls it."""
    if any(one.detail for one in seen):
        seen = [one._replace(detail=plain(one.detail)) for one in seen]
    for one in seen:
        entry = one.entry
        if (
            entry is not None
            and entry.kind == LINK
            and not link_stays_inside(one.path, entry.target)
        ):
            raise _refused(
                f"the agent reports a link that leads out of the root at `{display(one.path)}`"
            )
    return tuple(seen)


def _blocks_of(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), BLOCK_DIGEST_BYTES):
        yield body[start : start + BLOCK_DIGEST_BYTES]


def _numbers(body: bytes, known: int) -> list[int]:
    found = wire.numbers(body)
    if any(number >= known for number in found):
        raise _refused("the agent names a block that nobody has")
    return found


def _facts(frame: Frame) -> Facts:
    header = frame.header
    try:
        return Facts(
            endpoint="agent",
            watch="inotify" if header["watch"] == "inotify" else "poll",
            watch_detail=plain(str(header["watch_detail"])),
            replica=str(header["replica"])[:64],
            replica_is_new=bool(header["is_new"]),
            device=int(header["device"]),
            inode=int(header["inode"]),
            root_empty=bool(header["root_empty"]),
            case_insensitive=bool(header["case_insensitive"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _refused("the agent does not say what it opened") from error


def _said(channel: Channel) -> str:
    said = channel.stderr_tail().strip()
    return f": {said[-300:]}" if said else ""
