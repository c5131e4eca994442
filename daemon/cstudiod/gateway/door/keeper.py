"""The door: tells who asks, sends them to the right host, and lets them through or not."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Callable, Sequence
from urllib.parse import quote

from cstudiod.config import GatewaySettings
from cstudiod.gateway import faults, headers, hosts, origins, pages
from cstudiod.gateway.door import crumbs, rules
from cstudiod.gateway.faults import Refused
from cstudiod.gateway.origins import Names
from cstudiod.gateway.routes import Redirect
from cstudiod.gateway.seam import Knock, Visitor, Welcome
from cstudiod.gateway.settings import is_loopback
from cstudiod.services import identity
from cstudiod.services import keys as signing
from cstudiod.services.identity import Caller, RightMissing, Unauthenticated
from cstudiod.services.keys import Keys
from cstudiod.services.sign_in import SignIns, Where

ENTER = "/enter"
"""Of both hosts: the way from one to the other."""
_OPEN = re.compile(r"/sign-in(?:/.*)?|/sign-out|/enter|/assets/.*")
"""Paths of ours that need nobody to have signed in."""
_FOR_SCRIPTS = re.compile(r"/sign-in(?:/.*)?|/enter|/assets/.*|/session|/api/.*")
"""Paths of ours that hold nothing that a studio's script could use."""
_OUR_KEY = re.compile(r"bearer +(cst_\S+) *", re.IGNORECASE)
_BEARER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)


