"""`StudioRuntime` of Docker: a studio is a container.

What can take long (pulling an image) goes on in a task of ours, and is told by
`observe` until there is a container. Everything else is asked of Docker again
and again, so that nothing is lost with the daemon. Servers on loopback are
reached by a relay in the container, so no port is published.
"""

from __future__ import annotations

import asyncio
import dataclasses
import io
import json
import tarfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import docker.errors

from cstudiod.errors import TargetError
from cstudiod.model.containers import ContainerConfiguration
from cstudiod.model.reasons import of_pull, of_refusal, reason
from cstudiod.model.studios import (
    CONTAINER_LAYOUT,
    Capabilities,
    Layout,
    Observation,
    Phase,
    Reason,
    Spawn,
)
from cstudiod.model.sync_sessions import Target, TargetKind
from cstudiod.model.templates import RuntimeKind
from cstudiod.ports import Channel
from cstudiod.runtimes import relay, watching
from cstudiod.runtimes.docker import client, host, logs, observe, settings
from cstudiod.runtimes.docker.resolver import DockerResolver
from cstudiod.supervise import Tasks

THREADS, SLOW_THREADS = 6, 16
"""What takes long (a pull, a stop) has threads of its own, so that looks never wait for it."""
STARTING_POLL_SECONDS = 0.4
POLL_SECONDS = 1.5
STATUS_FILE = f"{CONTAINER_LAYOUT.state}/status.json"
STATUS_BYTES = 1024 * 1024
"""A longer report is none of the runner's."""
TAIL_LINES = 20


@dataclasses.dataclass
class _Order:
    """A studio that has no container yet."""

    spawn: Spawn
    stage: str
    reason: Reason | None = None


@dataclasses.dataclass
class _Way:
    """How connections get into a container."""

    resolver: DockerResolver
    relay: relay.Relay


