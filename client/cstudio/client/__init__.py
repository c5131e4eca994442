"""The client library: everything the daemon can do, as typed Python calls.

    async with Client() as client:
        for session in await client.sessions.list():
            print(session.name, session.state)

`Client.sync()` is the same for programs without an event loop. Answers are the
contract's own messages (`cstudio_api.v1`), so that their comments are the
documentation; failures are `cstudio.errors`.
"""

from cstudio.client.blocking import BlockingClient, BlockingDaemon, BlockingSessions
from cstudio.client.connection import Client
from cstudio.client.daemon import Daemon
from cstudio.client.sessions import Changed, Deleted, Event, Sessions, Synced

__all__ = [
    "BlockingClient",
    "BlockingDaemon",
    "BlockingSessions",
    "Changed",
    "Client",
    "Daemon",
    "Deleted",
    "Event",
    "Sessions",
    "Synced",
]
