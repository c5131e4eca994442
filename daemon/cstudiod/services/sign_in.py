"""Use cases of signing in with a browser: links that are good once, and sessions.

What a browser keeps is 256 random bits; we keep SHA-256 of them, in memory: a restart of
the daemon ends all sessions. One that began with an API key ends with it. There are two
kinds, because the page and the studios are different hosts to a browser: what is sent to
a studio's host is worth nothing at the page's.
"""

from __future__ import annotations

import contextlib
import enum
import hashlib
import logging
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from cstudiod.errors import UsageError
from cstudiod.services import keys as signing
from cstudiod.services.identity import Caller, Unauthenticated
from cstudiod.services.keys import Keys

_log = logging.getLogger(__name__)

LINK_SECONDS = 600.0
"""How long a link may wait to be opened."""
HOP_SECONDS = 30.0
"""How long the way from the page's host to the studios' may take."""
UNUSED_SECONDS = 12 * 3600.0
LONGEST_SECONDS = 7 * 86400.0
"""After that a browser signs in anew, however busy it was."""
MOST = 1000
"""Sessions and links, each; the oldest makes room."""
MOST_OF_ONE = 100
"""Of one person: nobody signs others out by signing in often."""
_BYTES = 32


class Where(enum.Enum):
    """What a session is good for."""

    PAGE = "page"
    STUDIOS = "studios"


@dataclass(kw_only=True, eq=False)
class Session:
    """A browser that has signed in."""

    caller: Caller
    where: Where
    create_time: float
    use_time: float
    token: str = field(repr=False)
    """What the page sends along with every change, and no other page can know."""
    parent: Session | None = None
    """The page's session, of one of the studios'."""
    ends: set[Callable[[], None]] = field(default_factory=set, repr=False)
    """What to call when it is over."""
    is_over: bool = False


@dataclass(frozen=True, kw_only=True)
class _Ticket:
    caller: Caller
    path: str
    expire_time: float
    parent: Session | None = None


class SignIns:
    """All links and sessions of this daemon."""

    def __init__(self, keys: Keys, clock: Callable[[], float], page_url: Callable[[], str]) -> None:
        """`clock` gives Unix time; `page_url` where the page answers, without a slash."""
        self._keys = keys
        self._clock = clock
        self._page_url = page_url
        self._links: dict[str, _Ticket] = {}
        self._hops: dict[str, _Ticket] = {}
        self._sessions: dict[str, Session] = {}

    # --------------------------------------------------------------- links

    def link(self, caller: Caller, path: str = "/") -> tuple[str, float]:
        """Return an address that signs one browser in, and until when.

        The secret is in the fragment, which browsers send to nobody.

        Raises:
            UsageError: `path`, where the browser goes then, is none of ours.
        """
        if not is_ours(path):
            raise UsageError(f"{path!a} is no path of this daemon", field="path")
        expire_time = self._clock() + LINK_SECONDS
        ticket = _Ticket(caller=caller, path=path, expire_time=expire_time)
        _log.info("%s made a sign-in link", caller.login)
        return f"{self._page_url()}/sign-in#{self._keep(self._links, ticket)}", expire_time

    def redeem(self, secret: str) -> tuple[Caller, str]:
        """Return who a link was made for, and where they want to go; it is worth nothing after.

        Raises:
            Unauthenticated: it was used, is too old, or its maker's key is not good any more.
        """
        ticket = self._links.pop(_hash(secret), None)
        caller = self._still(ticket.caller) if ticket else None
        if ticket is None or caller is None or self._clock() >= ticket.expire_time:
            raise Unauthenticated(
                "this link was used already, or is older than ten minutes",
                next="make another: cstudio open",
            )
        return caller, ticket.path

    def hop(self, session: Session) -> str:
        """Return what signs the browser of a page's session in at the studios' host."""
        ticket = _Ticket(
            caller=session.caller,
            path="/",
            expire_time=self._clock() + HOP_SECONDS,
            parent=session,
        )
        return self._keep(self._hops, ticket)

    def land(self, secret: str) -> Session | None:
        """Return whose session a hop began at; it is worth nothing after."""
        ticket = self._hops.pop(_hash(secret), None)
        if ticket is None or ticket.parent is None or self._clock() >= ticket.expire_time:
            return None
        return None if ticket.parent.is_over else ticket.parent

    def _keep(self, tickets: dict[str, _Ticket], ticket: _Ticket) -> str:
        for name in _too_many(tickets, ticket.caller.login):
            del tickets[name]
        secret = secrets.token_urlsafe(_BYTES)
        tickets[_hash(secret)] = ticket
        return secret

    # ------------------------------------------------------------ sessions

    def open(
        self, caller: Caller, where: Where, parent: Session | None = None
    ) -> tuple[str, Session]:
        """Begin a session; return what the browser keeps, and the session."""
        for name in _too_many(self._sessions, caller.login):
            self._drop(name)
        secret, now = secrets.token_urlsafe(_BYTES), self._clock()
        session = Session(
            caller=caller,
            where=where,
            create_time=parent.create_time if parent else now,
            use_time=now,
            token=secrets.token_urlsafe(_BYTES),
            parent=parent,
        )
        self._sessions[_hash(secret)] = session
        if parent is None:
            _log.info("%s signed in with a browser", caller.login)
        return secret, session

    def find(self, secret: str, where: Where) -> Session | None:
        """Return the session of what a browser keeps, if it is good there and then."""
        name = _hash(secret)
        session = self._sessions.get(name)
        if session is None or session.where is not where:
            return None
        now = self._clock()
        caller = self._still(session.caller)
        is_old = now >= session.use_time + UNUSED_SECONDS
        is_old = is_old or now >= session.create_time + LONGEST_SECONDS
        has_lost_parent = session.parent is not None and session.parent.is_over
        if caller is None or is_old or has_lost_parent:
            self._drop(name)
            return None
        session.caller, session.use_time = caller, now
        if session.parent is not None:
            session.parent.use_time = now
        return session

    def close(self, session: Session) -> None:
        """End a session, and those that began at it."""
        for name, one in [*self._sessions.items()]:
            if one is session or one.parent is session:
                self._drop(name)
        _log.info("%s signed out of a browser", session.caller.login)

    @contextlib.contextmanager
    def ending_with(self, session: Session, end: Callable[[], None]) -> Iterator[None]:
        """Have `end` called when the session ends in the meantime."""
        session.ends.add(end)
        try:
            yield
        finally:
            session.ends.discard(end)

    def _drop(self, name: str) -> None:
        session = self._sessions.pop(name)
        session.is_over = True
        for end in [*session.ends]:
            end()

    def _still(self, caller: Caller) -> Caller | None:
        """Return the caller as their key has them now; None: it is not good any more."""
        if not caller.key_id:
            return caller
        try:
            return signing.caller(self._keys.still_good(caller.key_id))
        except Unauthenticated:
            return None


def _too_many(kept: Mapping[str, Session | _Ticket], login: str) -> list[str]:
    """Return what makes room for one more of somebody's: their oldest, else the oldest."""
    own = [name for name, one in kept.items() if one.caller.login == login]
    return own[:1] if len(own) >= MOST_OF_ONE else list(kept)[: max(0, len(kept) - MOST + 1)]


def is_ours(path: str) -> bool:
    """Tell whether a browser that goes there stays with this daemon."""
    return (
        path.startswith("/")
        and not path.startswith("//")
        and path.isascii()
        and (path.isprintable() and not set(path) & set("\\ "))
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
