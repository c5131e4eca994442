"""Web apps: studios that are published, each named by its id."""

from __future__ import annotations

import builtins
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc.aio
from cstudio_api.v1 import webapps_pb2 as pb
from cstudio_api.v1 import webapps_pb2_grpc

from cstudio.client import streams
from cstudio.client.calls import COPYING_SECONDS, LOOKING_SECONDS, call, pages, stream
from cstudio.client.streams import Synced

if TYPE_CHECKING:
    from cstudio_api.v1.webapps_pb2_grpc import WebAppsAsyncStub

PAGE = 500
PATIENCE_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class WebAppChanged:
    """A web app as it is now: new to this reader, or changed."""

    webapp: pb.WebApp


@dataclass(frozen=True, kw_only=True)
class WebAppDeleted:
    """A web app is gone; `webapp` is as it was last seen."""

    webapp: pb.WebApp


WebAppEvent = WebAppChanged | WebAppDeleted | Synced


class WebApps:
    """Calls of the service `WebApps`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: WebAppsAsyncStub = webapps_pb2_grpc.WebAppsStub(channel)  # type: ignore[assignment] # one class, two types

    async def publish(
        self,
        studio: str,
        project: str = "",
        *,
        port: int = 0,
        replicas: int = 1,
        live: bool = False,
        public: bool = False,
        groups: Sequence[str] = (),
        dry_run: bool = False,
    ) -> pb.WebApp:
        """Publish a studio; `watch` tells how its replicas come up.

        `port` 0 means the only one there is. With neither `public` nor `groups` its owner
        and administrators alone may visit it.
        """
        request = pb.PublishWebAppRequest(
            studio=studio,
            project=project,
            port=port,
            replicas=replicas,
            live=live,
            access=pb.WebAppAccess(public=public, groups=groups),
            validate_only=dry_run,
        )
        return await call(self._stub.PublishWebApp, request, LOOKING_SECONDS)

    async def get(self, id: str) -> pb.WebApp:
        """Return one web app."""
        return await call(self._stub.GetWebApp, pb.GetWebAppRequest(id=id))

    async def list(self, project: str = "") -> builtins.list[pb.WebApp]:
        """Return the web apps of a project, or all, by project and id."""
        request = pb.ListWebAppsRequest(project=project, page_size=PAGE)
        return await pages(self._stub.ListWebApps, request, lambda page: page.webapps)

    async def restart(self, id: str) -> pb.WebApp:
        """Begin to start the replicas anew, one after another."""
        return await call(self._stub.RestartWebApp, pb.RestartWebAppRequest(id=id), LOOKING_SECONDS)

    async def unpublish(self, id: str) -> None:
        """End all replicas and forget the web app; the studio's zones stay."""
        await call(self._stub.UnpublishWebApp, pb.UnpublishWebAppRequest(id=id), COPYING_SECONDS)

    async def logs(
        self,
        id: str,
        *,
        replica: str = "",
        follow: bool = False,
        lines: int = 0,
        previous: bool = False,
    ) -> AsyncGenerator[bytes, None]:
        """Yield what the programs of a replica say, of the first one unless named by its uid."""
        request = pb.ReadWebAppLogsRequest(
            id=id, replica=replica, follow=follow, lines=lines, previous=previous
        )
        async for answer in stream(self._stub.ReadWebAppLogs, request):
            yield answer.data

    def watch(
        self, id: str = "", project: str = "", *, patience_seconds: float = PATIENCE_SECONDS
    ) -> AsyncIterator[WebAppEvent]:
        """Follow one web app, a project's, or all: everything, then `Synced`, then changes.

        Goes on by itself when the daemon is restarted.
        """

        async def begin(token: str) -> AsyncGenerator[streams.Answer[pb.WebApp], None]:
            request = pb.WatchWebAppsRequest(id=id, project=project, resume_token=token)
            async for answer in self._stub.WatchWebApps(request):
                yield _answer(answer)

        return streams.events(
            begin,
            patience_seconds,
            changed=lambda webapp: WebAppChanged(webapp=webapp),
            deleted=lambda webapp: WebAppDeleted(webapp=webapp),
        )


def _answer(answer: pb.WatchWebAppsResponse) -> streams.Answer[pb.WebApp]:
    token = answer.resume_token
    match answer.WhichOneof("event"):
        case "webapp":
            return streams.Answer(token=token, key=answer.webapp.id, item=answer.webapp)
        case "synced":
            return streams.Answer(token=token, synced=True)
        case _:
            return streams.Answer(token=token, key=answer.deleted)
