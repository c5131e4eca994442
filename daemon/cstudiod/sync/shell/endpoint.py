"""A tree in an image without Python as an endpoint, by shell commands.

It polls: every few seconds the tree is listed, what changed is hashed. Times
there are whole seconds, so what changed lately is hashed again until it is old
enough to be told by its stamp. Nothing is remembered on the volume; the replica
is known by its container and the folder's inode.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence

from cstudio_sync import operations as ops
from cstudio_sync.entries import Seen
from cstudio_sync.operations import Operation, Outcome
from cstudio_sync.rules import Rules, compile

from cstudiod.errors import TargetError
from cstudiod.ports import Changes, Facts, Folder, Want
from cstudiod.supervise import Tasks
from cstudiod.sync.shell import observations, programs, requests, scripts
from cstudiod.sync.shell.commands import ANSWER_SECONDS, Commands, OpenCommand
from cstudiod.sync.shell.looking import Looking
from cstudiod.sync.shell.probing import Probed, probed
from cstudiod.sync.shell.staging import Staging

_CLOSE_SECONDS = 3.0
_FETCH_OVERHEAD = 64 * 1024
_ANSWER_BYTES = 512
_PIECE_BYTES = 1024 * 1024
_BATCH = 2000
_KEPT = b"kept\n"
_TOKEN = re.compile(r"[0-9a-f]{8}-[0-9a-f]+-[0-9]+\Z")
_WHY = "polling there: the image has no python3, so changes are looked for every %g s"


class ShellEndpoint:
    """The remote side of a session, through `sh`, `tar` and `find`."""

    def __init__(
        self,
        open_command: OpenCommand,
        root: str,
        *,
        session: str,
        create: bool,
        may_write: bool,
        poll_seconds: float,
        wake: Callable[[], None],
        patience: float = ANSWER_SECONDS,
    ) -> None:
        """Describe what is to be served; nothing runs yet.

        Args:
            open_command: starts a command there.
            root: absolute path there.
            session: the session's uid; names temporaries, trash and lease.
            create: make the root when it is missing.
            may_write: False for a target that is only read.
            poll_seconds: how often to look for changes.
            wake: called when there is something to take, or all is lost.
            patience: how long an answer may take to go on.
        """
        self._commands = Commands(open_command, root, patience)
        self._root = root
        self._session = hashlib.sha256(session.encode()).hexdigest()[:8]
        self._create = create
        self._may_write = may_write
        self._poll_seconds = poll_seconds
        self._wake = wake
        self._looking = Looking(self._commands, self._session, may_write)
        self._staging = Staging(self._commands, self._session)
        self._probed: Probed | None = None
        self._noticed: deque[Changes] = deque()
        self._broken: TargetError | None = None
        self._tasks = Tasks(on_failure=self._failed)
        self._turn = asyncio.Lock()

    # --------------------------------------------------------------- opening

    async def open(self) -> Facts:
        """Probe what is there, take the lease, and start to poll."""
        output = await self._commands.run(
            scripts.PROBE,
            self._session,
            "create" if self._create else "-",
            "own" if self._may_write else "-",
        )
        said = self._probed = probed(output.decode("utf-8", "replace").splitlines(), self._root)
        self._commands.identity = f"{said.device} {said.inode}"
        self._looking.device = said.device
        self._tasks.start("poll", self._poll)
        return Facts(
            endpoint="shell",
            watch="poll",
            watch_detail=_WHY % self._poll_seconds,
            device=said.device,
            inode=said.inode,
            root_empty=said.is_empty,
        )

    async def use_rules(self, rules: Rules) -> None:
        """Leave out what `rules` exclude."""
        async with self._turn:
            self._looking.use(compile(rules))

    async def check_root(self) -> None:
        """Every command tells when the root is gone."""

    # -------------------------------------------------------------- noticing

    def noticed(self) -> Sequence[Changes]:
        """Take what polling found.

        Raises:
            TargetError: the connection is lost.
        """
        if self._broken is not None:
            raise self._broken
        taken = list(self._noticed)
        self._noticed.clear()
        return taken

    async def quiesce(self) -> bool:
        """Poll now."""
        await self._poll_once()
        return True

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._poll_seconds)
            await self._poll_once()

    def _failed(self, name: str, error: BaseException) -> None:
        if isinstance(error, TargetError):
            self._broken = error
        else:
            self._broken = TargetError(f"looking for changes there failed: {error}")
        self._wake()

    async def _poll_once(self) -> None:
        async with self._turn:
            news = await self._looking.news()
            if news:
                self._noticed.append(Changes(seen=tuple(news)))
                self._wake()

    # --------------------------------------------------------------- looking

    async def fingerprints(self) -> AsyncIterator[Sequence[tuple[bytes, bytes]]]:
        """List the tree; folders' fingerprints come from the listing."""
        async with self._turn:
            found = await self._looking.fingerprints()
        yield found

    async def compare(self, folders: Sequence[Folder]) -> AsyncIterator[Sequence[Seen]]:
        """Yield what differs from the known children, by the latest listing."""
        async with self._turn:
            found = await self._looking.compare(folders)
        for seen in found:
            if seen:
                yield seen

    async def observe(self, wanted: Sequence[bytes]) -> AsyncIterator[Sequence[Seen]]:
        """Look at each path afresh, and everything below folders."""
        async with self._turn:
            found = await self._looking.observe(wanted)
        for start in range(0, len(found), _BATCH):
            yield found[start : start + _BATCH]

    # --------------------------------------------------------------- content

    async def fetch(self, wants: Sequence[Want]) -> Sequence[bytes | None]:
        """Return small files' contents, out of a tar."""
        found: dict[bytes, bytes] = {}
        plain = [want for want in wants if not observations.is_odd(want.path)]
        for chunk in observations.chunks(plain):
            block = requests.names_block([want.path for want in chunk])
            most = sum(want.entry.size + len(want.path) + 4096 for want in chunk) + _FETCH_OVERHEAD
            output = await self._commands.run(
                scripts.FETCH, stdin=block, names=len(block), most=2 * most
            )
            found.update(observations.members(output, chunk))
        for want in wants:
            if observations.is_odd(want.path):
                found.update(await self._fetch_odd(want))
        return [found.get(want.path) for want in wants]

    async def _fetch_odd(self, want: Want) -> dict[bytes, bytes]:
        """Fetch a file whose name some `tar` would read as an escape."""
        content = b"".join([piece async for piece in self._read(want)])
        return {want.path: content} if observations.is_content(want, content) else {}

    async def signature(self, want: Want) -> Sequence[bytes]:
        """Blocks are not compared here: files travel whole."""
        return ()

    async def stream(self, want: Want, have: Sequence[bytes]) -> AsyncIterator[bytes | int]:
        """Yield a large file, no more than it should have."""
        async for piece in self._read(want):
            yield piece

    async def _read(self, want: Want) -> AsyncIterator[bytes]:
        block = requests.names_block([want.path])
        left = want.entry.size
        size = str(want.entry.size)
        async for piece in self._commands.stream(scripts.READ, size, stdin=block, names=len(block)):
            left -= len(piece)
            if left < 0:
                raise TargetError("the shell there sends more than asked", reason="AGENT_REFUSED")
            for start in range(0, len(piece), _PIECE_BYTES):
                yield piece[start : start + _PIECE_BYTES]

    async def stage(self, want: Want, pieces: AsyncIterator[bytes | int], base: Want | None) -> str:
        """Write a large file beside its target as it comes."""
        return await self._staging.stage(want, pieces)

    async def read_kept(self, token: str) -> AsyncIterator[bytes]:
        """Yield the content of a trashed file."""
        if not _TOKEN.match(token):
            raise KeyError(token)
        head = b""
        async for piece in self._commands.stream(programs.KEPT, self._session, token):
            if head == _KEPT:
                yield piece
                continue
            head += piece
            if len(head) > len(_KEPT) and head.startswith(_KEPT):
                yield head[len(_KEPT) :]
                head = _KEPT
        if head != _KEPT:
            raise KeyError(token)

    async def drop_kept(self) -> None:
        """Remove this session's trash there."""
        await self._commands.run(programs.DROP_KEPT, self._session)

    # -------------------------------------------------------------- changing

    async def apply(self, operations: Sequence[Operation]) -> Sequence[Outcome]:
        """Perform operations in order, in one command."""
        if not self._may_write:
            return [Outcome(one.path, ops.READ_ONLY) for one in operations]
        refused = {number: outcome for number, one in enumerate(operations)
                   if (outcome := requests.refusal(one, self._root)) is not None}  # fmt: skip
        sent = [one for number, one in enumerate(operations) if number not in refused]
        done = iter(await self._perform(sent))
        return [refused.get(number) or next(done) for number in range(len(operations))]

    async def _perform(self, operations: Sequence[Operation]) -> Sequence[Outcome]:
        if not operations:
            return []
        assert self._probed is not None
        ready = [self._staging.located(one) for one in operations]
        block, packed = requests.parameters(ready), requests.archive(ready)
        run = f"{self._session}-{secrets.token_hex(6)}"
        async with self._turn:
            output = await self._commands.run(
                programs.APPLY, self._session, run, str(len(packed)),
                "exact" if self._probed.is_exact else "-",
                stdin=block + packed, names=len(block), most=_ANSWER_BYTES * len(ready) + 1024,
            )  # fmt: skip
            done = requests.outcomes(operations, output)
            for operation, outcome in zip(operations, done, strict=True):
                self._remember(operation, outcome)
        return done

    def _remember(self, operation: Operation, outcome: Outcome) -> None:
        if outcome.status != ops.OK or outcome.now is None:
            return
        if operation.verb == ops.MOVE_FILE:
            self._looking.remember(Seen(operation.source))
        self._looking.remember(outcome.now)

    async def close(self) -> None:
        """Stop polling, drop what is staged, and let the root go."""
        await self._tasks.close()
        if self._probed is None or not self._may_write:
            return
        self._probed = None
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._staging.drop_all()
                await self._commands.run(programs.RELEASE, self._session)
        except (TargetError, TimeoutError):
            return  # the next to come takes over
