"""The site where people sign in and out: `/sign-in`, `/sign-out`, `/session`, `/enter`."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl, quote

from cstudiod.config import GatewaySettings
from cstudiod.gateway import faults, hosts, origins, routes
from cstudiod.gateway.door import crumbs, forms, rules
from cstudiod.gateway.door.keeper import ENTER
from cstudiod.gateway.faults import Refused
from cstudiod.gateway.origins import Names
from cstudiod.gateway.site import Answer, Ask, Fields
from cstudiod.services import keys as signing
from cstudiod.services.identity import Caller, Unauthenticated
from cstudiod.services.keys import Keys
from cstudiod.services.sign_in import SignIns, Where, is_ours

PATHS = ("/sign-in", "/sign-in/", "/sign-out", "/session", ENTER)
"""What it answers for."""
_FORM = b"application/x-www-form-urlencoded"


class Desk:
    """Answers for the paths of signing in."""

    def __init__(
        self,
        settings: GatewaySettings,
        sign_ins: SignIns,
        keys: Keys,
        port: Callable[[], int],
    ) -> None:
        """`port`: where we listen."""
        self._settings = settings
        self._sign_ins = sign_ins
        self._keys = keys
        self._port = port

    async def answer(self, ask: Ask) -> Answer:
        """Answer.

        Raises:
            Refused: what was sent is not good.
        """
        match ask.path, ask.method:
            case "/sign-in", "GET" | "HEAD":
                return self._form(ask, words_of(ask.query).get("next", "/"))
            case "/sign-in", "POST":
                return self._sign_in(ask)
            case "/sign-out", "GET" | "HEAD":
                return forms.page(forms.signing_out(ask.session.token if ask.session else ""))
            case "/sign-out", "POST":
                return self._sign_out(ask)
            case "/session", "GET" | "HEAD":
                return self._session(ask)
            case path, "GET" | "HEAD" if path == ENTER:
                return self._enter(ask)
            case path, "GET" | "HEAD" if path in forms.ASSETS:
                return forms.asset(path)
        raise Refused(faults.unknown_path(ask.path))

    # ------------------------------------------------------------- sign in

    def _form(self, ask: Ask, path: str, wrong: str = "") -> Answer:
        names, authority = self._names(ask)
        origin = origins.written(names.studios, authority, is_secure=self._settings.is_secure)
        login = ask.visitor.login if ask.visitor else ""
        path = path if is_ours(path) else "/"
        status = 401 if wrong else 200
        return forms.page(forms.signing_in(path, login, wrong), status, goes_to=origin)

    def _sign_in(self, ask: Ask) -> Answer:
        words = form_of(ask)
        try:
            caller, path = self._presented(words)
        except Unauthenticated as error:
            return self._form(ask, words.get("next", "/"), error.message)
        secret, _ = self._sign_ins.open(caller, Where.PAGE)
        cookie = crumbs.page_cookie(self._port(), secret, is_secure=self._settings.is_secure)
        return _redirect(path if is_ours(path) else "/", [cookie])

    def _presented(self, words: dict[str, str]) -> tuple[Caller, str]:
        if words.get("link"):
            return self._sign_ins.redeem(words["link"].strip())
        key = self._keys.authenticate(words.get("key", "").strip())
        return signing.caller(key), words.get("next", "/")

    def _sign_out(self, ask: Ask) -> Answer:
        session = ask.session
        if session is not None:
            sent = form_of(ask).get("token", "") or _field(ask, rules.TOKEN)
            if not hmac.compare_digest(sent.encode(), session.token.encode()):
                raise Refused(faults.no_token())
            self._sign_ins.close(session)
        cookie = crumbs.page_cookie(self._port(), "", is_secure=self._settings.is_secure)
        return _redirect("/sign-in", [cookie])

    def _session(self, ask: Ask) -> Answer:
        assert ask.visitor is not None, "the door lets nobody else here"
        names, authority = self._names(ask)
        secure = self._settings.is_secure
        said = {
            "login": ask.visitor.login,
            "admin": ask.visitor.is_admin,
            # With one origin for all, a studio's script could ask for this as well.
            "token": ask.session.token if ask.session and names.is_split else "",
            "embedding": names.is_split,
            "studio_origin": origins.written(names.studios, authority, is_secure=secure),
        }
        kind = (b"Content-Type", b"application/json")
        return Answer(
            headers=[kind, (b"Cache-Control", b"no-store")], body=json.dumps(said).encode()
        )

    # ------------------------------------------------ from page to studios

    def _enter(self, ask: Ask) -> Answer:
        """Take a browser that the page's host knows to the studios' host."""
        words, (names, authority) = words_of(ask.query), self._names(ask)
        path = words.get("to", "")
        if not is_ours(path) or not routes.is_a_studios(path):
            raise Refused(faults.unknown_path(path))
        if names.is_split and hosts.name_of(authority) == names.studios:
            return self._landed(words.get("hop", ""), path)
        if ask.session is None:
            way = quote(f"{ENTER}?to={quote(path, safe='')}", safe="")
            return _redirect(f"/sign-in?next={way}")
        if not names.is_split:
            return _redirect(path)
        secure = self._settings.is_secure
        origin = origins.written(names.studios, authority, is_secure=secure)
        hop = self._sign_ins.hop(ask.session)
        return _redirect(f"{origin}{ENTER}?to={quote(path, safe='')}&hop={hop}")

    def _landed(self, hop: str, path: str) -> Answer:
        parent = self._sign_ins.land(hop)
        if parent is None:
            raise Refused(faults.stale_hop())
        secret, _ = self._sign_ins.open(parent.caller, Where.STUDIOS, parent)
        secure = self._settings.is_secure
        return _redirect(path, crumbs.studio_cookies(self._port(), secret, is_secure=secure))

    def _names(self, ask: Ask) -> tuple[Names, str]:
        authority = ask.origin.partition("://")[2]
        return origins.of(hosts.name_of(authority) or "", self._settings), authority


def words_of(query: str) -> dict[str, str]:
    """Return what a query or a form holds; of what is there twice, the first."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, max_num_fields=16):
        found.setdefault(name, value)
    return found


def form_of(ask: Ask) -> dict[str, str]:
    """Return what a form sent; nothing where it is none."""
    kind = _field(ask, b"content-type").partition(";")[0].strip().lower()
    if kind != _FORM.decode():
        return {}
    try:
        return words_of(ask.body.decode("ascii"))
    except (UnicodeDecodeError, ValueError):
        return {}


def _field(ask: Ask, name: bytes) -> str:
    return next((value for key, value in ask.headers if key == name), b"").decode("latin-1")


def _redirect(location: str, cookies: Sequence[bytes] = ()) -> Answer:
    fields: Fields = [
        (b"Location", location.encode("ascii")),
        (b"Cache-Control", b"no-store"),
        *((b"Set-Cookie", one) for one in cookies),
    ]
    return Answer(status=303, headers=fields)
