"""Two hosts on one port: the page's, and the studios'.

To a browser another host is another origin, so a studio's script is a stranger to the
page and to its API: it reads nothing of it, and its requests say where they come from.
On loopback the two are ``localhost`` and ``127.0.0.1``; elsewhere they are configured.
Under any other name there is one origin for both, and the page shows no studio in itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from cstudiod.config import GatewaySettings
from cstudiod.gateway import hosts
from cstudiod.gateway.settings import is_loopback

_EVERYWHERE = ("0.0.0.0", "::")
_PAGE = "localhost"


@dataclass(frozen=True)
class Names:
    """Under which names a browser that reached us finds both."""

    page: str
    studios: str

    @property
    def is_split(self) -> bool:
        """Whether they are strangers to each other."""
        return self.page != self.studios


_PAIRS = {
    "localhost": Names(_PAGE, "127.0.0.1"),
    "127.0.0.1": Names(_PAGE, "127.0.0.1"),
    "::1": Names(_PAGE, "[::1]"),
}
"""By the address that is listened on: the names of this machine that lead there."""


def of(name: str, settings: GatewaySettings) -> Names:
    """Return both names for a browser that asked for `name` (in lower case, without port)."""
    configured = Names(settings.page_host.lower(), settings.studio_host.lower())
    is_local = is_loopback(name) or name.endswith(".localhost")
    if configured.page and (not is_local or name in (configured.page, configured.studios)):
        return configured
    one = Names(name, name)
    return _PAIRS.get(settings.host.strip("[]").lower(), one) if is_local else one


def usual(settings: GatewaySettings) -> Names:
    """Return both names for a browser that has asked for none yet."""
    host = settings.host.strip("[]").lower()
    if settings.page_host or settings.hosts:
        first = settings.page_host or settings.hosts[0]
        return of(first.lower(), settings)
    if host in _EVERYWHERE:
        return of(_PAGE, settings)
    return of(f"[{host}]" if ":" in host else host, settings)


def written(name: str, authority: str, *, is_secure: bool) -> str:
    """Return the origin of `name` at the port that an `authority` has."""
    scheme = "https" if is_secure else "http"
    mine = hosts.name_of(authority) or ""
    port = authority.lower()[len(mine) :].lstrip(".") if mine else ""
    return f"{scheme}://{name}{port}"
