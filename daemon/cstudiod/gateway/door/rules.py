"""Which requests a page of ours can have made: decisions on header fields.

Browsers say with `Sec-Fetch-*` what a request is for, and no script can change that; and
they send a field of our own name to another origin only after asking us, which we refuse.
"""

from __future__ import annotations

import hmac

from cstudiod.gateway import faults, hosts
from cstudiod.gateway.faults import Fault
from cstudiod.gateway.seam import Knock

TOKEN = b"x-cstudio-token"
_EMBEDDED = frozenset({"iframe", "frame", "embed", "object", "fencedframe"})
_FORWARDED = (b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip")


def is_change(knock: Knock) -> bool:
    """Tell whether the request may change something."""
    return knock.method not in hosts.SAFE_METHODS


def is_navigation(knock: Knock) -> bool:
    """Tell whether somebody goes there with a browser, as far as it shows."""
    mode = knock.value(b"sec-fetch-mode")
    return not is_change(knock) and (mode == "navigate" or not mode)


def is_passed_on(knock: Knock) -> bool:
    """Tell whether somebody passes the request on for somebody else."""
    return any(knock.value(name) for name in _FORWARDED)


def foreign(knock: Knock) -> Fault | None:
    """Return why a request for one of our own paths cannot have been made by the page."""
    site = knock.value(b"sec-fetch-site")
    if site in ("", "same-origin", "none"):
        return None
    if knock.value(b"sec-fetch-mode") == "navigate" and not is_change(knock):
        return None
    return faults.foreign_origin(knock.value(b"origin") or "another site")


def embedded(knock: Knock) -> Fault | None:
    """Return why a page of ours is not shown in another one."""
    if knock.value(b"sec-fetch-dest") in _EMBEDDED:
        return faults.embedded()
    return None


def not_a_document(knock: Knock) -> Fault | None:
    """Return why a path is given to no script: with one origin for all, it may be a studio's."""
    if knock.value(b"sec-fetch-dest") == "document":
        return None
    return faults.for_people_only()


def tokenless(knock: Knock, token: str) -> Fault | None:
    """Return why a change was not asked for by the page: `token` is known to it alone."""
    if hmac.compare_digest(knock.value(TOKEN).encode("latin-1"), token.encode()):
        return None
    return faults.no_token()
