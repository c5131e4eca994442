"""A tree in an image without Python as an endpoint, by shell commands.

It polls: every few seconds the tree is listed, what changed is hashed. Times
there are whole seconds, so what changed lately is hashed again until it is old
enough to be told by its stamp. Nothing is remembered on the volume; the replica
is known by its container and the folder's inode.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

from cstudio_sync import operations as ops
from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER, FOLDER_ENTRY, NO_STAMP, Problem, Seen
from cstudio_sync.operations import Operation, Outcome
from cstudio_sync.paths import PathRefused
from cstudio_sync.rules import NO_RULES, Rules, compile

from cstudiod.errors import TargetError
from cstudiod.ports import Changes, Facts, Folder, Want
from cstudiod.supervise import Tasks
from cstudiod.sync.shell import listing, observations, requests, scripts
from cstudiod.sync.shell.commands import Commands, OpenCommand
from cstudiod.sync.shell.listing import Found, Listing

_ATTEMPTS = 4
_HASHES_A_COMMAND = 2000
_FRESH_SECONDS = 10.0
_PIECE_BYTES = 1024 * 1024
_WHY = "polling there: the image has no python3, so changes are looked for every %.0f s"


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
    ) -> None:
        """Describe what is to be served; nothing runs yet."""
        self._commands = Commands(open_command, root)
        self._root = root
        self._session = session[:8]
        self._create = create
        self._may_write = may_write
        self._poll_seconds = poll_seconds
        self._wake = wake
        self._matcher = compile(NO_RULES)
        self._device = 0
        self._listing = Listing(0, {})
        self._listed_at = 0.0
        self._known: dict[bytes, Seen] = {}
        """What the last look saw: whatever differs from it is news."""
        self._noticed: deque[Changes] = deque()
        self._broken: TargetError | None = None
        self._tasks = Tasks()
        self._turn = asyncio.Lock()
        self._staged: dict[str, bytes] = {}

    # --------------------------------------------------------------- opening

    async def open(self) -> Facts:
        """Probe what is there, and start to poll."""
        output = await self._commands.run(scripts.PROBE, "create" if self._create else "-")
        said = output.decode("utf-8", "replace").splitlines()
        self._refuse_unfit(said)
        numbers = next(line.split() for line in said if line.startswith("stat "))
        self._device = int(numbers[1])
        self._tasks.start("poll", self._poll)
        return Facts(
            endpoint="shell",
            watch="poll",
            watch_detail=_WHY % self._poll_seconds,
            device=self._device,
            inode=int(numbers[2]),
            root_empty="empty" in said,
        )

    def _refuse_unfit(self, said: list[str]) -> None:
        missing = [line.split()[1] for line in said if line.startswith("missing ")]
        if missing:
            raise TargetError(
                f"the image has no python3, and without {', '.join(missing)} the shell cannot sync",
                reason="NO_SHELL",
                next="use an image with python3, or with busybox",
                permanent=True,
            )
        refusals = {
            "root missing": ("FOLDER_NOT_FOUND", "does not exist", "add --create to have it made"),
            "root file": ("NOT_A_FOLDER", "is a file", "name the folder that it is in"),
            "root forbidden": ("FORBIDDEN", "may not be entered", "choose another folder"),
        }
        for line in said:
            if line in refusals:
                reason, what, next_step = refusals[line]
                raise TargetError(f"`{self._root}` {what} there", reason=reason, next=next_step)
        if not any(len(line.split()) == 3 and line.startswith("stat ") for line in said):
            raise TargetError("stat there prints no numbers", reason="AGENT_REFUSED")

    async def use_rules(self, rules: Rules) -> None:
        """Leave out what `rules` exclude."""
        self._matcher = compile(rules)

    async def check_root(self) -> None:
        """The next poll tells."""

    # -------------------------------------------------------------- noticing

    def noticed(self) -> Sequence[Changes]:
        """Take what polling found."""
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
        try:
            while True:
                await asyncio.sleep(self._poll_seconds)
                await self._poll_once()
        except TargetError as error:
            self._broken = error
            self._wake()

    async def _poll_once(self) -> None:
        async with self._turn:
            before = self._known
            seen = await self._look()
            news = [
                one for path, one in seen.items() if not observations.is_same(before.get(path), one)
            ]
            news += [Seen(path) for path in before.keys() - seen.keys()]
        if news:
            self._noticed.append(Changes(seen=tuple(news)))
            self._wake()

    # --------------------------------------------------------------- looking

    async def _list(self) -> Listing:
        for _ in range(_ATTEMPTS):
            output = await self._commands.run(scripts.LIST)
            try:
                self._listing = self._taking_part(listing.parse(output, self._device))
            except listing.Mismatch:
                continue
            except PathRefused as error:
                raise TargetError(
                    f"the listing there names what it must not: {error}", reason="AGENT_REFUSED"
                ) from error
            self._listed_at = time.monotonic()
            return self._listing
        raise TargetError("the tree there changes faster than it can be listed")

    def _taking_part(self, whole: Listing) -> Listing:
        excluded = self._matcher.excluded
        return whole._replace(
            found={
                path: one
                for path, one in whole.found.items()
                if path != paths.ROOT
                and not any(paths.is_temporary(name) for name in path.split(b"/"))
                and not excluded(path, one.kind == FOLDER)
            }
        )

    async def _look(self) -> dict[bytes, Seen]:
        """List, hash what is not known, and remember what was seen."""
        whole = await self._list()
        self._known = await self._seen(whole, whole.found)
        return self._known

    async def _seen(self, whole: Listing, wanted: Iterable[bytes]) -> dict[bytes, Seen]:
        found: dict[bytes, Seen] = {}
        files: list[Found] = []
        links: list[Found] = []
        for path in wanted:
            one = whole.found[path]
            known = self._known.get(path)
            if one.problem:
                stamp = NO_STAMP if one.problem == Problem.UNREADABLE else one.true_stamp
                found[path] = Seen(path, None, stamp, one.problem)
            elif one.kind == FOLDER:
                found[path] = Seen(path, FOLDER_ENTRY, one.true_stamp)
            elif known is not None and known.stamp == one.true_stamp:
                found[path] = known
            elif one.kind == FILE:
                files.append(one)
            else:
                links.append(one)
        found.update(await self._hashed(whole, files))
        found.update(await self._targets(whole, links))
        return found

    async def _hashed(self, whole: Listing, files: list[Found]) -> dict[bytes, Seen]:
        found: dict[bytes, Seen] = {}
        for start in range(0, len(files), _HASHES_A_COMMAND):
            chunk = files[start : start + _HASHES_A_COMMAND]
            block = requests.names_block([one.path for one in chunk])
            output = await self._commands.run(scripts.HASH, stdin=block, names=len(block))
            lines = output.decode("ascii", "replace").splitlines()
            if len(lines) != len(chunk):
                raise TargetError("the shell there hashed another number of files than asked")
            for one, line in zip(chunk, lines, strict=True):
                found[one.path] = observations.file_seen(whole, one, line)
        return found

    async def _targets(self, whole: Listing, links: list[Found]) -> dict[bytes, Seen]:
        if not links:
            return {}
        block = requests.names_block([one.path for one in links])
        output = await self._commands.run(scripts.LINKS, stdin=block, names=len(block))
        targets = output.split(b"\n\0")
        if len(targets) != len(links) + 1:
            raise TargetError("the shell there read another number of links than asked")
        return {
            one.path: observations.link_seen(whole, one, target)
            for one, target in zip(links, targets, strict=False)
        }

    async def fingerprints(self) -> AsyncIterator[Sequence[tuple[bytes, bytes]]]:
        """List the tree; folders' fingerprints come from the listing."""
        async with self._turn:
            whole = await self._list()
        yield [
            (folder, observations.folder_fingerprint(inside))
            for folder, inside in listing.children(whole)
        ]

    async def compare(self, folders: Sequence[Folder]) -> AsyncIterator[Sequence[Seen]]:
        """Yield what differs from the known children, by the latest listing."""
        async with self._turn:
            if time.monotonic() - self._listed_at > _FRESH_SECONDS:
                await self._list()
            whole = self._listing
            inside = dict(listing.children(whole))
            for folder in folders:
                here = {paths.split(one.path)[1]: one for one in inside.get(folder.path, ())}
                new = [
                    one.path
                    for name, one in here.items()
                    if folder.stamps.get(name) != one.true_stamp
                ]
                seen = await self._seen(whole, new)
                self._known.update(seen)
                gone = [paths.join(folder.path, n) for n in folder.stamps if n not in here]
                yield [*seen.values(), *(Seen(path) for path in gone)]

    async def observe(self, wanted: Sequence[bytes]) -> AsyncIterator[Sequence[Seen]]:
        """Look at each path afresh, and everything below folders."""
        async with self._turn:
            whole = await self._list()
            asked = set(wanted)
            chosen = [
                path
                for path in whole.found
                if paths.ROOT in asked
                or path in asked
                or any(up in asked for up in paths.parents(path))
            ]
            seen = await self._seen(whole, chosen)
            self._known.update(seen)
        yield list(seen.values())
        gone = [path for path in wanted if path != paths.ROOT and path not in whole.found]
        if gone:
            yield [Seen(path) for path in gone]

    # --------------------------------------------------------------- content

    async def fetch(self, wants: Sequence[Want]) -> Sequence[bytes | None]:
        """Return small files' contents, out of a tar."""
        found: list[bytes | None] = []
        for chunk in observations.chunks(wants):
            block = requests.names_block([want.path for want in chunk])
            output = await self._commands.run(scripts.FETCH, stdin=block, names=len(block))
            members = observations.members(output, chunk)
            found += [members.get(want.path) for want in chunk]
        return found

    async def signature(self, want: Want) -> Sequence[bytes]:
        """Blocks are not compared here: files travel whole."""
        return ()

    async def stream(self, want: Want, have: Sequence[bytes]) -> AsyncIterator[bytes | int]:
        """Yield a large file, no more than it should have."""
        block = requests.names_block([want.path])
        left = want.entry.size
        async for piece in self._commands.stream(scripts.CAT, stdin=block, names=len(block)):
            if left > 0:
                yield piece[:left]
            left -= len(piece)

    async def stage(self, want: Want, pieces: AsyncIterator[bytes | int], base: Want | None) -> str:
        """Gather a large file; it is written when it is applied."""
        content = bytearray()
        async for piece in pieces:
            if isinstance(piece, bytes):
                content += piece
            if len(content) > want.entry.size:
                break
        if hashlib.sha256(content).digest() != want.entry.digest:
            return ""
        token = f"staged{len(self._staged)}-{time.monotonic_ns()}"
        self._staged[token] = bytes(content)
        return token

    async def read_kept(self, token: str) -> AsyncIterator[bytes]:
        """Yield the content of a trashed file."""
        if "/" in token or token.startswith("."):
            raise KeyError(token)
        empty = True
        async for piece in Commands(self._commands._open, self._trash).stream(scripts.KEPT, token):
            empty = False
            yield piece
        if empty:
            raise KeyError(token)

    # -------------------------------------------------------------- changing

    @property
    def _trash(self) -> str:
        return f"/tmp/.cstudio-trash-{self._session}"

    async def apply(self, operations: Sequence[Operation]) -> Sequence[Outcome]:
        """Perform operations in order, in one command."""
        if not self._may_write:
            return [Outcome(one.path, ops.READ_ONLY) for one in operations]
        ready = [self._with_content(one) for one in operations]
        block = requests.parameters(ready)
        packed = requests.archive(ready)
        async with self._turn:
            stamp = f"{self._session}{time.monotonic_ns():x}"
            output = await self._commands.run(
                scripts.APPLY, str(len(block)), stamp, str(len(packed)), self._trash,
                stdin=block + packed,
            )  # fmt: skip
            done = requests.outcomes(ready, output)
            for operation, outcome in zip(ready, done, strict=True):
                self._remember(operation, outcome)
        return done

    def _with_content(self, one: Operation) -> Operation:
        if not one.staged:
            return one
        return one._replace(data=self._staged.pop(one.staged, b""), staged="")

    def _remember(self, operation: Operation, outcome: Outcome) -> None:
        if outcome.status != ops.OK:
            return
        if operation.verb == ops.MOVE_FILE:
            self._known.pop(operation.source, None)
        if outcome.now is None or outcome.now.entry is None:
            self._known.pop(operation.path, None)
        else:
            self._known[operation.path] = outcome.now

    async def close(self) -> None:
        """Stop polling."""
        await self._tasks.close()
