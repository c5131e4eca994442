"""`service WebApps`: convert, call, answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from cstudio_api.v1 import webapps_pb2 as pb
from cstudio_api.v1 import webapps_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from cstudiod.model.webapps import Access, WebAppState
from cstudiod.rpc.answers import timestamp
from cstudiod.rpc.callers import caller_of
from cstudiod.rpc.paging import page
from cstudiod.rpc.studio_answers import STUDIO_STATES, studio_reason
from cstudiod.rpc.texts import printable
from cstudiod.services.webapp_views import ReplicaView, WebAppView
from cstudiod.services.webapps import WebApps

_LINES = 1000
_STATES = {one: getattr(pb.WebApp, f"STATE_{one.value}") for one in WebAppState}


class WebAppsServicer(webapps_pb2_grpc.WebAppsServicer):
    """Web apps as resources, and their verbs."""

    def __init__(self, webapps: WebApps) -> None:
        """Serve `webapps`."""
        self._webapps = webapps

    async def PublishWebApp(self, request: pb.PublishWebAppRequest, context: Any) -> pb.WebApp:
        """Publish a studio."""
        access = Access(public=request.access.public, groups=tuple(request.access.groups))
        return webapp(
            self._webapps.publish(
                caller_of(context),
                request.studio,
                request.project,
                port=request.port,
                replicas=request.replicas,
                live=request.live,
                access=access,
                validate_only=request.validate_only,
            )
        )

    async def GetWebApp(self, request: pb.GetWebAppRequest, context: Any) -> pb.WebApp:
        """Return one web app."""
        return webapp(self._webapps.get(caller_of(context), request.id))

    async def ListWebApps(
        self, request: pb.ListWebAppsRequest, context: Any
    ) -> pb.ListWebAppsResponse:
        """Return a page of web apps."""
        found = self._webapps.all(caller_of(context), request.project)
        items, token = page(found, request.page_size, request.page_token)
        return pb.ListWebAppsResponse(webapps=[webapp(one) for one in items], next_page_token=token)

    async def RestartWebApp(self, request: pb.RestartWebAppRequest, context: Any) -> pb.WebApp:
        """Start the replicas anew."""
        return webapp(await self._webapps.restart(caller_of(context), request.id))

    async def UnpublishWebApp(self, request: pb.UnpublishWebAppRequest, context: Any) -> Empty:
        """End all replicas and forget the web app."""
        await self._webapps.unpublish(caller_of(context), request.id)
        return Empty()

    async def WatchWebApps(
        self, request: pb.WatchWebAppsRequest, context: Any
    ) -> AsyncIterator[pb.WatchWebAppsResponse]:
        """Yield everything, then `synced`, then changes."""
        caller = caller_of(context)
        changes = self._webapps.watch(caller, request.id, request.project, request.resume_token)
        async for change in changes:
            message = pb.WatchWebAppsResponse(resume_token=change.token)
            if change.upserted is not None:
                message.webapp.CopyFrom(webapp(change.upserted))
            elif change.deleted:
                message.deleted = change.deleted
            else:
                message.synced = True
            yield message

    async def ReadWebAppLogs(
        self, request: pb.ReadWebAppLogsRequest, context: Any
    ) -> AsyncIterator[pb.ReadWebAppLogsResponse]:
        """Read what the programs of a replica say."""
        async for data in self._webapps.logs(
            caller_of(context),
            request.id,
            request.replica,
            follow=request.follow,
            lines=request.lines or _LINES,
            previous=request.previous,
        ):
            yield pb.ReadWebAppLogsResponse(data=data)


def webapp(view: WebAppView) -> pb.WebApp:
    """Return a web app as the contract shows it."""
    spec = view.stored.spec
    return pb.WebApp(
        id=spec.id,
        project=spec.project,
        studio=view.studio,
        owner=view.owner,
        port=spec.port,
        replicas=spec.replicas,
        live=spec.live,
        access=pb.WebAppAccess(public=spec.access.public, groups=spec.access.groups),
        state=_STATES[view.state],
        reason=studio_reason(view.reason),
        url=view.url,
        ready_replicas=view.ready,
        replica_states=[_replica(one) for one in view.replicas],
        create_time=timestamp(view.stored.create_time),
        template=view.template,
        runtime=view.runtime,
        outdated=view.outdated,
        restarting_replicas=len(view.stored.to_restart),
    )


def _replica(view: ReplicaView) -> pb.WebAppReplica:
    return pb.WebAppReplica(
        uid=view.uid,
        state=STUDIO_STATES[view.state],
        stage=printable(view.stage),
        ready=view.ready,
        reason=studio_reason(view.reason),
        pod=view.pod,
        restarts=view.restarts,
    )
