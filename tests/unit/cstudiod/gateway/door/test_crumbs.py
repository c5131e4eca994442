"""Our own cookies."""

from __future__ import annotations

import pytest
from cstudiod.gateway import cookies
from cstudiod.gateway.door import crumbs


@pytest.mark.parametrize("is_secure", [False, True])
def test_no_script_reads_them_and_no_server_gets_them(is_secure: bool) -> None:
    """`HttpOnly`, never for a domain, and with a name that is taken off on the way."""
    fields = [
        crumbs.page_cookie(80, "s", is_secure=is_secure),
        *crumbs.studio_cookies(80, "s", is_secure=is_secure),
    ]
    for field in fields:
        pair, *attributes = field.split(b"; ")
        assert {b"HttpOnly", b"Path=/"} <= set(attributes)
        assert not [one for one in attributes if one.lower().startswith(b"domain")]
        assert (b"Secure" in attributes) is (is_secure or b"SameSite=None" in attributes)
        assert pair.startswith(b"__Host-") is is_secure
        assert cookies.outward(pair + b"; mine=1") == b"mine=1"


def test_each_gateway_of_a_machine_has_its_own() -> None:
    """Cookies know no ports."""
    names = {crumbs.page_name(port, is_secure=False) for port in (80, 81)}
    assert len(names) == 2


def test_all_of_a_name_are_read() -> None:
    """A studio's script, or another domain, may have set one before ours."""
    fields = [
        (b"cookie", b"a=1; n=first;n=second; n=not this one; m=x"),
        (b"other", b"n=y"),
        (b"cookie", b" n=third "),
    ]
    assert crumbs.values(fields, ["n"]) == ["first", "second", "third"]


def test_a_cookie_can_be_taken_back() -> None:
    """By an empty one that is over at once."""
    assert b"Max-Age=0" in crumbs.page_cookie(80, "", is_secure=True)
