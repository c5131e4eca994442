"""Where the gateway listens, and with what certificate."""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import Callable, Iterable, Sequence

from cstudiod.errors import StateError, UsageError
from cstudiod.gateway.settings import GatewaySettings
from cstudiod.gateway.wire import BUFFER_BYTES

_BACKLOG = 512
_TRIES = 5
"""For a port that is free at both addresses."""
_TWINS = {
    "localhost": ("127.0.0.1", "::1"),
    "127.0.0.1": ("127.0.0.1", "::1"),
    "::1": ("::1", "127.0.0.1"),
}
_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)

Accept = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]


async def listen(
    chosen: GatewaySettings, ports: Iterable[int], accept: Accept
) -> Sequence[asyncio.Server]:
    """Listen on the first of `ports` that is free.

    On loopback both of its addresses are ours, where there are two: browsers take either
    for ``localhost``, and whoever had the other would be taken for the page.

    Raises:
        StateError: none is.
        UsageError: certificate and key cannot be used.
    """
    context = _context(chosen)
    hosts = _TWINS.get(chosen.host.strip("[]"), (chosen.host.strip("[]"),))
    tried: OSError | None = None
    for port in ports:
        for _ in range(_TRIES if port == 0 else 1):
            try:
                return await _all_of(hosts, port, accept, context)
            except OSError as error:
                tried = error
    raise StateError(
        f"the gateway cannot listen on {chosen.host}: {tried}",
        next="set gateway.host and gateway.port",
    )


async def _all_of(
    hosts: Sequence[str], port: int, accept: Accept, context: ssl.SSLContext | None
) -> Sequence[asyncio.Server]:
    servers: list[asyncio.Server] = []
    try:
        for host in hosts:
            try:
                server = await asyncio.start_server(
                    accept, host, port, limit=BUFFER_BYTES, backlog=_BACKLOG, ssl=context
                )
            except OSError as error:
                if servers and error.errno in _NO_SUCH_ADDRESS:
                    continue  # and so nobody else's either
                raise
            servers.append(server)
            port = server.sockets[0].getsockname()[1]
    except BaseException:
        for server in servers:
            server.close()
        raise
    return servers


def _context(chosen: GatewaySettings) -> ssl.SSLContext | None:
    if not chosen.is_secure:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(chosen.certificate, chosen.key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(
            f"the gateway's certificate `{chosen.certificate}` cannot be used: {error}",
            next="check gateway.certificate and gateway.key",
        ) from error
    return context
