"""Docker's daemon, found and asked: SDK calls in threads, streams as connections of our own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import docker
import docker.errors
import requests

from cstudiod.errors import TargetError
from cstudiod.runtimes.docker import host
from cstudiod.runtimes.output import printable
from cstudiod.supervise import Blocking

P = ParamSpec("P")
T = TypeVar("T")


class Docker:
    """One daemon. Looks for it at the first call."""

    def __init__(self, where: host.Host | None = None, threads: int = 1) -> None:
        """Without `where`, Docker is looked for as the `docker` command does."""
        self._host = where
        self._blocking = Blocking("docker", threads)
        self._client: docker.APIClient | None = None

    @property
    def url(self) -> str:
        """Where it is, once it was found."""
        return self._host.url if self._host is not None else ""

    async def open(self) -> docker.APIClient:
        """Return the SDK's client.

        Raises:
            TargetError: there is no Docker, or it cannot be used.
        """
        if self._client is None:
            if self._host is None:
                self._host = await self._blocking.run(host.find)
            # Asked by hand first: the SDK wraps the reason in four others.
            (await self.connect(_Knock)).end()
            self._client = await self.call(self._host.client)
        return self._client

    async def connect(self, protocol: Callable[[], host.Protocol]) -> host.Protocol:
        """Open a connection; `open` comes first.

        Raises:
            TargetError: nothing answers there.
        """
        assert self._host is not None
        return await self._host.connect(protocol)

    async def patient(self) -> docker.APIClient:
        """Return a further client whose answers may take for ever; its user closes it."""
        await self.open()
        assert self._host is not None
        made = await self.call(self._host.client)
        made.timeout = None  # type: ignore[assignment]  # requests: no limit
        return made

    async def call(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run an SDK call in a thread; its errors come out as ours, except NotFound.

        Raises:
            TargetError: Docker refused, or does not answer.
        """
        try:
            return await self._blocking.run(call, *args, **kwargs)
        except docker.errors.NotFound:
            raise
        except docker.errors.APIError as error:
            raise _refused(error) from error
        except (docker.errors.DockerException, requests.RequestException, OSError) as error:
            raise host.no_answer(self.url, error) from error

    async def close(self) -> None:
        """Close the connections and end the threads."""
        client, self._client = self._client, None
        if client is not None:
            client.close()
        self._blocking.close()


class _Knock(asyncio.Protocol):
    """A connection that only shows that somebody is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def end(self) -> None:
        """Drop it."""
        self._transport.abort()


def _refused(error: docker.errors.APIError) -> TargetError:
    said = printable(str(error.explanation or error))
    if error.status_code == 409:
        return TargetError(said, reason="TARGET_NOT_RUNNING", next="docker ps -a")
    return TargetError(f"Docker refused: {said}", reason="UNREACHABLE")
