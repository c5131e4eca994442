"""A tree on this machine as an endpoint: the agent's own code, in threads.

Serves the local side of every session, and plain folders as targets. Looking
runs in one thread and changing in another, so that a long look does not hold
up a small change. What watchdog reports becomes observations in the notices'
thread, which takes turns with `apply`: the order of what arrives here is the
order in which it was true.
"""

from __future__ import annotations

import asyncio
import errno
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from cstudio_agent import faults
from cstudio_agent.contracts import Cancelled, EmitSeen, RootTrouble
from cstudio_agent.identity import boot_id
from cstudio_agent.notices import INLINE_BYTES, Notices
from cstudio_agent.polling import Polling
from cstudio_agent.replica import Replica
from cstudio_sync.blocks import BLOCKS_A_FRAME
from cstudio_sync.entries import Seen
from cstudio_sync.operations import Operation, Outcome
from cstudio_sync.rules import Rules, compile

from cstudiod.errors import CstudioError, LocalRootError, TargetError
from cstudiod.ports import Changes, Facts, Folder, StageTrouble, Want
from cstudiod.supervise import Blocking
from cstudiod.sync.bridge import emitted, pulled
from cstudiod.sync.watcher import Watcher

T = TypeVar("T")


class LocalEndpoint:
    """One side of a session that is a folder of this machine."""

    def __init__(
        self,
        root: str,
        *,
        session: str,
        trash_folder: str,
        owns: bool,
        create: bool = False,
        is_remote: bool = False,
        poll_seconds: float,
        wake: Callable[[], None],
    ) -> None:
        """Describe the root; nothing is opened yet.

        Args:
            root: absolute path.
            session: the session's uid.
            trash_folder: where overwritten and deleted versions go.
            owns: take the root's lease (sides that may be written).
            create: make the root when it is missing.
            is_remote: it is the session's remote side: plant an id on it.
            poll_seconds: how often to look where events are not to be had.
            wake: called when there is something to take.
        """
        self._root = root
        self._session = session
        self._trash_folder = trash_folder
        self._owns = owns
        self._create = create
        self._is_remote = is_remote
        self._poll_seconds = poll_seconds
        self._wake = wake
        self._looking = Blocking("look")
        self._reading = Blocking("read")
        """Large files: they are read as fast as the other side takes them."""
        self._changing = Blocking("change")
        self._rules = Rules(version="", rules=())
        self._replica: Replica | None = None
        self._notices: Notices | None = None
        self._watcher: Watcher | Polling | None = None
        self._noticed: deque[Changes] = deque()
        self._loop = asyncio.get_running_loop()
        self._is_closed = False

    async def open(self) -> Facts:
        """Pin the root, start the watch, and say what is there."""
        return await self._changing.run(self._open)

    def _open(self) -> Facts:
        try:
            self._replica = Replica.open(
                os.fsencode(self._root),
                session=self._session[:32],
                create=self._create,
                plant=self._is_remote,
                trash_folder=os.fsencode(self._trash_folder),
                matcher=compile(self._rules),
            )
            if self._owns:
                self._replica.acquire_lease(self._session, f"session {self._session[:8]}")
        except RootTrouble as trouble:
            raise self._refusal(trouble) from trouble
        self._notices = Notices(self._replica, self._push)
        watch, detail = self._start_watch(self._notices)
        identity = self._replica.identity()
        return Facts(
            endpoint="folder",
            watch=watch,
            watch_detail=detail,
            replica=identity.replica,
            replica_is_new=identity.is_new,
            device=identity.device,
            inode=identity.inode,
            root_empty=identity.root_empty,
            case_insensitive=identity.case_insensitive,
            boot=boot_id(),
        )

    def _start_watch(self, notices: Notices) -> tuple[str, str]:
        try:
            self._watcher = Watcher(self._root, notices.note, notices.rescan)
        except OSError as error:
            assert self._replica is not None
            self._watcher = Polling(self._replica, notices.rescan, self._poll_seconds)
            return "poll", _why_polling(error)
        return "inotify", ""

    def _refusal(self, trouble: RootTrouble) -> CstudioError:
        """Say which root cannot be used, and what to do."""
        if self._is_remote:
            return remote_refusal(trouble, self._root)
        return _local_refusal(trouble, self._root)

    # ------------------------------------------------------------- noticing

    def _push(self, seen: Sequence[Seen], rescan: str) -> None:
        """Called from the notices' thread."""
        changes = Changes(seen=tuple(seen), rescan=rescan)
        self._loop.call_soon_threadsafe(self._take, changes)

    def _take(self, changes: Changes) -> None:
        self._noticed.append(changes)
        self._wake()

    def noticed(self) -> Sequence[Changes]:
        """Take what was noticed since the last call."""
        taken = list(self._noticed)
        self._noticed.clear()
        return taken

    async def quiesce(self) -> bool:
        """Watchdog's threads cannot be asked to catch up: a look is needed."""
        return False

    async def use_rules(self, rules: Rules) -> None:
        """Leave out what `rules` exclude."""
        self._rules = rules
        if self._replica is not None:
            self._replica.set_matcher(compile(rules))

    async def check_root(self) -> None:
        """Raise unless the root's path still names the pinned folder."""
        try:
            self._opened.check_root()
        except RootTrouble as trouble:
            raise self._refusal(trouble) from trouble

    # -------------------------------------------------------------- looking

    @property
    def _opened(self) -> Replica:
        if self._replica is None:
            raise TargetError(f"`{self._root}` is not open")
        return self._replica

    async def fingerprints(self) -> AsyncIterator[Sequence[tuple[bytes, bytes]]]:
        """Walk the tree without reading files."""
        async for batch in self._translated(emitted(self._looking, self._opened.fingerprints)):
            yield batch

    async def compare(self, folders: Sequence[Folder]) -> AsyncIterator[Sequence[Seen]]:
        """Yield what differs from the known children."""
        replica = self._opened
        known = [(folder.path, folder.stamps) for folder in folders]

        def look(emit: EmitSeen, stop: Cancelled) -> None:
            replica.compare(known, emit, stop)

        async for batch in self._translated(emitted(self._looking, look)):
            yield batch

    async def observe(self, paths: Sequence[bytes]) -> AsyncIterator[Sequence[Seen]]:
        """Look at each path afresh, and everything below folders."""
        replica = self._opened

        def look(emit: EmitSeen, stop: Cancelled) -> None:
            replica.observe(paths, emit, stop, INLINE_BYTES)

        async for batch in self._translated(emitted(self._looking, look)):
            yield batch

    async def _translated(self, batches: AsyncIterator[T]) -> AsyncIterator[T]:
        try:
            async for batch in batches:
                yield batch
        except RootTrouble as trouble:
            raise self._refusal(trouble) from trouble
        except OSError as error:
            message = f"looking at `{self._root}`: {error.strerror or error}"
            raise self._refusal(RootTrouble(RootTrouble.FAILED, message)) from error

    # -------------------------------------------------------------- content

    async def fetch(self, wants: Sequence[Want]) -> Sequence[bytes | None]:
        """Return small files' contents."""
        return await self._looking.run(self._opened.fetch, wants)

    async def signature(self, want: Want) -> Sequence[bytes]:
        """Return the block digests of a file here."""
        return await self._looking.run(self._opened.signature, want)

    async def stream(self, want: Want, have: Sequence[bytes]) -> AsyncIterator[bytes | int]:
        """Yield a large file: bytes, or the numbers of blocks to copy."""
        pieces = self._opened.pieces(want, have)

        def read(emit: Callable[[list[bytes | int]], None], given_up: Callable[[], bool]) -> None:
            for some in _together(pieces):
                if given_up():
                    return
                emit(some)

        async for some in emitted(self._reading, read):
            for piece in some:
                yield piece

    async def stage(self, want: Want, pieces: AsyncIterator[bytes | int], base: Want | None) -> str:
        """Write pieces beside the target; return the token of a verified file."""
        replica, token = self._opened, ""
        try:
            token = await self._changing.run(replica.stage_begin, want.path, want.entry, base)
            blocks: list[int] = []
            async for piece in pieces:
                if isinstance(piece, int):
                    blocks.append(piece)
                if blocks and (len(blocks) >= BLOCKS_A_FRAME or not isinstance(piece, int)):
                    await self._changing.run(_copy_blocks, replica, token, blocks)
                    blocks = []
                if not isinstance(piece, int):
                    await self._changing.run(replica.stage_write, token, piece)
            await self._changing.run(_copy_blocks, replica, token, blocks)
            complete = await self._changing.run(replica.stage_end, token)
        except BaseException as error:
            await self._changing.run(replica.stage_drop, token)
            if isinstance(error, OSError):
                root = replica.root
                detail = faults.detail_of(error, root.fd, root.path, want.entry.size)
                raise StageTrouble(faults.status_of(error), detail) from error
            raise
        return token if complete else ""

    async def apply(self, operations: Sequence[Operation]) -> Sequence[Outcome]:
        """Perform operations in order."""
        try:
            return await self._changing.run(self._opened.apply, operations)
        except RootTrouble as trouble:
            raise self._refusal(trouble) from trouble

    async def read_kept(self, token: str) -> AsyncIterator[bytes]:
        """Yield the content of a trashed file."""
        async for piece in pulled(self._looking, self._opened.read_kept(token)):
            yield piece

    async def drop_kept(self) -> None:
        """Remove this session's trash of this side."""
        await self._changing.run(self._opened.drop_kept)

    async def close(self) -> None:
        """Stop watching and let go of the root; idempotent."""
        if self._is_closed:
            return
        self._is_closed = True
        self._looking.close()
        self._reading.close()
        await self._changing.run(self._close)
        self._changing.close()

    def _close(self) -> None:
        if self._watcher is not None:
            self._watcher.close()
        if self._notices is not None:
            self._notices.close()
        if self._replica is not None:
            self._replica.close()


