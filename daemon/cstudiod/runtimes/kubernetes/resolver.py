"""`Resolver` for pods, deployments and stateful sets.

Reads what a decision needs, lets `resolve.choose` decide, opens exec streams,
and watches the pod it was sent to. A pod that is being deleted counts as gone
at once, so that a deployment's next pod is found while the old one still ends.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence

from cstudiod.errors import TargetError
from cstudiod.model.sync_sessions import Target, TargetKind
from cstudiod.ports import Channel, Place
from cstudiod.runtimes.kubernetes import api, faults, objects, resolve, streams
from cstudiod.runtimes.kubernetes.objects import Json, Pod
from cstudiod.runtimes.kubernetes.resolve import Choice, PodPlace, Refusal

WATCH_PAUSE_SECONDS = (0.2, 1.0, 2.0, 5.0)
"""Between attempts to watch while the API server does not answer."""
POLL_SECONDS = 1.0
"""Between looks at the pod where watching is not allowed."""
CHECK_SECONDS = 10.0


class KubernetesResolver:
    """Finds a target in a cluster, and runs commands there."""

    def __init__(
        self,
        target: Target,
        cluster: api.Api | None = None,
        transports: Sequence[streams.Transport] = streams.KNOWN,
    ) -> None:
        """`transports` are the ways to talk to commands, the best one first."""
        self._target = target
        self._api = cluster or api.Api(target.kubeconfig, target.context)
        self._streams = streams.Streams(self._api, transports)

    async def resolve(self) -> Place:
        """Return where the target is now; the first place if it has several."""
        return (await self.resolve_all())[0]

    async def resolve_all(self) -> tuple[Place, ...]:
        """Return every place of a target with all its replicas, else the one.

        Raises:
            TargetError: with the reason and the next step.
        """
        target = self._target
        choice = await self._choose()
        if isinstance(choice, Refusal):
            raise choice.error()
        assert target.all_replicas or len(choice) == 1
        return choice

    async def open(self, place: Place, argv: Sequence[str]) -> Channel:
        """Run `argv` in the container of `place`.

        The pod is looked at again once the stream is there: names are used
        again, and a container that was restarted meanwhile is another place.
        """
        where = _pod_place(place)
        access = await self._api.access()
        request = await self._request(where.namespace, "get", "pods/exec", where.pod)
        channel = await self._streams.open(request, where.container, argv)
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                pod = await self._pod(where)
            if resolve.has_ended(where, pod):
                raise TargetError(
                    f"{place.label} was replaced while connecting", reason="CONNECTION_LOST"
                )
        except TimeoutError as error:
            await channel.close()
            raise TargetError(f"{access.server} did not answer in time") from error
        except BaseException:
            await channel.close()
            raise
        return channel

    async def gone(self, place: Place) -> None:
        """Return when the container has ended, or its pod is being deleted.

        Keeps waiting while the API server cannot be asked: silence is no end.
        """
        where = _pod_place(place)
        failures = 0
        while True:
            began = time.monotonic()
            try:
                if await self._has_ended(where):
                    return
                failures = 0
                # A watch that ends at once must not be a loop without a pause.
                await asyncio.sleep(max(0.0, POLL_SECONDS - (time.monotonic() - began)))
            except TargetError as error:
                if error.reason == "TARGET_NOT_FOUND":
                    return
                pause = WATCH_PAUSE_SECONDS[min(failures, len(WATCH_PAUSE_SECONDS) - 1)]
                failures += 1
                await asyncio.sleep(POLL_SECONDS if error.reason == "FORBIDDEN" else pause)

    async def close(self) -> None:
        """Close the connections to the API server."""
        await self._api.close()

    async def _choose(self) -> Choice:
        target = self._target
        access = await self._api.access()
        namespace = target.namespace or access.namespace
        if target.kind is TargetKind.POD:
            path = f"/api/v1/namespaces/{namespace}/pods/{target.name}"
            request = await self._request(namespace, "get", "pods", target.name)
            pod = objects.pod(await self._api.get(request, path))
            return resolve.choose(None, (), (pod,), container=target.container)
        workload = await self._workload(namespace)
        pods = await self._list(namespace, "pods", "/api/v1", workload.selector)
        replica_sets: Iterable[Json] = ()
        if target.kind is TargetKind.DEPLOYMENT:
            replica_sets = await self._list(
                namespace, "replicasets", "/apis/apps/v1", workload.selector
            )
        return resolve.choose(
            workload,
            [objects.replica_set(item) for item in replica_sets],
            [objects.pod(item) for item in pods],
            container=target.container,
            pod=target.pod,
            all_replicas=target.all_replicas,
        )

    async def _workload(self, namespace: str) -> objects.Workload:
        target = self._target
        plural = "deployments" if target.kind is TargetKind.DEPLOYMENT else "statefulsets"
        path = f"/apis/apps/v1/namespaces/{namespace}/{plural}/{target.name}"
        request = await self._request(namespace, "get", plural, target.name)
        return objects.workload(target.kind.value, await self._api.get(request, path))

    async def _list(self, namespace: str, plural: str, group: str, selector: str) -> Sequence[Json]:
        path = f"{group}/namespaces/{namespace}/{plural}"
        request = await self._request(namespace, "list", plural)
        body = await self._api.get(request, path, {"labelSelector": selector})
        items: Sequence[Json] = body.get("items") or ()
        return items

    async def _pod(self, where: PodPlace) -> Pod:
        request = await self._request(where.namespace, "get", "pods", where.pod)
        path = f"/api/v1/namespaces/{where.namespace}/pods/{where.pod}"
        return objects.pod(await self._api.get(request, path))

    async def _has_ended(self, where: PodPlace) -> bool:
        """Look at the pod, then watch it until it ends or the watch does."""
        request = await self._request(where.namespace, "get", "pods", where.pod)
        base = f"/api/v1/namespaces/{where.namespace}/pods"
        body = await self._api.get(request, f"{base}/{where.pod}")
        if resolve.has_ended(where, objects.pod(body)):
            return True
        # Without a version the watch begins with the pod as it is now. The pod's
        # own version is no beginning: a server forgets old ones within minutes.
        query = {"fieldSelector": f"metadata.name={where.pod}"}
        request = await self._request(where.namespace, "watch", "pods", where.pod)
        async for event in self._api.watch(request, base, query):
            if event.get("type") == "DELETED":
                return True
            if event.get("type") == "ERROR":
                return False  # the version is too old, or so; look again
            if resolve.has_ended(where, objects.pod(event.get("object") or {})):
                return True
        return False

    async def _request(
        self, namespace: str, verb: str, resource: str, name: str = ""
    ) -> faults.Request:
        access = await self._api.access()
        return faults.Request(
            server=access.server,
            context=access.context,
            namespace=namespace,
            verb=verb,
            resource=resource,
            name=name,
        )


def _pod_place(place: Place) -> PodPlace:
    if not isinstance(place, PodPlace):
        raise TypeError(f"not a place of this runtime: {place!r}")
    return place
