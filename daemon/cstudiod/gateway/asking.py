"""Requests for our own paths: who may ask, through to a `Site`, and back."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Coroutine, Mapping
from typing import Any

import h11

from cstudiod.gateway import faults, spoken
from cstudiod.gateway.bodies import Body
from cstudiod.gateway.faults import Refused
from cstudiod.gateway.routes import Redirect
from cstudiod.gateway.seam import Door, Welcome
from cstudiod.gateway.site import BODY_BYTES, Answer, Ask, Fields, Site
from cstudiod.gateway.turns import Turn
from cstudiod.gateway.wire import ClientGone, ServerBroke, alongside, passed

_log = logging.getLogger(__name__)

STRANGERS_BYTES = 64 * 1024
"""The longest body from somebody whom nobody knows: enough to sign in with."""
_ALWAYS: Fields = (
    (b"Content-Security-Policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"X-Frame-Options", b"DENY"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Cross-Origin-Opener-Policy", b"same-origin"),
    (b"Cross-Origin-Resource-Policy", b"same-origin"),
    (b"Referrer-Policy", b"no-referrer"),
    (b"Cache-Control", b"no-store"),
)
"""What an answer says where its site says nothing of it."""


def chosen(sites: Mapping[str, Site], path: str) -> Site | None:
    """Return whose a path is: a key that ends in a slash stands for all below it."""
    fitting = [key for key in sites if path == key or (key.endswith("/") and path.startswith(key))]
    return sites[max(fitting, key=len)] if fitting else None


class Asking:
    """The way to our own sites."""

    def __init__(
        self, sites: Mapping[str, Site], *, door: Door | None, body_seconds: float
    ) -> None:
        """`door`: None where nobody is asked who they are."""
        self._sites = sites
        self._door = door
        self._body_seconds = body_seconds

    async def run(self, turn: Turn, path: str) -> None:
        """Have a request answered, and send the answer; a browser that goes away ends both.

        Raises:
            Refused: who asks may not, or there is no answer.
            ServerBroke: the answer is not whole.
            ClientGone: nobody waits for it any more.
        """
        welcome = self._door.ask(turn.knock(path)) if self._door else Welcome()
        if isinstance(welcome, Redirect):
            await turn.client.write(spoken.redirect(turn.server, turn.request, welcome))
            return
        site = chosen(self._sites, path)
        if site is None:
            raise Refused(faults.unknown_path(path))
        limit = STRANGERS_BYTES if welcome.visitor is None else BODY_BYTES
        body = Body(turn.server, turn.client, seconds=self._body_seconds, continue_seconds=0.0)
        ask = _ask(turn, path, welcome, await body.whole(limit))
        watches: list[Coroutine[Any, Any, None]] = [turn.client.hung_up()]
        if welcome.visitor is not None and self._door is not None:
            watches.append(self._door.until_gone(welcome.visitor))
        await alongside(_answered(turn, site, ask, welcome), *watches)


def _ask(turn: Turn, path: str, welcome: Welcome, body: bytes) -> Ask:
    asker, visitor = turn.asker, welcome.visitor
    scheme = "https" if asker.is_secure else "http"
    return Ask(
        method=turn.request.method.decode("ascii"),
        path=path,
        query=turn.target.partition("?")[2],
        headers=list(turn.request.headers),
        body=body,
        origin=f"{scheme}://{asker.host.decode('latin-1').lower()}",
        peer=asker.peer,
        visitor=visitor.caller if visitor else None,
        key_id=visitor.caller.key_id if visitor else "",
        session=visitor.session if visitor else None,
    )


async def _answered(turn: Turn, site: Site, ask: Ask, welcome: Welcome) -> None:
    try:
        answer = await site.answer(ask)
        first = _begun(turn, answer, welcome)
    except Refused:
        raise
    except Exception as error:
        _log.exception("%s %s failed", ask.method, ask.path)
        raise Refused(faults.internal()) from error
    await turn.client.write(first)
    if not isinstance(answer.body, bytes):
        await _stream(turn, answer.body)


def _begun(turn: Turn, answer: Answer, welcome: Welcome) -> bytes:
    fields = [*answer.headers, *((b"Set-Cookie", one) for one in welcome.cookies)]
    said = {name.lower() for name, _ in fields}
    fields += [(name, value) for name, value in _ALWAYS if name.lower() not in said]
    if not isinstance(answer.body, bytes):
        return spoken.head(turn.server, answer.status, fields)
    return spoken.whole(turn.server, turn.request.method, answer.status, fields, answer.body)


async def _stream(turn: Turn, pieces: AsyncIterator[bytes]) -> None:
    async with _closing(pieces):
        if turn.request.method != b"HEAD":
            await _pieces(turn, pieces)
    await turn.client.write(*passed(turn.server, h11.EndOfMessage()))


async def _pieces(turn: Turn, pieces: AsyncIterator[bytes]) -> None:
    try:
        async for piece in pieces:
            if piece:
                await turn.client.write(*passed(turn.server, h11.Data(data=piece)))
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
