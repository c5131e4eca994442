"""Where the gateway listens, and with what certificate."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterable

from cstudiod.errors import StateError, UsageError
from cstudiod.gateway.settings import GatewaySettings
from cstudiod.gateway.wire import BUFFER_BYTES

_BACKLOG = 512

Accept = Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]


async def listen(chosen: GatewaySettings, ports: Iterable[int], accept: Accept) -> asyncio.Server:
    """Listen on the first of `ports` that is free.

    Raises:
        StateError: none is.
        UsageError: certificate and key cannot be used.
    """
    context = _context(chosen)
    tried: OSError | None = None
    for port in ports:
        try:
            return await asyncio.start_server(
                accept, chosen.host, port, limit=BUFFER_BYTES, backlog=_BACKLOG, ssl=context
            )
        except OSError as error:
            tried = error
    raise StateError(
        f"the gateway cannot listen on {chosen.host}: {tried}",
        next="set gateway.host and gateway.port",
    )


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
