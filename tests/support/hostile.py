"""A pod that means harm: an agent of our own making, and a session that talks to it.

`FakeAgent` speaks the protocol. What it does not override it answers as an
honest agent of an in-memory tree would; a test replaces single answers:

    agent = FakeAgent()
    agent.tree = [Seen(b"../evil", …)]
    agent.on["apply"] = handler
    outcome = await attack(agent, tmp_path)

`attack` runs a whole session (driver, mirror, real local endpoint) against it
and returns what a user would see. Around the local root lies a canary.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cstudio_sync import frames, records
from cstudio_sync.entries import FILE, Entry, Seen
from cstudio_sync.frames import Decoder, Encoder, Frame
from cstudio_sync.operations import OK, Outcome
from cstudiod.model.sync_sessions import Exclusions, Mode, Spec, State, Status, Target, TargetKind
from cstudiod.ports import Endpoint
from cstudiod.runtimes.fake import FakeResolver, Stdio
from cstudiod.store.ancestor import Ancestor
from cstudiod.supervise import Blocking, Tasks
from cstudiod.sync.agent import AgentEndpoint
from cstudiod.sync.connection import Remote, Wake
from cstudiod.sync.driver import Driver, Timing
from cstudiod.sync.local import LocalEndpoint
from cstudiod.sync.status import StatusBoard
from support.compare import Tree, listing

SECRET = b"the secret outside of the root"
ARGV = ["agent"]
_FACTS = {
    "watch": "inotify", "watch_detail": "", "replica": "r", "is_new": False, "device": 1,
    "inode": 1, "root_empty": False, "case_insensitive": False, "detail": "",
}  # fmt: skip


def file_seen(path: bytes, content: bytes, stamp: bytes = b"s1") -> Seen:
    """Return the observation of a file of that content."""
    return Seen(path, Entry(FILE, hashlib.sha256(content).digest(), len(content)), stamp)


def lying_about_paths(names: Sequence[bytes]) -> bytes:
    """Pack names as a list of observed files without what `pack_seen` would check."""
    return records.pack_seen([file_seen(name, b"evil") for name in names])


class Peer:
    """What a handler answers with."""

    def __init__(self, agent: FakeAgent, stdio: Stdio, encoder: Encoder) -> None:
        self.agent = agent
        self.stdio = stdio
        self.encoder = encoder

    async def send(self, header: dict[str, Any], body: bytes = b"") -> None:
        """Send one frame."""
        await asyncio.sleep(0)
        await self.stdio.write(self.encoder.encode(header, body))

    async def answer(self, frame: Frame, *bodies: bytes, **fields: Any) -> None:
        """Answer a request honestly in form, whatever the bodies hold."""
        digest = hashlib.sha256()
        for body in bodies:
            digest.update(body)
            await self.send({"id": frame.header["id"]}, body)
        end = {
            "id": frame.header["id"], "end": True, "count": len(bodies),
            "bytes": sum(map(len, bodies)), "digest": digest.hexdigest(), **fields,
        }  # fmt: skip
        await self.send(end)


Handler = Callable[[Peer, Frame], Awaitable[None]]


class FakeAgent:
    """An agent in memory."""

    def __init__(self, tree: dict[bytes, bytes] | None = None) -> None:
        """`tree` maps the paths of its files to their contents."""
        self.files = dict(tree or {})
        self.observed: bytes | None = None
        """The body that answers `observe`, whatever was asked; None: the files."""
        self.on: dict[str, Handler] = {}
        self.received: list[Frame] = []
        self.peer: Peer | None = None
        self.greeting = frames.greeting()
        self.connections = 0

    async def run(self, stdio: Stdio) -> int:
        """Be the program at the other end of a channel."""
        self.connections += 1
        bundle = await _exactly(stdio, 8)
        left = int.from_bytes(bundle[:8], "big")
        rest = bundle[8:]
        while len(rest) < left:
            rest += await stdio.read()
        if not self.greeting:
            await asyncio.Event().wait()
        await stdio.write(self.greeting)
        self.peer = peer = Peer(self, stdio, Encoder())
        decoder = Decoder()
        pending = rest[left:]
        while True:
            for frame in decoder.feed(pending):
                self.received.append(frame)
                await self._serve(peer, frame)
            pending = await stdio.read()
            if not pending:
                return 0

    async def _serve(self, peer: Peer, frame: Frame) -> None:
        verb = str(frame.header.get("verb", ""))
        handler = self.on.get(verb) or getattr(self, "_" + verb, None)
        if handler is not None:
            await handler(peer, frame)

    def got(self) -> bytes:
        """Return all bodies and headers that were sent to it."""
        return b"".join(json.dumps(frame.header).encode() + frame.body for frame in self.received)

    def seen(self) -> bytes:
        """Return the honest listing."""
        if self.observed is not None:
            return self.observed
        return records.pack_seen([file_seen(path, data) for path, data in self.files.items()])

    # ------------------------------------------------------- honest answers

    async def _open(self, peer: Peer, frame: Frame) -> None:
        await peer.answer(frame, **_FACTS)

    async def _rules(self, peer: Peer, frame: Frame) -> None:
        await peer.answer(frame)

    async def _quiesce(self, peer: Peer, frame: Frame) -> None:
        await peer.answer(frame, complete=True)

    async def _observe(self, peer: Peer, frame: Frame) -> None:
        await peer.answer(frame, self.seen())

    async def _fingerprints(self, peer: Peer, frame: Frame) -> None:
        await peer.answer(frame, records.pack_fingerprints([(b"", bytes(16))]))

    async def _compare(self, peer: Peer, frame: Frame) -> None:
        await peer.answer(frame, self.seen())

    async def _fetch(self, peer: Peer, frame: Frame) -> None:
        wanted = [seen.path for seen in records.unpack_seen(frame.body)]
        await peer.answer(frame, records.pack_contents([self.files.get(p) for p in wanted]))

    async def _have(self, peer: Peer, frame: Frame) -> None:
        await peer.answer(frame)

    async def _signature(self, peer: Peer, frame: Frame) -> None:
        await peer.answer(frame)

    async def _stream(self, peer: Peer, frame: Frame) -> None:
        [seen] = records.unpack_seen(frame.body)
        await peer.answer(frame, self.files.get(seen.path, b""))

    async def _stage(self, peer: Peer, frame: Frame) -> None:
        await peer.answer(frame, token="t")

    async def _stage_end(self, peer: Peer, frame: Frame) -> None:
        if frame.header.get("id"):
            await peer.answer(frame, complete=True)

    async def _apply(self, peer: Peer, frame: Frame) -> None:
        outcomes = []
        for one in records.unpack_operations(frame.body):
            if one.data is not None:
                self.files[one.path] = one.data
            now = Seen(one.path, one.entry, b"s1")
            outcomes.append(Outcome(one.path, OK, now))
        await peer.answer(frame, records.pack_outcomes(outcomes))


async def _exactly(stdio: Stdio, count: int) -> bytes:
    data = b""
    while len(data) < count:
        data += await stdio.read()
    return data


@dataclass
class Field:
    """A local root with a canary around it, before and after an attack."""

    folder: Path
    root: Path
    status: Status = field(default_factory=Status)
    problems: dict[bytes, str] = field(default_factory=dict)
    before: Tree = field(default_factory=dict)

    def outside(self) -> Tree:
        """List everything but the root, the daemon's state and its trash."""
        return {
            path: what
            for path, what in listing(self.folder, "state").items()
            if not (path + "/").startswith(self.root.name + "/")
        }


