"""Docker's API as builds need it, through the SDK.

The SDK blocks: each call has a client of its own in a thread. A stream is cut by
shutting its socket down, which ends the build at the engine's side too.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, TypeVar, cast

import docker
import docker.errors
import docker.types
import requests
import urllib3.exceptions

from cstudiod.builders.docker.collect import Image
from cstudiod.builders.docker.context import Cancelled
from cstudiod.builders.lines import clean
from cstudiod.errors import TargetError

LABEL = "io.cstudio."
QUEUED_ITEMS = 1000
PUSH_SECONDS = 600
"""How long a push or pull may say nothing."""
T = TypeVar("T")
_BROKEN = (requests.RequestException, urllib3.exceptions.HTTPError, OSError)


class Refused(Exception):
    """The engine did not begin with what was asked; `args[0]` is what it said."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """An image of the engine."""

    id: str
    labels: Mapping[str, str] = field(default_factory=dict)
    digests: tuple[str, ...] = ()
    """``NAME@sha256:…`` of registries it was pushed to or pulled from."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One build."""

    context: IO[bytes]
    """A tar, at its start."""
    reference: str
    labels: Mapping[str, str]
    args: Mapping[str, str]
    network: str = "default"
    platform: str = ""
    no_cache: bool = False


class Engine:
    """One Docker daemon."""

    def __init__(self, connect: Callable[[], docker.APIClient]) -> None:
        """`connect` makes a client; it blocks, and may raise `TargetError`."""
        self._connect = connect

    async def image(self, reference: str) -> Built | None:
        """Return the image of a name or id; None: there is none.

        Raises:
            TargetError: the engine cannot be reached, or failed.
        """

        def look(client: docker.APIClient) -> Built | None:
            inspect: Any = client.inspect_image  # behind a decorator without types
            try:
                found = inspect(reference)
            except docker.errors.ImageNotFound:
                return None
            return Built(
                id=str(found["Id"]),
                labels=dict((found.get("Config") or {}).get("Labels") or {}),
                digests=tuple(found.get("RepoDigests") or ()),
            )

        return await self._ask(look)

    async def images(self) -> list[Image]:
        """Return all images that cstudio built.

        Raises:
            TargetError: the engine cannot be reached, or failed.
        """

        def look(client: docker.APIClient) -> list[Image]:
            listed = client.images(filters={"label": f"{LABEL}hash"})
            return [_listed(one) for one in listed]

        return await self._ask(look)

    async def remove(self, image: Image) -> bool:
        """Delete an image with all its names; False: a container is made of it.

        Raises:
            TargetError: the engine cannot be reached, or failed.
        """

        def delete(client: docker.APIClient) -> bool:
            try:
                for name in image.references or (image.id,):
                    client.remove_image(name)
            except docker.errors.ImageNotFound:
                pass
            except docker.errors.APIError as error:
                if error.status_code == 409:
                    return False
                raise
            return True

        return await self._ask(delete)

    def build(self, request: Request) -> AsyncGenerator[Mapping[str, Any], None]:
        """Build and yield what the engine says; closing the generator ends the build.

        Raises (in the generator):
            Refused: the Dockerfile, or something else, is not as it must be.
            TargetError: the engine cannot be reached, or the connection broke.
        """

        def start(client: docker.APIClient, cancelled: threading.Event) -> Iterator[Any]:
            return client.build(
                fileobj=cast(IO[bytes], _Cancellable(request.context, cancelled)),
                custom_context=True,
                tag=request.reference,
                labels=dict(request.labels),
                buildargs=dict(request.args),
                network_mode=None if request.network == "default" else request.network,
                platform=request.platform or None,
                nocache=request.no_cache,
                rm=True,
                forcerm=True,
                decode=True,
            )

        return self._stream(start)

    def push(self, reference: str) -> AsyncGenerator[Mapping[str, Any], None]:
        """Push an image and yield what the engine says; errors are in what it says."""
        return self._stream(lambda client, _: client.push(reference, stream=True, decode=True))

    def pull(self, reference: str, platform: str = "") -> AsyncGenerator[Mapping[str, Any], None]:
        """Pull an image and yield what the engine says; errors are in what it says."""
        name, tag = _split(reference)
        return self._stream(
            lambda client, _: client.pull(
                name, tag, stream=True, decode=True, platform=platform or None
            )
        )

    async def _ask(self, call: Callable[[docker.APIClient], T]) -> T:
        def run() -> T:
            with contextlib.closing(self._connect()) as client:
                return call(client)

        try:
            return await asyncio.to_thread(run)
        except (docker.errors.DockerException, *_BROKEN) as error:
            raise _unreachable(error) from error

    async def _stream(
        self, start: Callable[[docker.APIClient, threading.Event], Iterator[Any]]
    ) -> AsyncGenerator[Mapping[str, Any], None]:
        loop = asyncio.get_running_loop()
        stream = _Stream(self._connect, start, loop)
        reading = loop.run_in_executor(None, stream.run)
        try:
            while (item := await stream.next()) is not None:
                yield item
        finally:
            stream.cancel()
            await asyncio.wait([reading])
        if stream.error is not None:
            raise stream.error


