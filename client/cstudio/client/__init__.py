"""The client library: everything the daemon can do, as typed Python calls.

    async with Client() as client:
        for session in await client.sessions.list():
            print(session.name, session.state)

`Client.sync()` is the same for programs without an event loop. Answers are the
contract's own messages (`cstudio_api.v1`), so that their comments are the
documentation; failures are `cstudio.errors`.
"""

from cstudio.client.actions import Actions
from cstudio.client.blocking import (
    BlockingActions,
    BlockingClient,
    BlockingDaemon,
    BlockingKeys,
    BlockingSessions,
    BlockingStudios,
    BlockingTemplates,
    BlockingWebApps,
    BlockingZones,
)
from cstudio.client.connection import Client
from cstudio.client.daemon import Daemon
from cstudio.client.keys import Keys
from cstudio.client.sessions import Changed, Deleted, Event, Sessions, Synced
from cstudio.client.studios import Studios
from cstudio.client.templates import TemplateFile, Templates
from cstudio.client.watching import StudioChanged, StudioDeleted, StudioEvent
from cstudio.client.webapps import WebAppChanged, WebAppDeleted, WebAppEvent, WebApps
from cstudio.client.zones import Zones

__all__ = [
    "Actions",
    "BlockingActions",
    "BlockingClient",
    "BlockingDaemon",
    "BlockingKeys",
    "BlockingSessions",
    "BlockingStudios",
    "BlockingTemplates",
    "BlockingWebApps",
    "BlockingZones",
    "Changed",
    "Client",
    "Daemon",
    "Deleted",
    "Event",
    "Keys",
    "Sessions",
    "StudioChanged",
    "StudioDeleted",
    "StudioEvent",
    "Studios",
    "Synced",
    "TemplateFile",
    "Templates",
    "WebAppChanged",
    "WebAppDeleted",
    "WebAppEvent",
    "WebApps",
    "Zones",
]
