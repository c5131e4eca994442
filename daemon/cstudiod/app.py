"""The composition root: builds everything once, and ends it in order.

Shutdown: refuse new calls, end the watches, stop the sessions (each finishes
the operation in hand), stop the server, close the store, release the lock.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import logging
import os
import signal
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

from cstudiod.assembly import StudioParts
from cstudiod.config import Settings
from cstudiod.errors import StateError
from cstudiod.model.sync_sessions import Mode, Session, Spec, TargetKind
from cstudiod.ports import Endpoint, Place
from cstudiod.rpc import server
from cstudiod.runtimes import registry
from cstudiod.services.admission import STUDIO_LABEL
from cstudiod.services.daemon import DaemonService, RuntimeInfo
from cstudiod.services.sync_sessions import SyncSessions
from cstudiod.store.feed import Feed
from cstudiod.store.sessions import SessionStore
from cstudiod.supervise import Blocking, Tasks
from cstudiod.sync.connection import MakeLocal, MakeRemote, Remote, Wake
from cstudiod.sync.driver import Timing
from cstudiod.sync.local import LocalEndpoint
from cstudiod.sync.remotes import open_remote

_log = logging.getLogger(__name__)

_ONE_WAY = (Mode.ONE_WAY_SAFE, Mode.ONE_WAY_REPLICA)
_GRACE_SECONDS = 4.0
_COLLECT_EVERY = 50_000
"""Objects made before the collector looks for cycles among the youngest."""


def run(settings: Settings) -> int:
    """Run the daemon until SIGTERM, SIGINT or a call ends it; return the exit status.

    Raises:
        StateError: another daemon keeps its state there.
    """
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    _collect_seldom()
    with _owned(settings.state_dir):
        asyncio.run(_run(settings))
    return 0


def _collect_seldom() -> None:
    """A first look makes records by the 100,000, none of them in cycles: a third of its time."""
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY, 20, 20)


@contextmanager
def _owned(state_dir: Path) -> Iterator[None]:
    """Hold the lock of the state folder; one daemon at a time."""
    with open(state_dir / "lock", "a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise StateError(
                f"another cstudiod (process {lock.read().strip() or '?'}) keeps its state in"
                f" `{state_dir}`",
                next="cstudio daemon status",
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


async def _run(settings: Settings) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    app = App(settings, stopping.set)
    await app.start()
    try:
        await stopping.wait()
        _log.info("stopping")
    finally:
        await app.close()


class App:
    """Everything that runs."""

    def __init__(self, settings: Settings, stop: Callable[[], None]) -> None:
        """Build all parts; nothing runs yet."""
        self._settings = settings
        self._tasks = Tasks(on_failure=lambda name, error: stop())
        self._threads = Blocking("walk", threads=2)
        self._store = SessionStore(settings.state_dir / "cstudio.db")
        self._feed: Feed[Session] = Feed(uuid.uuid4().hex[:12])
        self.sessions = SyncSessions(
            state_dir=settings.state_dir,
            store=self._store,
            feed=self._feed,
            tasks=self._tasks,
            threads=self._threads,
            make_local=self._make_local,
            make_remote=self._make_remote,
            resolve_all=_resolve_all,
            clock=time.time,
            timing=Timing(
                verify=settings.sync.verify_seconds, connect=settings.sync.connect_seconds
            ),
        )
        self.daemon = DaemonService(
            settings,
            version=metadata.version("cstudio"),
            start_time=time.time(),
            clock=time.time,
            session_count=lambda: self.sessions.count,
            availability=self._availability,
            stop=stop,
        )
        self.parts = StudioParts(settings, self._store, self.sessions, self._tasks)
        self._server = server.Server(
            settings.socket,
            server.Services(
                daemon=self.daemon,
                sessions=self.sessions,
                templates=self.parts.templates,
                builds=self.parts.builds,
                studios=self.parts.studios,
                commands=self.parts.commands,
                actions=self.parts.actions,
                zones=self.parts.zones,
                keys=self.parts.keys,
                sign_ins=self.parts.sign_ins,
                webapps=self.parts.webapps,
                visitors=self.parts.visitors,
            ),
            settings.server,
        )

    async def start(self) -> None:
        """Listen, then take up the stored sessions."""
        await self._server.start()
        self.sessions.start()
        await self.parts.start()
        _log.info("listening on %s", self._settings.socket)

    async def close(self) -> None:
        """End everything in order, within the grace period."""
        self._feed.close()
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                await self.parts.close()
                await self.sessions.close()
        except TimeoutError:
            _log.warning("a session did not end in time")
        await self._tasks.close()
        await self._server.close()
        self._store.close()
        self._threads.close()

    # -------------------------------------------------------------- wiring

    def _trash(self, uid: str) -> str:
        trash = self._settings.state_dir / "trash"
        trash.mkdir(mode=0o700, exist_ok=True)
        return str(trash / uid)

    def _make_local(self, uid: str) -> MakeLocal:
        def make(spec: Spec, wake: Wake) -> Endpoint:
            return LocalEndpoint(
                spec.local,
                session=uid,
                trash_folder=self._trash(uid),
                owns=spec.mode not in _ONE_WAY and STUDIO_LABEL not in spec.labels,
                poll_seconds=self._settings.sync.poll_seconds,
                wake=wake,
            )

        return make

    def _make_remote(self, uid: str) -> MakeRemote:
        async def make(spec: Spec, wake: Wake) -> Remote:
            if spec.target.kind is TargetKind.FOLDER:
                return self._folder(uid, spec, wake)
            resolver = registry.resolver(spec.target)
            return await open_remote(
                spec, uid, resolver, wake, poll_seconds=self._settings.sync.poll_seconds
            )

        return make

    def _folder(self, uid: str, spec: Spec, wake: Wake) -> Remote:
        endpoint = LocalEndpoint(
            spec.target.path,
            session=uid,
            trash_folder=self._trash(uid + "-remote"),
            owns=True,
            create=spec.create,
            is_remote=True,
            poll_seconds=self._settings.sync.poll_seconds,
            wake=wake,
        )
        place = Place(label=f"folder {spec.target.path}", incarnation="folder")
        return Remote(endpoint=endpoint, place=place, gone=_never, release=_nothing)

    async def _availability(self, kubeconfig: str, context: str) -> Sequence[RuntimeInfo]:
        return [
            RuntimeInfo(
                name=one.runtime,
                available=one.is_available,
                version=one.detail if one.is_available else "",
                reason="" if one.is_available else one.detail,
                next=one.next,
            )
            for one in await registry.availability(kubeconfig, context)
        ]


async def _resolve_all(spec: Spec) -> Sequence[Place]:
    resolver = registry.resolver(spec.target)
    try:
        return await resolver.resolve_all()
    finally:
        await resolver.close()


async def _never() -> None:
    await asyncio.Event().wait()


async def _nothing() -> None:
    return