def _together(pieces: Iterable[bytes | int]) -> Iterator[list[bytes | int]]:
    """Yield block numbers many at a time: each passes from one thread to another."""
    blocks: list[bytes | int] = []
    for piece in pieces:
        blocks.append(piece)
        if not isinstance(piece, int) or len(blocks) >= BLOCKS_A_FRAME:
            yield blocks
            blocks = []
    if blocks:
        yield blocks


def _copy_blocks(replica: Replica, token: str, blocks: Sequence[int]) -> None:
    for block in blocks:
        replica.stage_copy(token, block)


def _why_polling(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EMFILE):
        limit = "max_user_watches" if error.errno == errno.ENOSPC else "max_user_instances"
        return (
            f"polling on this machine: the system's limit fs.inotify.{limit} is reached;"
            f" raise it with: sudo sysctl fs.inotify.{limit}=524288"
        )
    return f"polling on this machine: file events are not to be had ({error.strerror})"


def _local_refusal(trouble: RootTrouble, root: str) -> LocalRootError:
    reasons = {
        RootTrouble.NOT_A_FOLDER: "LOCAL_ROOT_NOT_A_FOLDER",
        RootTrouble.IN_USE: "DUPLICATE_OWNER",
        RootTrouble.FORBIDDEN: "FORBIDDEN",
    }
    next_steps = {
        RootTrouble.MISSING: f"bring `{root}` back: it is looked for every two seconds",
        RootTrouble.IN_USE: "stop the other session, or mirror one-way",
    }
    return LocalRootError(
        trouble.message,
        reason=reasons.get(trouble.reason, "LOCAL_ROOT_MISSING"),
        next=next_steps.get(trouble.reason, ""),
        path=root,
    )


def remote_refusal(trouble: RootTrouble, root: str) -> TargetError:
    """Translate what a target's root lacks; agents in pods use it too."""
    reasons = {
        RootTrouble.MISSING: "FOLDER_NOT_FOUND",
        RootTrouble.NOT_A_FOLDER: "NOT_A_FOLDER",
        RootTrouble.FORBIDDEN: "FORBIDDEN",
        RootTrouble.IN_USE: "DUPLICATE_OWNER",
        RootTrouble.REPLACED: "CONNECTION_LOST",
    }
    next_steps = {
        RootTrouble.MISSING: "have it made: cstudio sync create … --create",
        RootTrouble.NOT_A_FOLDER: "name the folder that it is in",
        RootTrouble.FORBIDDEN: "choose a folder that the container's user may write",
        RootTrouble.IN_USE: "only one session may own a folder: stop the other one",
    }
    return TargetError(
        trouble.message,
        reason=reasons.get(trouble.reason, "AGENT_FAILED"),
        next=next_steps.get(trouble.reason, ""),
        path=root,
    )
