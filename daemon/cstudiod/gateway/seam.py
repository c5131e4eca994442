"""What the gateway asks of the rest: where a studio is, who asks, and who may enter.

`Studios.find` is called for every request and twice a second while one is open, so it
answers from memory. That is how a studio that goes away ends its connections with the
reason, without waiting for the network to notice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cstudiod.gateway.routes import Redirect
from cstudiod.model.studios import Reason, StudioState
from cstudiod.services.identity import Caller
from cstudiod.services.sign_in import Session

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[], Awaitable[Streams]]


@dataclass(frozen=True, kw_only=True)
class StudioPort:
    """One exposed port of a running studio."""

    dial: Dial
    """Connects to the container's nginx, or to the server where there is none.

    Raises `TargetError`: nobody listens, or the studio cannot be reached.
    """
    subpath: str = "/"
    """As the launch document has it, one of `cstudio_runner.launch.SUBPATHS`."""
    has_nginx: bool = False
    """The path is sent as it came and nginx applies `subpath`; else the gateway does."""
    label: str = ""
    html: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)
    """Set in every request: nginx's secret, a server's token. Never shown to a browser."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A studio that runs."""

    key: str
    """Another one whenever old connections are worth nothing: uid and incarnation."""
    ports: Mapping[int, StudioPort]
    """By the number in the path."""
    owner: str | None = None
    """The only one who may enter; None: whoever reaches us."""


@dataclass(frozen=True)
class Absent:
    """No studio of that project has that name."""


@dataclass(frozen=True, kw_only=True)
class NotRunning:
    """It is there, and cannot be talked to."""

    state: StudioState
    reason: Reason | None = None
    """Why it does not run as asked; a STOPPED one with a reason has failed."""
    stage: str = ""
    """While it starts: ``pulling image``."""
    owner: str | None = None
    """The only one who may enter; None: whoever reaches us."""


Whereabouts = Found | Absent | NotRunning


class Studios(Protocol):
    """Where studios are."""

    def find(self, project: str, studio: str) -> Whereabouts:
        """Return where it is now, from memory."""


@dataclass(frozen=True, kw_only=True)
class Knock:
    """A request, as far as telling who makes it, and whether they may, needs."""

    method: str
    path: str
    """Decoded and normalised, without the query."""
    target: str
    """Path and query as they came."""
    headers: Sequence[tuple[bytes, bytes]]
    """As they came, names in lower case, our own cookies included."""
    authority: str
    """The `Host` field: one of our names, perhaps with a port."""
    peer: str
    """The client's address."""
    owner: Callable[[], int | None]
    """The number of the account whose program has the other end of the connection, where
    this machine's kernel says so."""
    is_secure: bool = False

    def value(self, name: bytes) -> str:
        """Return a header field, by its name in lower case; empty where it is not there."""
        return next((value for key, value in self.headers if key == name), b"").decode("latin-1")


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who asks, and what says so."""

    caller: Caller
    session: Session | None = None
    """The browser's; None: an API key in this very request, or the kernel."""
    has_key: bool = False
    """This very request carries an API key: no other page can have made it."""


@dataclass(frozen=True, kw_only=True)
class Welcome:
    """Leave to ask one of our own sites."""

    visitor: Visitor | None = None
    cookies: Sequence[bytes] = ()
    """`Set-Cookie` fields that go with the answer."""


class Door(Protocol):
    """Says who may do what; see `cstudiod.gateway.door`."""

    def ask(self, knock: Knock) -> Welcome | Redirect:
        """Let somebody ask one of our own sites.

        Raises:
            Refused: they may not.
        """

    def enter(self, knock: Knock, studio: str, owner: str | None) -> Visitor | Redirect | None:
        """Let somebody into a studio; None: nobody is asked who they are here.

        Raises:
            Refused: they may not.
        """

    def pass_by(self, knock: Knock) -> Redirect | None:
        """Send somebody to the studios' host, for what everybody may visit; None: they are there.

        Raises:
            Refused: they cannot be sent.
        """

    async def until_gone(self, visitor: Visitor) -> None:
        """Wait as long as somebody is good; for ever where nothing can change that.

        Raises:
            Refused: they are not any more.
        """

    def framers(self, authority: str) -> Sequence[str] | None:
        """Return the origins whose pages may show a studio in themselves; None: all may."""