class _Stream:
    """A blocking stream in a thread, whose items come out in the event loop."""

    def __init__(
        self,
        connect: Callable[[], docker.APIClient],
        start: Callable[[docker.APIClient, threading.Event], Iterator[Any]],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._items: asyncio.Queue[Mapping[str, Any] | None] = asyncio.Queue()
        self._room = threading.Semaphore(QUEUED_ITEMS)
        self.error: Exception | None = None
        self._connect = connect
        self._start = start
        self._loop = loop
        self._cancelled = threading.Event()
        self._response: requests.Response | None = None

    def run(self) -> None:
        """Read until the end, in a thread."""
        try:
            with contextlib.closing(self._connect()) as client:
                client.timeout = PUSH_SECONDS
                client.hooks["response"].append(self._answered)
                for item in self._start(client, self._cancelled):
                    self._put(item)
        except docker.errors.APIError as error:
            self.error = Refused(str(error.explanation or error))
        except Cancelled:
            pass
        except TargetError as error:
            self.error = error
        except (docker.errors.DockerException, *_BROKEN) as error:
            self.error = None if self._cancelled.is_set() else _unreachable(error)
        finally:
            self._loop.call_soon_threadsafe(self._items.put_nowait, None)

    async def next(self) -> Mapping[str, Any] | None:
        """Return the next item; None: there is no more."""
        item = await self._items.get()
        self._room.release()
        return item

    def cancel(self) -> None:
        """End the stream, and with it what the engine does; idempotent."""
        self._cancelled.set()
        response, self._response = self._response, None
        if response is not None:
            # Without this the thread would read on until the engine says something.
            with contextlib.suppress(AttributeError, OSError, docker.errors.DockerException):
                docker.types.CancellableStream(iter(()), response).close()

    def _answered(self, response: requests.Response, *_args: Any, **_named: Any) -> None:
        self._response = response

    def _put(self, item: Mapping[str, Any]) -> None:
        # Waits while the follower is slow: that slows the build down.
        while not self._room.acquire(timeout=0.2):
            if self._cancelled.is_set():
                return
        self._loop.call_soon_threadsafe(self._items.put_nowait, item)


class _Cancellable:
    """A file that stops being readable when nobody wants it sent any more."""

    def __init__(self, stream: IO[bytes], cancelled: threading.Event) -> None:
        self._stream = stream
        self._cancelled = cancelled

    def read(self, size: int = -1) -> bytes:
        """Read on.

        Raises:
            Cancelled: it is not wanted any more.
        """
        if self._cancelled.is_set():
            raise Cancelled
        return self._stream.read(size)

    def __iter__(self) -> Iterator[bytes]:
        while data := self.read(1024 * 1024):
            yield data


def _listed(one: Mapping[str, Any]) -> Image:
    labels = one.get("Labels") or {}
    names = [name for name in one.get("RepoTags") or () if name != "<none>:<none>"]
    return Image(
        id=str(one["Id"]),
        references=tuple(names),
        template=str(labels.get(f"{LABEL}template", "")),
        created=int(one.get("Created", 0)),
        base=str(labels.get(f"{LABEL}base", "")),
        bytes=int(one.get("Size", 0)),
    )


def _split(reference: str) -> tuple[str, str | None]:
    """Return name and tag; a digest stays in the name."""
    name, colon, tag = reference.rpartition(":")
    if "@" in reference:
        return reference, None
    return (name, tag) if colon and "/" not in tag else (reference, "latest")


def _unreachable(error: Exception) -> Exception:
    if isinstance(error, TargetError):
        return error
    if isinstance(error, docker.errors.APIError):
        said = clean(str(error.explanation or error))
        return TargetError(f"Docker refused: {said}", reason="UNREACHABLE")
    return TargetError(
        f"Docker cannot be reached, or the connection broke: {clean(str(error))}",
        reason="RUNTIME_UNAVAILABLE",
        next="start Docker; `docker version` asks the same daemon",
    )
