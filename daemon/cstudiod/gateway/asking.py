"""One request for one of our own paths, through to a `Site` and back."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass

import h11

from cstudiod.gateway import faults, spoken
from cstudiod.gateway.bodies import Body
from cstudiod.gateway.faults import Refused
from cstudiod.gateway.site import Answer, Ask, Site
from cstudiod.gateway.wire import Client, ClientGone, ServerBroke, alongside, passed

_log = logging.getLogger(__name__)


def chosen(sites: Mapping[str, Site], path: str) -> Site | None:
    """Return whose a path is: a key that ends in a slash stands for all below it."""
    fitting = [key for key in sites if path == key or (key.endswith("/") and path.startswith(key))]
    return sites[max(fitting, key=len)] if fitting else None


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Carries one request to a site."""

    request: h11.Request
    server: h11.Connection
    client: Client
    site: Site

    async def run(self, ask: Ask) -> None:
        """Have it answered, and send the answer; a browser that goes away ends both.

        Raises:
            Refused: the site failed before it answered.
            ServerBroke: the answer is not whole.
            ClientGone: nobody waits for it any more.
        """
        await alongside(self._run(ask), self.client.hung_up())

    async def _run(self, ask: Ask) -> None:
        try:
            answer = await self.site.answer(ask)
            first = self._begun(answer)
        except Refused:
            raise
        except Exception as error:
            _log.exception("%s %s failed", ask.method, ask.path)
            raise Refused(faults.internal()) from error
        await self.client.write(first)
        if not isinstance(answer.body, bytes):
            await self._stream(answer.body)

    def _begun(self, answer: Answer) -> bytes:
        if isinstance(answer.body, bytes):
            return spoken.whole(
                self.server, self.request.method, answer.status, answer.headers, answer.body
            )
        return spoken.head(self.server, answer.status, answer.headers)

    async def _stream(self, pieces: AsyncIterator[bytes]) -> None:
        async with _closing(pieces):
            if self.request.method != b"HEAD":
                await self._pieces(pieces)
        await self.client.write(*passed(self.server, h11.EndOfMessage()))

    async def _pieces(self, pieces: AsyncIterator[bytes]) -> None:
        try:
            async for piece in pieces:
                if piece:
                    await self.client.write(*passed(self.server, h11.Data(data=piece)))
        except ClientGone:
            raise
        except Exception as error:
            _log.exception("an answer of our own failed")
            raise ServerBroke("a stream of our own broke") from error


@contextlib.asynccontextmanager
async def _closing(pieces: AsyncIterator[bytes]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        if isinstance(pieces, AsyncGenerator):
            await pieces.aclose()


async def read(server: h11.Connection, client: Client, *, limit: int, seconds: float) -> bytes:
    """Return the body of a request.

    Raises:
        Refused: it is longer than `limit` bytes, malformed, or too slow.
    """
    body = Body(server, client, seconds=seconds, continue_seconds=0.0)
    return await body.whole(limit)
