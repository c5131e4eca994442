"""`Resolver` for Docker containers.

A container's incarnation is its id and the time it was started: `docker restart`
keeps the files but ends everything that ran, and a tmpfs begins empty.
"""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import docker.errors

from cstudiod.errors import TargetError
from cstudiod.ports import Channel, ExitStatus, Place
from cstudiod.runtimes.docker import channel, client, host
from cstudiod.runtimes.docker.channel import Connection, ExecChannel
from cstudiod.runtimes.output import printable

STATUS_PAUSES_SECONDS = (0.01, 0.05, 0.1, 0.3, 0.5, 1.0)
"""Docker may still call a command running just after its stream has ended."""
GONE_PAUSE_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class ContainerPlace(Place):
    """A container in one life of its own."""

    container_id: str


class DockerResolver:
    """Finds a container by name or id, and runs commands in it."""

    def __init__(self, name: str, where: host.Host | None = None) -> None:
        """Without `where`, Docker is looked for as the `docker` command does."""
        self._name = name
        self._docker = client.Docker(where)

    async def resolve(self) -> Place:
        """Return the container, if it runs.

        Raises:
            TargetError: not there, not running, paused, or no Docker.
        """
        return await self._place(self._name)

    async def resolve_all(self) -> tuple[Place, ...]:
        """Return the one place."""
        return (await self.resolve(),)

    async def open(self, place: Place, argv: Sequence[str]) -> Channel:
        """Run `argv` in the container, as its own user."""
        where = _container_place(place)
        sdk = await self._docker.open()
        made = await self._docker.call(
            sdk.exec_create, where.container_id, list(argv), stdin=True, stdout=True, stderr=True
        )
        exec_id = str(made["Id"])
        connection = await self._docker.connect(Connection)
        opened = ExecChannel(connection, lambda: self._exit_status(exec_id, connection))
        try:
            await channel.start(connection, f"/v{sdk.api_version}/exec/{exec_id}/start")
            if (await self._place(where.container_id)).incarnation != place.incarnation:
                raise TargetError(
                    f"{place.label} was restarted while connecting", reason="CONNECTION_LOST"
                )
        except BaseException:
            await opened.close()
            raise
        return opened

    async def gone(self, place: Place) -> None:
        """Return when the container has stopped, was restarted or removed.

        Keeps waiting while Docker does not answer: silence is no end.
        """
        where = _container_place(place)
        while True:
            try:
                sdk = await self._docker.open()
                path = f"/v{sdk.api_version}/containers/{where.container_id}/wait"
                waiter = await self._docker.connect(_Waiter)
                try:
                    await waiter.ask(path)
                    if (await self._place(where.container_id)).incarnation != place.incarnation:
                        return
                    await waiter.answered.wait()
                finally:
                    waiter.close()
            except TargetError as error:
                ended = error.reason in ("TARGET_NOT_FOUND", "TARGET_NOT_RUNNING")
                if ended and error.metadata.get("state") != "paused":
                    return
                await asyncio.sleep(GONE_PAUSE_SECONDS)

    async def describe(self) -> str:
        """Return the daemon's version and address."""
        sdk = await self._docker.open()
        version: Mapping[str, Any] = await self._docker.call(sdk.version)
        return f"Docker {version.get('Version', 'of unknown version')} at {self._docker.url}"

    async def close(self) -> None:
        """Close the connections and end the thread."""
        await self._docker.close()

    async def _place(self, name: str) -> ContainerPlace:
        sdk = await self._docker.open()
        try:
            found = await self._docker.call(sdk.inspect_container, name)
        except docker.errors.NotFound as error:
            raise _not_found(name, await self._docker.call(sdk.containers, all=True)) from error
        return _running(found)

    async def _exit_status(self, exec_id: str, connection: Connection) -> ExitStatus:
        sdk = await self._docker.open()
        for pause in STATUS_PAUSES_SECONDS:
            found: Mapping[str, Any] = await self._docker.call(sdk.exec_inspect, exec_id)
            if not found.get("Running") and found.get("ExitCode") is not None:
                code = int(found["ExitCode"])
                said = connection.tail.text() if code in (126, 127) else ""
                return ExitStatus(code=code, reason=printable(said))
            await asyncio.sleep(pause)
        return ExitStatus(code=None, reason="the stream ended before the command did")


class _Waiter(asyncio.Protocol):
    """Docker's own "wait for the end": headers at once, the body when it ends."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self._accepted = asyncio.Event()
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if b"\r\n\r\n" in self._received:
            self._accepted.set()
            if self._received.partition(b"\r\n\r\n")[2]:
                self.answered.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._accepted.set()
        self.answered.set()

    async def ask(self, path: str) -> None:
        """Send the request and wait until Docker waits."""
        assert self._transport is not None
        self._transport.write(channel.request(path))
        try:
            async with asyncio.timeout(host.CONNECT_SECONDS):
                await self._accepted.wait()
        except TimeoutError as error:
            raise TargetError("Docker did not answer in time", reason="UNREACHABLE") from error

    def close(self) -> None:
        """Drop the connection."""
        if self._transport is not None:
            self._transport.abort()


def _running(found: Mapping[str, Any]) -> ContainerPlace:
    state: Mapping[str, Any] = found["State"]
    name = str(found.get("Name") or found["Id"]).lstrip("/")
    status = str(state.get("Status") or "")
    if state.get("Paused"):
        raise _not_running(f"container {name} is paused", f"docker unpause {name}", "paused")
    if state.get("Restarting"):
        raise _not_running(
            f"container {name} keeps ending with exit status {state.get('ExitCode')}",
            f"docker logs {name}",
            status,
        )
    if not state.get("Running"):
        code = f" with exit status {state.get('ExitCode')}" if status == "exited" else ""
        raise _not_running(
            f"container {name} is not running: it is {status or 'stopped'}{code}",
            f"docker start {name}",
            status,
        )
    return ContainerPlace(
        label=f"container {name}",
        incarnation=f"{found['Id']}/{state.get('StartedAt')}",
        user=str((found.get("Config") or {}).get("User") or "root"),
        container_id=str(found["Id"]),
    )


def _not_running(message: str, next: str, state: str) -> TargetError:
    return TargetError(message, reason="TARGET_NOT_RUNNING", next=next, state=state)


def _not_found(name: str, containers: Sequence[Mapping[str, Any]]) -> TargetError:
    names = [item.lstrip("/") for found in containers for item in found.get("Names") or ()]
    near = difflib.get_close_matches(name, names, n=1)
    meant = f": did you mean `{near[0]}`?" if near else ""
    return TargetError(
        f"there is no container `{name}`{meant}",
        reason="TARGET_NOT_FOUND",
        next="docker ps -a",
        container=name,
    )


def _container_place(place: Place) -> ContainerPlace:
    if not isinstance(place, ContainerPlace):
        raise TypeError(f"not a place of this runtime: {place!r}")
    return place
