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

from cstudiod.gateway.faults import Fault
from cstudiod.model.studios import Reason, StudioState
from cstudiod.services.identity import Caller
from cstudiod.store.keys import StoredKey

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


Whereabouts = Found | Absent | NotRunning


class Studios(Protocol):
    """Where studios are."""

    def find(self, project: str, studio: str) -> Whereabouts:
        """Return where it is now, from memory."""


@dataclass(frozen=True, kw_only=True)
class Knock:
    """A request, as far as telling who makes it needs."""

    method: str
    path: str
    """Decoded and normalised, without the query."""
    headers: Sequence[tuple[bytes, bytes]]
    """As they came, names in lower case, our own cookies included."""
    peer: str
    """The client's address."""
    is_secure: bool = False


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Who asks, and what says so."""

    caller: Caller
    key: StoredKey | None = None
    """By which they signed in; None: they needed none."""


def nobody(knock: Knock) -> Visitor | None:
    """Know nobody: what needs to know who asks is refused."""
    return None


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A request for a studio's port, as far as deciding on it needs."""

    project: str
    studio: str
    port: int
    method: str
    path: str
    """Decoded and normalised, without the query: decide on this one."""
    headers: Sequence[tuple[bytes, bytes]]
    """As they came, names in lower case, our own cookies included."""
    peer: str
    """The client's address."""
    visitor: Visitor | None = None


Admit = Callable[[Visit], Fault | None]
"""Says why a visit is refused, or None. The default lets everybody in who reaches us."""


def admit_all(visit: Visit) -> None:
    """Let everybody in: on loopback the machine's user is the only one."""
