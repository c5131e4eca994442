"""A container's output as it comes: the SDK's blocking stream, read in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Mapping
from typing import Any

import docker
import docker.errors
import requests

from cstudiod.errors import TargetError
from cstudiod.runtimes.output import printable

WAITING_PIECES = 64
"""So many pieces may wait for their reader; then the thread, and Docker, wait too."""


async def stream(
    sdk: docker.APIClient, container: str, asked: Mapping[str, Any]
) -> AsyncIterator[bytes]:
    """Yield the output; `sdk` is closed at the end.

    Raises:
        TargetError: Docker does not answer.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
    room = threading.Semaphore(WAITING_PIECES)
    is_over = threading.Event()

    def put(item: bytes | Exception | None) -> None:
        room.acquire()
        if not is_over.is_set():
            loop.call_soon_threadsafe(queue.put_nowait, item)

    opened: list[Any] = []

    def read() -> None:
        try:
            opened.append(sdk.logs(container, stream=True, **asked))
            for piece in opened[0]:
                put(piece)
                if is_over.is_set():
                    return
            put(None)
        except Exception as error:  # a stream that is closed under its reader fails in every way
            put(error)

    thread = threading.Thread(target=read, name=f"logs-{container[:12]}", daemon=True)
    thread.start()
    try:
        while (item := await queue.get()) is not None:
            room.release()
            if isinstance(item, Exception):
                raise _translated(item) from item
            yield item
    finally:
        is_over.set()
        room.release()
        await asyncio.to_thread(_close, sdk, opened)


def _close(sdk: docker.APIClient, opened: list[Any]) -> None:
    """End a stream under its reader, who may be waiting for Docker."""
    try:
        for one in opened:
            one.close()
    except (docker.errors.DockerException, OSError):
        pass  # it has ended by itself
    finally:
        sdk.close()


def _translated(error: Exception) -> TargetError:
    if isinstance(error, docker.errors.NotFound):
        return TargetError("the container is not there", reason="TARGET_NOT_FOUND")
    if isinstance(error, docker.errors.DockerException | requests.RequestException | OSError):
        return TargetError(f"Docker's log broke: {printable(str(error))}", reason="CONNECTION_LOST")
    return TargetError(f"the log broke: {error!r}", reason="CONNECTION_LOST")
