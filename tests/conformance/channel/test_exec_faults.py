"""What a cluster does wrong, one by one, against a server that does so on demand."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from conformance.channel import subjects
from cstudiod.errors import TargetError
from cstudiod.model.sync_sessions import Target, TargetKind
from cstudiod.runtimes import registry
from cstudiod.runtimes.kubernetes.resolver import KubernetesResolver
from support.exec_server import POD, TOKEN, V4, V5, ExecServer
from support.wire import Wire


@pytest.fixture(params=[(V5, V4), (V4,)], ids=["v5", "v4"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[ExecServer]:
    async with ExecServer(request.param) as made:
        yield made


@pytest.fixture
async def resolver(server: ExecServer, tmp_path: Path) -> AsyncIterator[KubernetesResolver]:
    made = KubernetesResolver(one(server.kubeconfig(tmp_path)))
    yield made
    await made.close()


def one(kubeconfig: str) -> Target:
    return Target(kind=TargetKind.POD, path="/", name=POD, kubeconfig=kubeconfig)


async def refusal(resolver: KubernetesResolver) -> TargetError:
    with pytest.raises(TargetError) as caught:
        await resolver.open(await resolver.resolve(), subjects.ECHO)
    return caught.value


async def test_a_refused_exec_names_the_right(
    server: ExecServer, resolver: KubernetesResolver
) -> None:
    """The server's words reach the user, though a WebSocket's refusal has none."""
    server.refusal = (
        403,
        'pods "one" is forbidden: User "dev" cannot get resource "pods/exec" in API group "" '
        'in the namespace "test"',
    )
    error = await refusal(resolver)
    assert error.reason == "FORBIDDEN"
    assert error.message == "user dev may not `get` `pods/exec` in namespace `test`"


@pytest.mark.parametrize(
    ("code", "message", "reason"),
    [
        (404, "pods not found", "TARGET_NOT_FOUND"),
        (429, "too many requests", "UNREACHABLE"),
        (500, 'unable to upgrade connection: container not found ("app")', "TARGET_NOT_RUNNING"),
        (503, "no endpoints", "UNREACHABLE"),
    ],
)
async def test_refusals(
    server: ExecServer, resolver: KubernetesResolver, code: int, message: str, reason: str
) -> None:
    """Each has its reason, so that the session knows whether to try again."""
    server.refusal = (code, message)
    error = await refusal(resolver)
    assert error.reason == reason
    assert not error.permanent


async def test_a_renewed_token_is_read_again(
    server: ExecServer, resolver: KubernetesResolver, tmp_path: Path
) -> None:
    """A 401 makes us look at the kubeconfig once more, for reads and for exec."""
    place = await resolver.resolve()
    server.token = "renewed"
    server.kubeconfig(tmp_path, token="renewed")
    channel = await resolver.open(place, subjects.SUCCEED)
    assert (await channel.wait()).code == 0
    await channel.close()
    server.token = TOKEN
    server.kubeconfig(tmp_path)
    assert await resolver.resolve() == place


async def test_a_wrong_token(server: ExecServer, resolver: KubernetesResolver) -> None:
    """When that does not help, signing in is the user's turn."""
    server.token = "another"
    with pytest.raises(TargetError, match="does not accept our credentials") as caught:
        await resolver.resolve()
    assert caught.value.reason == "UNAUTHENTICATED"


async def test_an_end_without_a_status_is_no_success(
    server: ExecServer, resolver: KubernetesResolver
) -> None:
    """Only channel 3 says that a command ended well."""
    server.says_how_it_ended = False
    channel = await resolver.open(await resolver.resolve(), ("sh", "-c", "echo half"))
    assert await channel.read() == b"half\n"
    with pytest.raises(TargetError, match="before the command's end was known"):
        await channel.read()
    assert (await channel.wait()).code is None
    await channel.close()


async def test_a_place_of_before(server: ExecServer, resolver: KubernetesResolver) -> None:
    """A container that was restarted since is not opened under its old name."""
    place = await resolver.resolve()
    server.restart_container()
    with pytest.raises(TargetError, match="was replaced while connecting"):
        await resolver.open(place, subjects.ECHO)


async def test_gone_outlives_an_outage(server: ExecServer, tmp_path: Path) -> None:
    """While the API server cannot be asked nothing is concluded; afterwards it is."""
    async with Wire(("127.0.0.1", server.port)) as wire:
        port = wire.listen_tcp()
        await wire.ready()
        kubeconfig = server.kubeconfig(tmp_path, server=f"http://127.0.0.1:{port}")
        resolver = KubernetesResolver(one(kubeconfig))
        place = await resolver.resolve()
        async with asyncio.timeout(20), asyncio.TaskGroup() as group:
            gone = group.create_task(resolver.gone(place))
            await asyncio.sleep(0.2)
            wire.is_down = True
            wire.cut()
            server.restart_container()
            await asyncio.sleep(0.5)
            assert not gone.done()
            wire.is_down = False
        await resolver.close()


async def test_nothing_answers(tmp_path: Path) -> None:
    """Connection refused is a sentence with the address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        server = ExecServer()
        server.port = port
        resolver = KubernetesResolver(one(server.kubeconfig(tmp_path)))
        with pytest.raises(
            TargetError, match=f"nothing answers at http://127.0.0.1:{port}"
        ) as caught:
            await resolver.resolve()
        assert caught.value.reason == "UNREACHABLE"
        await resolver.close()


async def test_not_tls(server: ExecServer, tmp_path: Path) -> None:
    """A server that speaks no TLS where it should is said to."""
    kubeconfig = server.kubeconfig(tmp_path, server=f"https://127.0.0.1:{server.port}")
    resolver = KubernetesResolver(one(kubeconfig))
    with pytest.raises(TargetError, match="TLS with https://") as caught:
        await resolver.resolve()
    assert caught.value.reason == "UNREACHABLE"
    await resolver.close()


async def test_availability(tmp_path: Path) -> None:
    """Every runtime is listed, with what it is or why it is not to be had."""
    found = {item.runtime: item for item in await registry.availability(str(tmp_path / "none"))}
    assert set(found) == {"local", "docker", "kubernetes"}
    assert found["local"].is_available
    assert not found["kubernetes"].is_available
    assert "there is no kubeconfig at" in found["kubernetes"].detail
    assert found["docker"].detail
