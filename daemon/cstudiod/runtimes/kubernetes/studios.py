"""`StudioRuntime` of a cluster: a studio is a Deployment with one replica.

Nothing is kept here but connections: whatever is asked is read from the cluster.
A watch of the pods says when to look again; while a studio is not ready its
events, its runner's report and its last log are read as well, for the reason.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from cstudiod.errors import TargetError
from cstudiod.model.containers import ContainerConfiguration
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
from cstudiod.ports import Channel
from cstudiod.runtimes import relay, watching
from cstudiod.runtimes.kubernetes import api, faults, manifests, observe, streams, volumes
from cstudiod.runtimes.kubernetes.objects import Json, part
from cstudiod.runtimes.kubernetes.ways import Ways
from cstudiod.supervise import Tasks

STARTING_SECONDS = 1.0
"""Between looks at a studio that is not ready, when nothing is heard of its pod."""
READY_SECONDS = 20.0
WATCH_PAUSE_SECONDS = 2.0
REMOVE_PAUSE_SECONDS = 0.2
REMOVE_SECONDS = 20.0
"""How much longer than its grace a pod may take to be gone."""
REPORT_SECONDS = 10.0
REPORT_BYTES = 1024 * 1024
TAIL_LINES = 20
SECONDS_A_MINUTE = 60.0


class KubernetesStudios:
    """Studios as deployments in one namespace of one cluster."""

    def __init__(
        self, configuration: ContainerConfiguration, *, install: str, cluster: api.Api | None = None
    ) -> None:
        """`install` tells this daemon's studios from others'."""
        self._configuration = configuration
        self._install = install
        self._api = cluster or api.Api(configuration.kubeconfig, configuration.context)
        self._streams = streams.Streams(self._api)
        self._ways: dict[str, Ways] = {}

    @property
    def capabilities(self) -> Capabilities:
        """How it differs from the others."""
        return Capabilities(
            kind=RuntimeKind.KUBERNETES,
            needs_image=True,
            has_nginx=True,
            survives_daemon=True,
            enforces_limits=True,
        )

    def layout(self, uid: str) -> Layout:
        """Return the folders that every image of ours has."""
        return CONTAINER_LAYOUT

    async def spawn(self, spawn: Spawn) -> None:
        """Apply the studio's objects; equal ones change nothing."""
        known = await self._deployment(spawn.uid)
        if known and observe.hash_of(known) == spawn.hash and observe.is_wanted(known):
            return
        core, apps = await self._paths()
        if self._configuration.create_namespace:
            await self._make_namespace()
        request = await self._request("patch", volumes.PLURAL)
        await volumes.make(self._api, request, core, manifests.claims(spawn, self._install))
        await self._apply("secrets", core, manifests.secret(spawn, self._install))
        body = manifests.deployment(spawn, self._configuration, self._install)
        await self._apply("deployments", apps, body)

    async def revive(self, uid: str) -> None:
        """Nothing: kubelet and controller start again what ends."""

    async def remove(self, uid: str, *, grace_seconds: float = 10.0) -> None:
        """Delete the deployment, and return when its pods are gone."""
        await self._close_ways(uid)
        core, apps = await self._paths()
        name = manifests.name(uid)
        request = await self._request("delete", "deployments", name)
        background = {"propagationPolicy": "Background"}
        await self._api.delete(request, f"{apps}/deployments/{name}", options=background)
        await self._end_pods(uid, core, grace_seconds)
        request = await self._request("delete", "secrets", name)
        await self._api.delete(request, f"{core}/secrets/{name}")

    async def remove_volumes(self, uid: str) -> None:
        """Delete the studio's claims, and return when they are gone."""
        core, _ = await self._paths()
        request = await self._request("delete", volumes.PLURAL)
        await volumes.remove(self._api, request, core, _labelled(uid))

    async def observe(self, uid: str) -> Observation:
        """Read the studio's objects, and as much more as the reason needs."""
        deployment = await self._deployment(uid)
        if deployment is None:
            return Observation(phase=Phase.ABSENT)
        pods = observe.of_order(deployment, await self._pods(uid))
        pod = observe.current(pods)
        is_ready = pod is not None and observe.is_ready(pod)
        return observe.observe(
            observe.Snapshot(
                deployment=deployment,
                pods=pods,
                events=() if is_ready or pod is None else await self._events(pod),
                status=await self._report(pod),
                tail=await self._tail(pod),
                now=time.time(),
                patience_seconds=self._configuration.unschedulable_minutes * SECONDS_A_MINUTE,
            )
        )

    async def watch(self, uid: str) -> AsyncIterator[Observation]:
        """Look when a pod has changed, and from time to time."""
        changed = asyncio.Event()
        tasks = Tasks()
        tasks.start("pods", lambda: self._hear(uid, changed))

        async def look() -> Observation:
            changed.clear()
            return await self.observe(uid)

        async def wait(now: Observation) -> None:
            is_ready = now.phase is Phase.READY
            await _wait(changed, READY_SECONDS if is_ready else STARTING_SECONDS)

        try:
            async for seen in watching.changes(look, wait):
                yield seen
        finally:
            await tasks.close()

    async def list_uids(self) -> Sequence[str]:
        """Return those whose deployment has our label."""
        _, apps = await self._paths()
        request = await self._request("list", "deployments")
        selector = f"{manifests.INSTALL}={self._install}"
        body = await self._api.get(request, f"{apps}/deployments", {"labelSelector": selector})
        labels = [part(part(item, "metadata"), "labels") for item in body.get("items") or ()]
        return sorted(str(item.get(manifests.UID)) for item in labels)

    def target(self, uid: str, path: str) -> Target:
        """Return a path in the deployment's pod."""
        return Target(
            kind=TargetKind.DEPLOYMENT,
            name=manifests.name(uid),
            path=path,
            namespace=self._configuration.namespace,
            container=manifests.CONTAINER,
            context=self._configuration.context,
            kubeconfig=self._configuration.kubeconfig,
        )

    async def logs(
        self, uid: str, *, follow: bool, lines: int, previous: bool = False
    ) -> AsyncIterator[bytes]:
        """Yield what the kubelet kept; `previous`: of before the container's restart."""
        pod = observe.current(await self._pods(uid))
        if pod is None:
            raise _absent(uid)
        query = {"tailLines": str(lines), "follow": "true" if follow and not previous else "false"}
        async for piece in self._log(pod, {**query, "previous": str(previous).lower()}):
            yield piece

    async def dial(self, uid: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a port on the pod's loopback."""
        if uid not in self._ways:
            self._ways[uid] = Ways(self._api, self.target(uid, "/"))
        try:
            return await self._ways[uid].dial(port)
        except TargetError as error:
            raise relay.named(error, uid, port) from error

    async def close(self) -> None:
        """Close the connections; studios go on."""
        for uid in list(self._ways):
            await self._close_ways(uid)
        await self._api.close()

    # ------------------------------------------------------------- reading

    async def _deployment(self, uid: str) -> Json | None:
        _, apps = await self._paths()
        name = manifests.name(uid)
        request = await self._request("get", "deployments", name)
        try:
            return await self._api.get(request, f"{apps}/deployments/{name}")
        except TargetError as error:
            if error.reason != "TARGET_NOT_FOUND":
                raise
            return None

    async def _pods(self, uid: str) -> Sequence[Json]:
        core, _ = await self._paths()
        request = await self._request("list", "pods")
        body = await self._api.get(request, f"{core}/pods", _labelled(uid))
        return list(body.get("items") or ())

    async def _events(self, pod: Json) -> Sequence[Json]:
        """Return the pod's events; none where they may not be read."""
        core, _ = await self._paths()
        request = await self._request("list", "events")
        query = {"fieldSelector": f"involvedObject.uid={part(pod, 'metadata').get('uid')}"}
        try:
            body = await self._api.get(request, f"{core}/events", query)
        except TargetError as error:
            if error.reason != "FORBIDDEN":
                raise
            return ()
        return list(body.get("items") or ())

    async def _report(self, pod: Json | None) -> Mapping[str, Any]:
        """Return the runner's report; empty: it cannot be read now."""
        if pod is None or "running" not in part(observe.status_of(pod), "state"):
            return {}
        request = await self._request("get", "pods/exec", _name(pod))
        argv = ["cat", f"{CONTAINER_LAYOUT.state}/status.json"]
        try:
            async with asyncio.timeout(REPORT_SECONDS):
                channel = await self._streams.open(request, manifests.CONTAINER, argv)
                try:
                    body = json.loads(await _read_all(channel, REPORT_BYTES))
                finally:
                    await channel.close()
        except (TargetError, TimeoutError, ValueError):
            return {}
        return body if isinstance(body, dict) else {}

    async def _tail(self, pod: Json | None) -> str:
        """Return the end of the log of a container that ended; empty: it has not, or has none."""
        status = observe.status_of(pod)
        state = part(status, "state")
        if pod is None or not (
            "terminated" in state or part(part(status, "lastState"), "terminated")
        ):
            return ""
        if "running" in state:
            return ""
        is_previous = "terminated" not in state
        query = {"tailLines": str(TAIL_LINES), "previous": str(is_previous).lower()}
        try:
            pieces = [piece async for piece in self._log(pod, query)]
        except TargetError:
            return ""
        return b"".join(pieces).decode("utf-8", "replace")

    async def _log(self, pod: Json, query: Mapping[str, str]) -> AsyncIterator[bytes]:
        core, _ = await self._paths()
        request = await self._request("get", "pods/log", _name(pod))
        path = f"{core}/pods/{_name(pod)}/log"
        async for piece in self._api.text(
            request, path, {"container": manifests.CONTAINER, **query}
        ):
            yield piece

    async def _hear(self, uid: str, changed: asyncio.Event) -> None:
        """Set `changed` at each event of the studio's pods; go on when a watch ends."""
        core, _ = await self._paths()
        request = await self._request("watch", "pods")
        while True:
            try:
                async for _ in self._api.watch(request, f"{core}/pods", _labelled(uid)):
                    changed.set()
            except TargetError:
                pass  # the next look says what is wrong
            await asyncio.sleep(WATCH_PAUSE_SECONDS)

    # ------------------------------------------------------------- changing

    async def _apply(self, plural: str, base: str, body: Json) -> None:
        name = str(part(body, "metadata")["name"])
        request = await self._request("patch", plural, name)
        await self._api.apply(request, f"{base}/{plural}/{name}", body)

    async def _make_namespace(self) -> None:
        namespace = await self._namespace()
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        request = await self._request("patch", "namespaces", namespace)
        await self._api.apply(request, f"/api/v1/namespaces/{namespace}", body)

    async def _end_pods(self, uid: str, core: str, grace_seconds: float) -> None:
        request = await self._request("delete", "pods")
        grace = {"gracePeriodSeconds": max(0, round(grace_seconds))}
        end = time.monotonic() + grace_seconds + REMOVE_SECONDS
        while pods := await self._pods(uid):
            if any(not part(pod, "metadata").get("deletionTimestamp") for pod in pods):
                await self._api.delete(request, f"{core}/pods", _labelled(uid), grace)
            if time.monotonic() > end:
                raise TargetError(
                    f"pod {_name(pods[0])} does not end",
                    next=f"kubectl describe pod {_name(pods[0])} -n {request.namespace}",
                    pod=_name(pods[0]),
                )
            await asyncio.sleep(REMOVE_PAUSE_SECONDS)

    # ----------------------------------------------------------------- own

    async def _close_ways(self, uid: str) -> None:
        made = self._ways.pop(uid, None)
        if made is not None:
            await made.close()

    async def _namespace(self) -> str:
        return self._configuration.namespace or (await self._api.access()).namespace

    async def _paths(self) -> tuple[str, str]:
        namespace = await self._namespace()
        return f"/api/v1/namespaces/{namespace}", f"/apis/apps/v1/namespaces/{namespace}"

    async def _request(self, verb: str, resource: str, name: str = "") -> faults.Request:
        access = await self._api.access()
        return faults.Request(
            server=access.server,
            context=access.context,
            namespace=await self._namespace(),
            verb=verb,
            resource=resource,
            name=name,
        )


async def _read_all(channel: Channel, limit: int) -> bytes:
    said = b""
    while piece := await channel.read():
        said += piece
        if len(said) > limit:
            raise ValueError("too long for a report")
    return said


async def _wait(changed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        pass


def _labelled(uid: str) -> dict[str, str]:
    return {"labelSelector": f"{manifests.UID}={uid}"}


def _name(pod: Json) -> str:
    return str(part(pod, "metadata").get("name") or "")


def _absent(uid: str) -> TargetError:
    return TargetError(f"studio {uid} does not run", reason="TARGET_NOT_FOUND", uid=uid)
