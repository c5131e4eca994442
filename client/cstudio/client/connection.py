"""The connection that all calls share."""

from __future__ import annotations

import os
from types import TracebackType
from typing import TYPE_CHECKING, Self

import grpc.aio

from cstudio import connect, locations, remote
from cstudio.client.actions import Actions
from cstudio.client.daemon import Daemon
from cstudio.client.keys import Keys
from cstudio.client.sessions import Sessions
from cstudio.client.studios import Studios
from cstudio.client.templates import Templates
from cstudio.client.webapps import WebApps
from cstudio.client.zones import Zones

if TYPE_CHECKING:
    from cstudio.client.blocking import BlockingClient


class Client:
    """A connection to the daemon, which is started when it is not running."""

    sessions: Sessions
    """Sync sessions."""
    templates: Templates
    """What studios are made from, and the builds."""
    studios: Studios
    """What runs, with its files in step."""
    actions: Actions
    """Command lines in studios."""
    zones: Zones
    """The folders that studios are given."""
    webapps: WebApps
    """Studios that are published."""
    keys: Keys
    """Who may call over TCP."""
    daemon: Daemon
    """The daemon itself."""

    def __init__(
        self,
        socket: str | None = None,
        *,
        state: str | None = None,
        autostart: bool = True,
        server: str | None = None,
    ) -> None:
        """Connects when it is entered.

        `socket` and `state` default to the environment's `CSTUDIO_SOCKET` and
        `CSTUDIO_STATE_DIR`, and these to the user's own daemon. `server`, ``HOST:PORT``,
        is a daemon elsewhere, which is never started; it defaults to `CSTUDIO_SERVER`
        where neither `socket` nor `state` is given. The key for it comes from
        `CSTUDIO_KEY` or a file, `CSTUDIO_KEY_FILE`; `CSTUDIO_CA` is a file of
        certificates to trust.

        Raises:
            UsageError: there is no such address, or no key.
        """
        is_local = (socket or state) and not server
        self.server = None if is_local else remote.choose(server, os.environ)
        """The daemon elsewhere; None: it is on this machine."""
        self.locations = locations.locate(socket=socket, state=state)
        self.started = False
        """Whether the daemon had to be started."""
        self._autostart = autostart
        self._channel: grpc.aio.Channel | None = None

    @classmethod
    def sync(
        cls,
        socket: str | None = None,
        *,
        state: str | None = None,
        autostart: bool = True,
        server: str | None = None,
    ) -> BlockingClient:
        """Return a client for programs without an event loop."""
        from cstudio.client.blocking import BlockingClient

        return BlockingClient(cls(socket, state=state, autostart=autostart, server=server))

    async def __aenter__(self) -> Self:
        if self.server is not None:
            self._channel = remote.open_channel(self.server)
            try:
                await remote.connected(self.server, self._channel)
            except BaseException:
                await self._channel.close()
                raise
        else:
            self.started = await connect.ensure_daemon(self.locations, autostart=self._autostart)
            self._channel = connect.open_channel(self.locations.socket)
        self.sessions = Sessions(self._channel)
        self.templates = Templates(self._channel)
        self.studios = Studios(self._channel)
        self.actions = Actions(self._channel)
        self.zones = Zones(self._channel)
        self.webapps = WebApps(self._channel)
        self.keys = Keys(self._channel)
        self.daemon = Daemon(self._channel)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._channel is not None:
            await self._channel.close()
            self._channel = None
