"""What the gateway serves besides studios: the page, its API, signing in.

The server reads a request, decides who asks and whether they may, and hands it on as an
`Ask`; an `Answer` comes back. Whatever is behind a `Site` knows nothing of sockets.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cstudiod.services.identity import Caller
from cstudiod.services.sign_in import Session

Fields = Sequence[tuple[bytes, bytes]]
"""Header fields: names in lower case in an `Ask`, as they are to be sent in an `Answer`."""

BODY_BYTES = 64 * 1024 * 1024
"""The longest body of an `Ask`, as the API allows; more is refused before it is read."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request for one of the gateway's own paths, wholly read."""

    method: str
    path: str
    """Decoded and normalised, without the query; begins with a slash."""
    query: str = ""
    """Raw, without its question mark."""
    headers: Fields = ()
    body: bytes = b""
    origin: str = ""
    """The page's own, as this request reached it: ``http://localhost:8080``."""
    peer: str = ""
    """The client's address."""
    visitor: Caller | None = None
    """Who asks; None: nobody has signed in."""
    key_id: str = ""
    """Of the API key by which they signed in; empty: they needed none."""
    session: Session | None = field(default=None, repr=False)
    """The browser's. Where page and studios have one name, its `token` is not in `/session`,
    which a studio's script may ask for, but in the document at `/`, which it may not."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What goes back; an iterator's pieces are sent as they come, chunked."""

    status: int = 200
    headers: Fields = ()
    body: bytes | AsyncIterator[bytes] = b""


class Site(Protocol):
    """Something that answers for a path prefix."""

    async def answer(self, ask: Ask) -> Answer:
        """Answer; an unknown path is a 404."""