class DockerStudios:
    """Studios as containers of one Docker daemon."""

    def __init__(
        self, configuration: ContainerConfiguration, *, install: str, where: host.Host | None = None
    ) -> None:
        """`install` tells this daemon's containers from others'."""
        self._configuration = configuration
        self._install = install
        self._where = where
        self._docker = client.Docker(where, THREADS)
        self._slow = client.Docker(where, SLOW_THREADS)
        self._orders: dict[str, _Order] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._ways: dict[str, _Way] = {}
        self._tasks = Tasks()

    @property
    def capabilities(self) -> Capabilities:
        """How it differs from the others."""
        return Capabilities(
            kind=RuntimeKind.DOCKER,
            needs_image=True,
            has_nginx=True,
            survives_daemon=True,
            enforces_limits=True,
        )

    def layout(self, uid: str) -> Layout:
        """Return the folders that every image of ours has."""
        return CONTAINER_LAYOUT

    async def spawn(self, spawn: Spawn) -> None:
        """Start the container, after its image was pulled if need be."""
        async with self._lock(spawn.uid):
            order = self._orders.get(spawn.uid)
            if order and order.spawn.hash == spawn.hash and order.reason is None:
                return
            if await self._runs_or_restarts(spawn):
                return
            await self._remove(spawn.uid, grace_seconds=10.0)
            self._orders[spawn.uid] = _Order(spawn, "looking for the image")
            self._tasks.start(f"order-{spawn.uid}", lambda: self._fill(spawn))

    async def revive(self, uid: str) -> None:
        """Start the container that has ended, with the files that are in it."""
        async with self._lock(uid):
            inspected = await self._inspect(uid)
            if inspected is None:
                raise _absent(uid)
            if not inspected["State"].get("Running"):
                await self._start(str(inspected["Id"]))

    async def remove(self, uid: str, *, grace_seconds: float = 10.0) -> None:
        """Stop the container and delete it."""
        async with self._lock(uid):
            await self._remove(uid, grace_seconds=grace_seconds)

    async def remove_volumes(self, uid: str) -> None:
        """Delete the volumes that have its label."""
        sdk = await self._docker.open()
        found = await self._docker.call(sdk.volumes, {"label": f"{settings.UID}={uid}"})
        for volume in found.get("Volumes") or ():
            try:
                await self._docker.call(sdk.remove_volume, volume["Name"])
            except docker.errors.NotFound:
                pass

    async def observe(self, uid: str) -> Observation:
        """Look at the container and at its runner's report."""
        order = self._orders.get(uid)
        inspected = await self._inspect(uid)
        if inspected is None or (order is not None and order.reason is not None):
            return self._ordered(uid)
        is_running = bool(inspected["State"].get("Running"))
        return observe.observe(
            inspected,
            status=await self._status(str(inspected["Id"])),
            tail="" if is_running else await self._tail(str(inspected["Id"])),
            now=time.time(),
        )

    def watch(self, uid: str) -> AsyncIterator[Observation]:
        """Look again and again."""
        return watching.changes(lambda: self.observe(uid), _pause)

    async def list_uids(self) -> Sequence[str]:
        """Return those that have our label, and those whose image is being pulled."""
        sdk = await self._docker.open()
        ours = {"label": f"{settings.INSTALL}={self._install}"}
        found = await self._docker.call(sdk.containers, all=True, filters=ours)
        uids = {str(item["Labels"].get(settings.UID)) for item in found}
        return sorted(uids | self._orders.keys())

    def target(self, uid: str, path: str) -> Target:
        """Return a path in the container."""
        return Target(kind=TargetKind.DOCKER, name=settings.name(uid), path=path)

    async def logs(
        self, uid: str, *, follow: bool, lines: int, previous: bool = False
    ) -> AsyncIterator[bytes]:
        """Yield what Docker kept; `previous`: of before the last start."""
        inspected = await self._inspect(uid)
        if inspected is None:
            raise _absent(uid)
        asked: dict[str, Any] = {"tail": lines, "follow": follow and not previous}
        if previous:
            asked["until"] = observe.seconds(str(inspected["State"].get("StartedAt")))
        sdk = await self._docker.patient()
        async for piece in logs.stream(sdk, str(inspected["Id"]), asked):
            yield piece

    async def dial(self, uid: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a port on the container's loopback."""
        way = self._ways.get(uid)
        if way is None:
            resolver = DockerResolver(settings.name(uid), self._where)
            way = self._ways[uid] = _Way(resolver, relay.Relay(lambda: _open_relay(resolver)))
        try:
            return await way.relay.dial(port)
        except TargetError as error:
            raise relay.named(error, uid, port) from error

    async def close(self) -> None:
        """Close the connections; containers go on."""
        await self._tasks.close()
        for uid in list(self._ways):
            await self._close_way(uid)
        await self._slow.close()
        await self._docker.close()

    # ------------------------------------------------------------------ own

    def _lock(self, uid: str) -> asyncio.Lock:
        return self._locks.setdefault(uid, asyncio.Lock())

    def _ordered(self, uid: str) -> Observation:
        order = self._orders.get(uid)
        if order is None:
            return Observation(phase=Phase.ABSENT)
        return Observation(
            phase=Phase.ENDED if order.reason else Phase.STARTING,
            stage=order.stage,
            reason=order.reason,
            launch_hash=order.spawn.hash,
        )

    async def _inspect(self, uid: str) -> Mapping[str, Any] | None:
        sdk = await self._docker.open()
        try:
            return await self._docker.call(sdk.inspect_container, settings.name(uid))
        except docker.errors.NotFound:
            return None

    async def _runs_or_restarts(self, spawn: Spawn) -> bool:
        """Whether a container of an equal order is there; one that ended is started again."""
        inspected = await self._inspect(spawn.uid)
        if inspected is None or _hash(inspected) != spawn.hash:
            return False
        state: Mapping[str, Any] = inspected["State"]
        if not state.get("Running") and not state.get("Error"):
            await self._start(str(inspected["Id"]))
        return not state.get("Error")

    async def _remove(self, uid: str, *, grace_seconds: float) -> None:
        await self._tasks.stop(f"order-{uid}")
        self._orders.pop(uid, None)
        await self._close_way(uid)
        sdk = await self._slow.open()
        try:
            await self._slow.call(_stop_and_delete, sdk, settings.name(uid), grace_seconds)
        except docker.errors.NotFound:
            pass

    async def _close_way(self, uid: str) -> None:
        way = self._ways.pop(uid, None)
        if way is not None:
            await way.relay.close()
            await way.resolver.close()

    async def _fill(self, spawn: Spawn) -> None:
        """Get the image, make the container and start it; trouble becomes the order's reason."""
        order = self._orders[spawn.uid]
        try:
            order.reason = await self._get_image(spawn, order)
            if order.reason is None:
                order.stage = "creating the container"
                order.reason = await self._create(spawn)
        except docker.errors.NotFound as error:  # the image was there a moment ago
            order.reason = of_pull(spawn.image, str(error.explanation), place="Docker")
        except TargetError as error:
            order.reason = of_refusal(error.message)
        if order.reason is None:
            del self._orders[spawn.uid]

    async def _get_image(self, spawn: Spawn, order: _Order) -> Reason | None:
        sdk = await self._docker.open()
        policy = self._configuration.pull_policy
        if policy != "Always":
            try:
                await self._docker.call(sdk.inspect_image, spawn.image)
                return None
            except docker.errors.NotFound as error:
                if policy == "Never" or spawn.image.startswith("sha256:"):
                    return of_pull(spawn.image, str(error.explanation), place="Docker")
        order.stage = f"pulling the image {spawn.image}"
        patient = await self._slow.patient()
        try:
            said = await self._slow.call(_pull, patient, spawn.image)
        except docker.errors.NotFound as error:
            said = str(error.explanation)
        except TargetError as error:
            said = error.message
        finally:
            patient.close()
        return of_pull(spawn.image, said, place="Docker") if said else None

    async def _create(self, spawn: Spawn) -> Reason | None:
        sdk = await self._docker.open()
        try:
            body = settings.container(spawn, self._configuration, self._install)
        except ValueError as error:
            return reason("runtime_refused", str(error), str(error), next="edit the template")
        name = settings.name(spawn.uid)
        made = await self._docker.call(sdk.create_container_from_config, body, name)
        await self._docker.call(sdk.put_archive, made["Id"], "/", settings.files(spawn))
        await self._start(str(made["Id"]))
        return None

    async def _start(self, container: str) -> None:
        """Start a container, or leave it as it is where Docker keeps why it cannot."""
        sdk = await self._docker.open()
        try:
            await self._docker.call(sdk.start, container)
        except TargetError:
            inspected = await self._docker.call(sdk.inspect_container, container)
            if not inspected["State"].get("Error"):
                raise

    async def _status(self, container: str) -> Mapping[str, Any]:
        sdk = await self._docker.open()
        try:
            return await self._docker.call(_read_status, sdk, container)
        except (docker.errors.NotFound, TargetError):
            return {}

    async def _tail(self, container: str) -> str:
        sdk = await self._docker.open()
        try:
            said = await self._docker.call(sdk.logs, container, tail=TAIL_LINES)
        except (docker.errors.NotFound, TargetError):
            return ""
        return bytes(said).decode("utf-8", "replace")


async def _open_relay(resolver: DockerResolver) -> Channel:
    return await resolver.open(await resolver.resolve(), relay.COMMAND)


# ------------------------------------------------------------ in a thread


def _pull(sdk: docker.APIClient, image: str) -> str:
    """Pull, and return what went wrong; empty: nothing."""
    for step in sdk.pull(image, stream=True, decode=True):
        if step.get("error"):
            return str(step["error"])
    return ""


def _stop_and_delete(sdk: docker.APIClient, name: str, grace_seconds: float) -> None:
    sdk.stop(name, timeout=max(0, round(grace_seconds)))
    sdk.remove_container(name, force=True, v=True)


def _read_status(sdk: docker.APIClient, container: str) -> Mapping[str, Any]:
    """Read the report out of the container's file system, also of one that has ended."""
    pieces, about = sdk.get_archive(container, STATUS_FILE)
    if about.get("linkTarget") or int(about.get("size") or 0) > STATUS_BYTES:
        return {}
    with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
        file = next(iter(archive), None)
        content = archive.extractfile(file) if file is not None and file.isreg() else None
        try:
            body = json.load(content) if content is not None else {}
        except ValueError:
            return {}
    return body if isinstance(body, dict) else {}


def _hash(inspected: Mapping[str, Any]) -> str:
    labels = (inspected.get("Config") or {}).get("Labels") or {}
    return str(labels.get(settings.HASH, ""))


async def _pause(seen: Observation) -> None:
    is_starting = seen.phase is Phase.STARTING
    await asyncio.sleep(STARTING_POLL_SECONDS if is_starting else POLL_SECONDS)


def _absent(uid: str) -> TargetError:
    return TargetError(f"studio {uid} does not run", reason="TARGET_NOT_FOUND", uid=uid)