class Keeper:
    """Keeps the door."""

    def __init__(
        self,
        settings: GatewaySettings,
        sign_ins: SignIns,
        keys: Keys,
        *,
        me: Caller,
        uid: int,
        port: Callable[[], int],
    ) -> None:
        """Keep it.

        Args:
            settings: By which names we are asked.
            sign_ins: Who has signed in.
            keys: Who may.
            me: The person who runs the daemon.
            uid: Their account's number.
            port: Where we listen.
        """
        self._settings = settings
        self._sign_ins = sign_ins
        self._keys = keys
        self._me = me
        self._uid = uid
        self._port = port

    # ------------------------------------------------------ the page's side

    def ask(self, knock: Knock) -> Welcome | Redirect:
        """Let somebody ask one of our own sites.

        Raises:
            Refused: they may not.
        """
        names, name = self._names(knock), hosts.name_of(knock.authority)
        if name != names.page and not (knock.path == ENTER and name == names.studios):
            return _elsewhere(knock, names.page)
        self._check_page(knock, names)
        at_studios = names.is_split and name == names.studios
        visitor = self._visitor(knock, Where.STUDIOS if at_studios else Where.PAGE)
        if visitor is None and not _OPEN.fullmatch(knock.path):
            return _to_sign_in(knock)
        self._check_change(knock, visitor)
        if visitor is None or at_studios or visitor.session or visitor.has_key:
            return Welcome(visitor=visitor)
        return self._remembered(visitor, knock)

    def _check_page(self, knock: Knock, names: Names) -> None:
        fault = rules.foreign(knock)
        if knock.path != ENTER:
            fault = fault or rules.embedded(knock)
        needs_document = not names.is_split and not _FOR_SCRIPTS.fullmatch(knock.path)
        if needs_document and not rules.is_change(knock) and not knock.value(b"authorization"):
            fault = fault or rules.not_a_document(knock)
        if fault is not None:
            raise Refused(fault)

    def _check_change(self, knock: Knock, visitor: Visitor | None) -> None:
        if not rules.is_change(knock) or visitor is None or visitor.has_key:
            return
        if _OPEN.fullmatch(knock.path):
            return  # they look at what is sent themselves
        token = visitor.session.token if visitor.session else ""
        fault = rules.tokenless(knock, token) if token else faults.no_token()
        if fault is not None:
            raise Refused(fault)

    def _remembered(self, visitor: Visitor, knock: Knock) -> Welcome:
        """Begin a session for somebody whom the kernel knows, when they look at the page."""
        is_a_look = not _OPEN.fullmatch(knock.path) or knock.path == ENTER
        if rules.is_change(knock) or not is_a_look:
            return Welcome(visitor=visitor)
        secret, session = self._sign_ins.open(visitor.caller, Where.PAGE)
        cookie = crumbs.page_cookie(self._port(), secret, is_secure=knock.is_secure)
        return Welcome(visitor=Visitor(caller=visitor.caller, session=session), cookies=[cookie])

    # ---------------------------------------------------- the studios' side

    def enter(self, knock: Knock, studio: str, owner: str | None) -> Visitor | Redirect | None:
        """Let the owner of a studio in; None: it has none, as where there is no such studio.

        Raises:
            Refused: it is somebody else's, or nobody knows who asks.
        """
        if (elsewhere := self.pass_by(knock)) is not None:
            return elsewhere
        names = self._names(knock)
        visitor = self._visitor(knock, Where.STUDIOS if names.is_split else Where.PAGE)
        if visitor is None:
            return self._introduced(knock, names)
        if owner is None:
            return visitor
        try:
            identity.must_own(visitor.caller, studio, owner)
        except RightMissing as error:
            raise Refused(faults.not_allowed(error)) from error
        return visitor

    def pass_by(self, knock: Knock) -> Redirect | None:
        """Send somebody to the studios' host, for what everybody may visit; None: they are there.

        Raises:
            Refused: a WebSocket goes no ways.
        """
        names = self._names(knock)
        if hosts.name_of(knock.authority) == names.studios:
            return None
        return _elsewhere(knock, names.studios)

    def _introduced(self, knock: Knock, names: Names) -> Redirect:
        if not names.is_split:
            return _to_sign_in(knock)
        if not _is_a_person(knock):
            raise Refused(faults.unknown_visitor())
        origin = origins.written(names.page, knock.authority, is_secure=knock.is_secure)
        return Redirect(f"{origin}{ENTER}?to={quote(knock.target, safe='')}", 303)

    def framers(self, authority: str) -> Sequence[str]:
        """Return the origins, besides their own, whose pages may show studios in themselves."""
        names = origins.of(hosts.name_of(authority) or "", self._settings)
        secure = self._settings.is_secure
        page = [origins.written(names.page, authority, is_secure=secure)] if names.is_split else []
        return [*page, *self._settings.origins]

    # ------------------------------------------------------------ who it is

    def _names(self, knock: Knock) -> Names:
        return origins.of(hosts.name_of(knock.authority) or "", self._settings)

    def _visitor(self, knock: Knock, where: Where) -> Visitor | None:
        """Return who asks: by a key, a cookie, or what the kernel says, in that order.

        Raises:
            Refused: a key is not good.
        """
        # A studio may have keys of its own: there, what is not made like ours is not ours.
        form = _BEARER if where is Where.PAGE else _OUR_KEY
        match = form.fullmatch(knock.value(b"authorization"))
        if match is not None:
            try:
                caller = signing.caller(self._keys.authenticate(match[1]))
            except Unauthenticated as error:
                raise Refused(faults.not_allowed(error, 401)) from error
            return Visitor(caller=caller, has_key=True)
        return self._by_cookie(knock, where) or self._by_kernel(knock)

    def _by_cookie(self, knock: Knock, where: Where) -> Visitor | None:
        port, secure = self._port(), knock.is_secure
        names: Sequence[str] = crumbs.studio_names(port, is_secure=secure)
        if where is Where.PAGE:
            names = [crumbs.page_name(port, is_secure=secure)]
        for value in crumbs.values(knock.headers, names):
            session = self._sign_ins.find(value, where)
            if session is not None:
                return Visitor(caller=session.caller, session=session)
        return None

    def _by_kernel(self, knock: Knock) -> Visitor | None:
        name = hosts.name_of(knock.authority) or ""
        is_local = is_loopback(name) or name.endswith(".localhost")
        if not is_local or rules.is_passed_on(knock) or knock.owner() != self._uid:
            return None
        return Visitor(caller=self._me)

    async def until_gone(self, visitor: Visitor) -> None:
        """Wait as long as somebody is good; for ever where nothing can change that.

        Raises:
            Refused: they signed out, or their key was revoked or expired.
        """
        gone, seconds = asyncio.Event(), None
        with contextlib.ExitStack() as watched:
            if visitor.session is not None:
                watched.enter_context(self._sign_ins.ending_with(visitor.session, gone.set))
            if visitor.caller.key_id:
                try:
                    key = self._keys.still_good(visitor.caller.key_id)
                except Unauthenticated as error:
                    raise Refused(faults.not_allowed(error, 401)) from error
                watched.enter_context(self._keys.ending_with(key, gone.set))
                seconds = self._keys.seconds_left(key)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await gone.wait()
        raise Refused(faults.unknown_visitor())


def _elsewhere(knock: Knock, name: str) -> Redirect:
    """Return the way to the right host; a WebSocket goes no ways.

    Raises:
        Refused: it is one.
    """
    if headers.wants_websocket(knock.headers):
        raise Refused(faults.wrong_host(name))
    origin = origins.written(name, knock.authority, is_secure=knock.is_secure)
    return Redirect(origin + knock.target, 307)


def _to_sign_in(knock: Knock) -> Redirect:
    """Return the way of a person to the page where they sign in.

    Raises:
        Refused: a program asks.
    """
    if not _is_a_person(knock):
        raise Refused(faults.unknown_visitor())
    return Redirect(f"/sign-in?next={quote(knock.target, safe='')}", 303)


def _is_a_person(knock: Knock) -> bool:
    accepts = pages.accepts_html(knock.value(b"accept").encode("latin-1"))
    return accepts and rules.is_navigation(knock)
