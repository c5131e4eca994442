"""A gateway with two studios behind it, both one real server that says what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from cstudiod.gateway.seam import StudioPort
from cstudiod.gateway.server import Gateway
from support import gateways
from support.gateways import Town


@pytest.fixture
def town() -> Town:
    """Where studios are; a test may move them."""
    return Town()


@pytest.fixture
async def echo_port() -> AsyncIterator[int]:
    """The server's own port."""
    async with gateways.server(gateways.echo()) as port:
        yield port


@pytest.fixture
async def front(tmp_path: Path, town: Town, echo_port: int) -> AsyncIterator[Gateway]:
    """The gateway; studio `s` has a port of each subpath form."""
    dial = gateways.local(echo_port)
    town.put(
        "s",
        (1, StudioPort(dial=dial, subpath="/", label="Strip")),
        (2, StudioPort(dial=dial, subpath="$request_uri")),
        (3, StudioPort(dial=dial, subpath="/$request_uri")),
        (4, StudioPort(dial=dial, subpath="$uri$is_args$args")),
        (5, StudioPort(dial=dial, subpath="/", has_nginx=True, headers={"X-Key": "k"})),
        (6, StudioPort(dial=gateways.local(9), subpath="/", html=False)),
    )
    async with gateways.gateway(tmp_path, town) as one:
        yield one


@pytest.fixture
async def browser(front: Gateway) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that follows nothing and keeps no cookies."""
    jar = aiohttp.DummyCookieJar()
    async with aiohttp.ClientSession(front.url, cookie_jar=jar) as session:
        yield session