def prepare(folder: Path) -> Field:
    """Make a local root with two files, and things outside that must stay as they are."""
    root = folder / "root"
    (root / "src").mkdir(parents=True)
    (root / "src" / "main.py").write_text("print(1)\n")
    (root / "README").write_text("readme\n")
    (folder / "outside").mkdir()
    (folder / "outside" / "secret").write_bytes(SECRET)
    (folder / "state").mkdir()
    made = Field(folder, root)
    made.before = made.outside()
    return made


@contextlib.asynccontextmanager
async def session(
    agent: FakeAgent, field_: Field, mode: str = "two-way-safe"
) -> AsyncIterator[Driver]:
    """Run a session against the agent; `field_.status` follows it."""
    resolver = FakeResolver()
    resolver.program(ARGV, agent.run)
    threads, tasks = Blocking("test", 2), Tasks()
    ancestor = Ancestor(field_.folder / "state" / "ancestor.db")

    def tell(status: Status) -> None:
        field_.status = status

    def make_local(spec: Spec, wake: Wake) -> Endpoint:
        return LocalEndpoint(
            spec.local, session="hostile", trash_folder=str(field_.folder / "state" / "trash"),
            owns=True, poll_seconds=1.0, wake=wake,
        )  # fmt: skip

    async def make_remote(spec: Spec, wake: Wake) -> Remote:
        place = await resolver.resolve()
        endpoint = AgentEndpoint(
            await resolver.open(place, ARGV), "/work", session="hostile", owner="test",
            create=True, may_write=True, poll_seconds=1.0, wake=wake,
        )  # fmt: skip
        try:
            await endpoint.greet()
        except BaseException:
            await endpoint.close()
            raise
        return Remote(
            endpoint=endpoint, place=place, gone=lambda: resolver.gone(place),
            release=resolver.close,
        )  # fmt: skip

    spec = Spec(
        name="hostile", local=str(field_.root),
        target=Target(kind=TargetKind.FOLDER, path="/work"),
        mode=Mode(mode), exclusions=Exclusions(), create=True,
    )  # fmt: skip
    driver = Driver(
        spec, ancestor=ancestor,
        board=StatusBoard(tell, lambda *kept: None, time.time),
        make_local=make_local, make_remote=make_remote, threads=threads, clock=time.time,
        timing=Timing(),
    )  # fmt: skip
    tasks.start("driver", driver.run)
    try:
        yield driver
    finally:
        await tasks.close()
        threads.close()
        ancestor.close()


