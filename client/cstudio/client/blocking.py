"""The same calls for programs without an event loop.

Each blocking method is its async twin, run to its end on a loop that belongs to
the client. Ctrl-C interrupts it as usual.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from types import TracebackType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar

from cstudio.client.actions import Actions
from cstudio.client.connection import Client
from cstudio.client.daemon import Daemon
from cstudio.client.keys import Keys
from cstudio.client.sessions import Sessions
from cstudio.client.studios import Studios
from cstudio.client.templates import Templates
from cstudio.client.webapps import WebApps
from cstudio.client.zones import Zones
from cstudio.locations import Locations

Twin = TypeVar("Twin")
P = ParamSpec("P")
T = TypeVar("T")


class _Blocking(Generic[Twin]):
    """A service's async calls and the loop that runs them."""

    def __init__(self, twin: Twin, runner: asyncio.Runner) -> None:
        self._twin = twin
        self._runner = runner

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return self._runner.run(work)
        except asyncio.CancelledError:  # nobody cancels but Ctrl-C, as the runner begins
            raise KeyboardInterrupt from None


def _blocking(
    method: Callable[Concatenate[Twin, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[_Blocking[Twin], P], T]:
    """Return a method that waits for what `method` returns."""

    @functools.wraps(method)
    def wait(self: _Blocking[Twin], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._run(method(self._twin, *args, **kwargs))

    return wait


def _iterating(
    method: Callable[Concatenate[Twin, P], AsyncIterator[T]],
) -> Callable[Concatenate[_Blocking[Twin], P], Iterator[T]]:
    """Return a method that yields what `method` yields."""

    @functools.wraps(method)
    def iterate(self: _Blocking[Twin], /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        items = method(self._twin, *args, **kwargs)
        try:
            while (item := self._run(_next(items))) is not None:
                yield item
        finally:
            self._run(_close(items))

    return iterate


async def _next(items: AsyncIterator[T]) -> T | None:
    try:
        return await anext(items)
    except StopAsyncIteration:
        return None


async def _close(items: AsyncIterator[object]) -> None:
    close = getattr(items, "aclose", None)
    if close is not None:
        # An interrupt may have left it running; then the end of the loop closes it.
        with contextlib.suppress(RuntimeError):
            await close()


class BlockingDaemon(_Blocking[Daemon]):
    """Calls of the service `Daemon`; see `Daemon`."""

    info = _blocking(Daemon.info)
    checks = _blocking(Daemon.checks)
    shut_down = _blocking(Daemon.shut_down)


class BlockingSessions(_Blocking[Sessions]):
    """Calls of the service `SyncSessions`; see `Sessions`."""

    create = _blocking(Sessions.create)
    get = _blocking(Sessions.get)
    list = _blocking(Sessions.list)
    update = _blocking(Sessions.update)
    delete = _blocking(Sessions.delete)
    watch = _iterating(Sessions.watch)
    pause = _blocking(Sessions.pause)
    resume = _blocking(Sessions.resume)
    flush = _blocking(Sessions.flush)
    plan = _blocking(Sessions.plan)
    push = _blocking(Sessions.push)
    pull = _blocking(Sessions.pull)
    reset = _blocking(Sessions.reset)
    accept = _blocking(Sessions.accept)
    conflicts = _blocking(Sessions.conflicts)
    read_conflict = _blocking(Sessions.read_conflict)
    resolve = _blocking(Sessions.resolve)
    problems = _blocking(Sessions.problems)
    explain = _blocking(Sessions.explain)
    trash = _blocking(Sessions.trash)
    restore = _blocking(Sessions.restore)
    restore_deletions = _blocking(Sessions.restore_deletions)


class BlockingTemplates(_Blocking[Templates]):
    """Calls of the service `Templates`; see `Templates`."""

    create = _blocking(Templates.create)
    validate = _blocking(Templates.validate)
    get = _blocking(Templates.get)
    list = _blocking(Templates.list)
    update = _blocking(Templates.update)
    copy = _blocking(Templates.copy)
    delete = _blocking(Templates.delete)
    grant = _blocking(Templates.grant)
    revoke = _blocking(Templates.revoke)
    import_archive = _blocking(Templates.import_archive)
    export_archive = _blocking(Templates.export_archive)
    schema = _blocking(Templates.schema)
    render = _blocking(Templates.render)
    build = _blocking(Templates.build)
    explain_build = _blocking(Templates.explain_build)
    get_build = _blocking(Templates.get_build)
    builds = _blocking(Templates.builds)
    cancel_build = _blocking(Templates.cancel_build)
    follow_build = _iterating(Templates.follow_build)


class BlockingStudios(_Blocking[Studios]):
    """Calls of the service `Studios`; see `Studios`."""

    create = _blocking(Studios.create)
    get = _blocking(Studios.get)
    list = _blocking(Studios.list)
    delete = _blocking(Studios.delete)
    start = _blocking(Studios.start)
    stop = _blocking(Studios.stop)
    restart = _blocking(Studios.restart)
    change_owner = _blocking(Studios.change_owner)
    keep_alive = _blocking(Studios.keep_alive)
    watch = _iterating(Studios.watch)
    logs = _iterating(Studios.logs)
    push = _blocking(Studios.push)
    pull = _blocking(Studios.pull)
    reset = _blocking(Studios.reset)
    execute = _blocking(Studios.execute)
    forward = _blocking(Studios.forward)


class BlockingActions(_Blocking[Actions]):
    """Calls of the service `Actions`; see `Actions`."""

    list = _blocking(Actions.list)
    run = _blocking(Actions.run)
    get = _blocking(Actions.get)
    history = _blocking(Actions.history)
    follow = _iterating(Actions.follow)
    cancel = _blocking(Actions.cancel)


class BlockingZones(_Blocking[Zones]):
    """Calls of the service `Zones`; see `Zones`."""

    list = _blocking(Zones.list)


class BlockingWebApps(_Blocking[WebApps]):
    """Calls of the service `WebApps`; see `WebApps`."""

    publish = _blocking(WebApps.publish)
    get = _blocking(WebApps.get)
    list = _blocking(WebApps.list)
    restart = _blocking(WebApps.restart)
    unpublish = _blocking(WebApps.unpublish)
    watch = _iterating(WebApps.watch)
    logs = _iterating(WebApps.logs)


class BlockingKeys(_Blocking[Keys]):
    """Calls of the service `Keys`; see `Keys`."""

    create = _blocking(Keys.create)
    list = _blocking(Keys.list)
    revoke = _blocking(Keys.revoke)
    sign_in_link = _blocking(Keys.sign_in_link)


class BlockingClient:
    """A connection to the daemon; made by `Client.sync()`."""

    sessions: BlockingSessions
    """Sync sessions."""
    templates: BlockingTemplates
    """What studios are made from, and the builds."""
    studios: BlockingStudios
    """What runs, with its files in step."""
    actions: BlockingActions
    """Command lines in studios."""
    zones: BlockingZones
    """The folders that studios are given."""
    webapps: BlockingWebApps
    """Studios that are published."""
    keys: BlockingKeys
    """Who may call over TCP."""
    daemon: BlockingDaemon
    """The daemon itself."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._runner = asyncio.Runner()

    @property
    def locations(self) -> Locations:
        """Where the daemon's files are."""
        return self._client.locations

    @property
    def started(self) -> bool:
        """Whether the daemon had to be started."""
        return self._client.started

    def __enter__(self) -> Self:
        try:
            self._runner.run(self._client.__aenter__())
        except BaseException:
            self._runner.close()
            raise
        self.sessions = BlockingSessions(self._client.sessions, self._runner)
        self.templates = BlockingTemplates(self._client.templates, self._runner)
        self.studios = BlockingStudios(self._client.studios, self._runner)
        self.actions = BlockingActions(self._client.actions, self._runner)
        self.zones = BlockingZones(self._client.zones, self._runner)
        self.webapps = BlockingWebApps(self._client.webapps, self._runner)
        self.keys = BlockingKeys(self._client.keys, self._runner)
        self.daemon = BlockingDaemon(self._client.daemon, self._runner)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self._runner.run(self._client.__aexit__(kind, error, traceback))
        finally:
            self._runner.close()
