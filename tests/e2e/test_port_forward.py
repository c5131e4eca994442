"""Forwarded connections to a real pod, whose server listens on loopback."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
from cstudiod.errors import TargetError
from cstudiod.model import targets
from cstudiod.runtimes.kubernetes.api import Api
from cstudiod.runtimes.kubernetes.forward import Forwards
from cstudiod.runtimes.kubernetes.resolver import KubernetesResolver
from cstudiod.runtimes.kubernetes.spdy import Refused
from support import kubernetes

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(180)]

ECHO = """
import socket, threading
def answer(connection):
    while data := connection.recv(65536):
        connection.sendall(data)
    connection.close()
server = socket.create_server(("127.0.0.1", 7000))
while True:
    threading.Thread(target=answer, args=(server.accept()[0],)).start()
"""
MANY = 20_000_000


@pytest.fixture
async def forwards() -> AsyncIterator[tuple[Forwards, kubernetes.Namespace]]:
    """A pod with an echo server, and the way to its ports."""
    kubernetes.require()
    with kubernetes.namespace("cstudio-forward") as space:
        await asyncio.to_thread(space.run_pod, "echo", command=["python3", "-c", ECHO])
        target = targets.parse("pod/echo:/tmp", namespace=space.name)
        cluster = Api(os.environ["KUBECONFIG"])
        resolver = KubernetesResolver(target, cluster)
        yield Forwards(cluster, resolver), space
        await resolver.close()


async def _echoed(forwards: Forwards, data: bytes) -> bytes:
    reader, writer = await forwards.dial(7000)
    try:
        async with asyncio.TaskGroup() as group:
            back = group.create_task(reader.readexactly(len(data)))
            writer.write(data)
    finally:
        writer.transport.abort()
    return back.result()


async def test_bytes_refusals_and_successors(
    forwards: tuple[Forwards, kubernetes.Namespace],
) -> None:
    """Large both ways, several at once, a port where nobody listens."""
    way, space = forwards
    data = os.urandom(MANY)
    assert await _echoed(way, data) == data
    async with asyncio.TaskGroup() as group:
        several = [group.create_task(_echoed(way, b"%d" % number)) for number in range(8)]
    assert [one.result() for one in several] == [b"%d" % number for number in range(8)]
    reader, writer = await way.dial(7001)
    with pytest.raises(TargetError) as raised:
        await reader.read()
    writer.transport.abort()
    assert raised.value.reason == "UNREACHABLE"
    # The pod's successor is found again.
    await asyncio.to_thread(space.delete, "pod", "echo", now=True)
    await asyncio.to_thread(space.run_pod, "echo", command=["python3", "-c", ECHO])
    async with asyncio.timeout(60):
        while await _again(way) != b"new":
            await asyncio.sleep(0.5)


async def _again(way: Forwards) -> bytes:
    try:
        return await _echoed(way, b"new")
    except (TargetError, EOFError, ExceptionGroup):
        return b""


async def test_who_may_not_forward_is_refused(
    forwards: tuple[Forwards, kubernetes.Namespace],
) -> None:
    """So that the caller takes the other way; looking at pods alone is not enough."""
    _, space = forwards
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    config = await asyncio.to_thread(space.kubeconfig_for, "looker", rules)
    cluster = Api(config)
    resolver = KubernetesResolver(targets.parse("pod/echo:/tmp", namespace=space.name), cluster)
    with pytest.raises(Refused) as raised:
        await Forwards(cluster, resolver).dial(7000)
    assert raised.value.code == 403
    await resolver.close()