async def until(
    field_: Field, is_right: Callable[[Status], bool], driver: Driver, seconds: float = 15
) -> Status:
    """Wait until the session shows a status, and note its problems."""
    async with asyncio.timeout(seconds):
        while not is_right(field_.status):
            await asyncio.sleep(0.01)
    if driver.mirror is not None:
        field_.problems = {one.path: one.reason for one in driver.mirror.problems()}
    return field_.status


async def refused(
    agent: FakeAgent, field_: Field, code: str = "AGENT_REFUSED", mode: str = "two-way-safe"
) -> Status:
    """Run a session that must be halted for the agent's misbehaviour; check the canary."""
    async with session(agent, field_, mode) as driver:
        status = await until(
            field_, lambda now: now.reason is not None and now.reason.code == code, driver
        )
    check_canary(agent, field_)
    return status


async def settled(agent: FakeAgent, field_: Field, mode: str = "two-way-safe") -> Status:
    """Run a session that goes on, with the bad paths listed; check the canary."""
    async with session(agent, field_, mode) as driver:
        status = await until(field_, lambda now: now.state is State.WATCHING, driver)
    check_canary(agent, field_)
    return status


def check_canary(agent: FakeAgent, field_: Field) -> None:
    """Nothing outside of the root was written, and nothing of it was sent."""
    assert field_.outside() == field_.before
    assert SECRET not in agent.got()
    assert (field_.root / "README").read_text() == "readme\n"
    for path in field_.root.rglob("*"):
        assert not path.is_symlink() or field_.root in path.resolve().parents
