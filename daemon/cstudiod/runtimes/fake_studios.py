"""Studios in memory, to be scripted: no process, no network, no waiting.

They sit the exam of the real runtimes. What a studio goes through after its
spawn is data: a script of observations, told one after the other; the last one
stays until `show` tells another. `serve` says what answers at a port, `say`
makes the runner print, `fail` makes the next call of a method fail.
"""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeAlias

from cstudiod.errors import TargetError
from cstudiod.model.studios import (
    CONTAINER_LAYOUT,
    Capabilities,
    Layout,
    Observation,
    Phase,
    Spawn,
)
from cstudiod.model.sync_sessions import Target, TargetKind
from cstudiod.model.templates import RuntimeKind
from cstudiod.supervise import Tasks

Handler: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""What answers at a port: one call a connection."""

ABSENT = Observation(phase=Phase.ABSENT)
STARTING = Observation(phase=Phase.STARTING, stage="starting")
READY = Observation(phase=Phase.READY)
LOG_LINES = 1000


@dataclasses.dataclass
class _Studio:
    """One studio that was spawned."""

    spawn: Spawn
    shown: Observation
    incarnation: int
    lines: collections.deque[bytes] = dataclasses.field(
        default_factory=lambda: collections.deque(maxlen=LOG_LINES)
    )
    printed: int = 0
    restarts: int = 0


class FakeStudios:
    """A runtime whose every turn is scripted."""

    def __init__(self, kind: RuntimeKind = RuntimeKind.LOCAL, root: str = "") -> None:
        """With `root` each studio has a real folder below it, which `target` names."""
        self._kind = kind
        self._root = root
        self._studios: dict[str, _Studio] = {}
        self._scripts: dict[str, tuple[Observation, ...]] = {}
        self._handlers: dict[tuple[str, int], Handler] = {}
        self._greetings: dict[str, tuple[bytes, ...]] = {}
        self._errors: dict[str, list[TargetError]] = {}
        self._incarnations = 0
        self._connections = 0
        self._changed = asyncio.Condition()
        self._seen: dict[str, list[Observation]] = {}
        self._tasks = Tasks()
        self.spawned: list[Spawn] = []
        """Every order that was taken, in order."""
        self.removed: list[str] = []

    # ------------------------------------------------------------ the script

    def script(self, studio: str, *steps: Observation) -> None:
        """Say what each later spawn of `studio` (its name or uid) goes through.

        Incarnation and hash are filled in where a step leaves them empty.
        """
        self._scripts[studio] = steps

    async def show(self, uid: str, observation: Observation) -> None:
        """Let `uid` look like this from now on."""
        studio = self._studios[uid]
        await self._tell(uid, studio, observation)

    async def crash(self, uid: str, observation: Observation = READY) -> None:
        """End what runs and start it again: another incarnation, one more restart."""
        studio = self._studios[uid]
        studio.incarnation = self._next_incarnation()
        restarts = studio.shown.restarts + 1
        await self._tell(uid, studio, dataclasses.replace(observation, restarts=restarts))

    def serve(self, studio: str, port: int, handler: Handler) -> None:
        """Let `handler` answer at `port` of `studio` (its name or uid)."""
        self._handlers[studio, port] = handler

    def greet(self, studio: str, *lines: bytes) -> None:
        """Say what the runner of each later spawn prints at once."""
        self._greetings[studio] = lines

    async def say(self, uid: str, line: bytes) -> None:
        """Let the runner print a line."""
        async with self._changed:
            self._studios[uid].lines.append(line.rstrip(b"\n") + b"\n")
            self._studios[uid].printed += 1
            self._changed.notify_all()

    def fail(self, method: str, *errors: TargetError) -> None:
        """Make the next calls of ``spawn``, ``remove``, ``observe``, … fail, one error each."""
        self._errors.setdefault(method, []).extend(errors)

    # ------------------------------------------------------------- the runtime

    @property
    def capabilities(self) -> Capabilities:
        """Those of the runtime that it stands for, except that all ends with the daemon."""
        in_container = self._kind is not RuntimeKind.LOCAL
        return Capabilities(
            kind=self._kind,
            needs_image=in_container,
            has_nginx=in_container,
            survives_daemon=False,
            enforces_limits=in_container,
        )

    def layout(self, uid: str) -> Layout:
        """Return folders below the root, or those of a container."""
        if not self._root:
            return CONTAINER_LAYOUT
        base = os.path.join(self._root, uid)
        return Layout(
            workdir=os.path.join(base, "workspace"),
            home=os.path.join(base, "home"),
            state=os.path.join(base, "state"),
            resources=os.path.join(base, "resources"),
        )

    async def spawn(self, spawn: Spawn) -> None:
        """Take the order; the script begins with the loop's next turn."""
        self._fail_if_told("spawn")
        known = self._studios.get(spawn.uid)
        is_same = known is not None and known.spawn.hash == spawn.hash
        has_ended = known is not None and known.shown.phase is Phase.ENDED
        if is_same and not has_ended:
            return
        if known is not None and not is_same:
            await self.remove(spawn.uid)
        self.spawned.append(spawn)
        studio = _Studio(spawn=spawn, shown=ABSENT, incarnation=self._next_incarnation())
        if known is not None and is_same:  # what ended is started again
            studio.restarts = known.restarts + 1
        self._studios[spawn.uid] = studio
        if self._root:
            os.makedirs(self.layout(spawn.uid).workdir, exist_ok=True)
        for line in self._greetings.get(spawn.uid) or self._greetings.get(spawn.studio) or ():
            await self.say(spawn.uid, line)
        steps = self._scripts.get(spawn.uid) or self._scripts.get(spawn.studio)
        first, *rest = steps or (STARTING, READY)
        await self._tell(spawn.uid, studio, first)

        async def play() -> None:
            for step in rest:
                await asyncio.sleep(0)
                await self._tell(spawn.uid, studio, step)

        self._tasks.start(f"{spawn.uid}-{studio.incarnation}", play)

    async def revive(self, uid: str) -> None:
        """Take the order that it was given once more."""
        self._fail_if_told("revive")
        known = self._studios.get(uid)
        if known is None:
            raise _absent(uid)
        await self.spawn(known.spawn)

    async def remove(self, uid: str, *, grace_seconds: float = 10.0) -> None:
        """Forget it at once."""
        self._fail_if_told("remove")
        studio = self._studios.pop(uid, None)
        if studio is not None:
            await self._tasks.stop(f"{uid}-{studio.incarnation}")
            self.removed.append(uid)
            async with self._changed:
                self._seen.setdefault(uid, []).append(ABSENT)
                self._changed.notify_all()

    async def remove_volumes(self, uid: str) -> None:
        """Nothing outlives a studio here."""
        self._fail_if_told("remove_volumes")

    async def observe(self, uid: str) -> Observation:
        """Return what the script shows now."""
        self._fail_if_told("observe")
        studio = self._studios.get(uid)
        return studio.shown if studio is not None else ABSENT

    async def watch(self, uid: str) -> AsyncIterator[Observation]:
        """Yield every step from now on."""
        self._fail_if_told("watch")
        history = self._seen.setdefault(uid, [])
        at = len(history)
        now = await self.observe(uid)
        yield now
        while now.phase is not Phase.ABSENT:
            await self._until(lambda at=at: len(history) > at)  # type: ignore[misc]
            self._fail_if_told("watch")
            following, at = history[at], at + 1
            if following != now:
                now = following
                yield now

    async def list_uids(self) -> Sequence[str]:
        """Return what was spawned and not removed."""
        self._fail_if_told("list_uids")
        return tuple(self._studios)

    def target(self, uid: str, path: str) -> Target:
        """Return a folder below the root, else a container that only tests know."""
        if self._root:
            return Target(kind=TargetKind.FOLDER, path=path)
        return Target(kind=TargetKind.DOCKER, name=f"cstudio-{uid}", path=path)

    async def logs(
        self, uid: str, *, follow: bool, lines: int, previous: bool = False
    ) -> AsyncIterator[bytes]:
        """Yield what `say` said."""
        self._fail_if_told("logs")
        studio = self._studios.get(uid)
        if studio is None:
            raise _absent(uid)
        printed = studio.printed
        for line in _last(studio.lines, lines):
            yield line
        while follow and self._studios.get(uid) is studio:
            await self._until(
                lambda printed=printed: (  # type: ignore[misc]
                    studio.printed > printed or self._studios.get(uid) is not studio
                )
            )
            fresh, printed = studio.printed - printed, studio.printed
            for line in _last(studio.lines, fresh):
                yield line

    async def dial(self, uid: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to what `serve` said answers there, through a pair of sockets."""
        self._fail_if_told("dial")
        studio = self._studios.get(uid)
        if studio is None:
            raise _absent(uid)
        handler = self._handlers.get((uid, port)) or self._handlers.get((studio.spawn.studio, port))
        if handler is None:
            raise TargetError(
                f"nobody listens at port {port} of studio {studio.spawn.studio}",
                reason="UNREACHABLE",
                port=str(port),
            )
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=theirs)

        async def answer() -> None:
            try:
                await handler(reader, writer)
            finally:
                writer.close()

        self._connections += 1
        self._tasks.start(f"connection-{self._connections}", answer)
        return await asyncio.open_connection(sock=ours)

    async def close(self) -> None:
        """End what answers; studios are forgotten with the object."""
        await self._tasks.close()

    # --------------------------------------------------------------------- own

    def _next_incarnation(self) -> int:
        self._incarnations += 1
        return self._incarnations

    async def _tell(self, uid: str, studio: _Studio, step: Observation) -> None:
        if self._studios.get(uid) is not studio:
            return
        studio.shown = dataclasses.replace(
            step,
            incarnation=step.incarnation or f"{uid}/{studio.incarnation}",
            launch_hash=step.launch_hash or studio.spawn.hash,
            pod=step.pod or f"cstudio-{uid}",
            restarts=step.restarts or studio.restarts,
        )
        async with self._changed:
            self._seen.setdefault(uid, []).append(studio.shown)
            self._changed.notify_all()

    async def _until(self, is_true: Callable[[], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(is_true)

    def _fail_if_told(self, method: str) -> None:
        if errors := self._errors.get(method):
            raise errors.pop(0)


def _last(lines: Sequence[bytes], count: int) -> Sequence[bytes]:
    return list(lines)[max(0, len(lines) - count) :]


def _absent(uid: str) -> TargetError:
    return TargetError(f"studio {uid} does not run", reason="TARGET_NOT_FOUND", uid=uid)
