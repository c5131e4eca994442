"""The connection that all calls share."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

import grpc.aio

from cstudio import connect, locations
from cstudio.client.actions import Actions
from cstudio.client.daemon import Daemon
from cstudio.client.sessions import Sessions
from cstudio.client.studios import Studios
from cstudio.client.templates import Templates
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
    daemon: Daemon
    """The daemon itself."""

    def __init__(
        self, socket: str | None = None, *, state: str | None = None, autostart: bool = True
    ) -> None:
        """Connects when it is entered.

        `socket` and `state` default to the environment's `CSTUDIO_SOCKET` and
        `CSTUDIO_STATE_DIR`, and these to the user's own daemon.
        """
        self.locations = locations.locate(socket=socket, state=state)
        self.started = False
        """Whether the daemon had to be started."""
        self._autostart = autostart
        self._channel: grpc.aio.Channel | None = None

    @classmethod
    def sync(
        cls, socket: str | None = None, *, state: str | None = None, autostart: bool = True
    ) -> BlockingClient:
        """Return a client for programs without an event loop."""
        from cstudio.client.blocking import BlockingClient

        return BlockingClient(cls(socket, state=state, autostart=autostart))

    async def __aenter__(self) -> Self:
        self.started = await connect.ensure_daemon(self.locations, autostart=self._autostart)
        self._channel = connect.open_channel(self.locations.socket)
        self.sessions = Sessions(self._channel)
        self.templates = Templates(self._channel)
        self.studios = Studios(self._channel)
        self.actions = Actions(self._channel)
        self.zones = Zones(self._channel)
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
