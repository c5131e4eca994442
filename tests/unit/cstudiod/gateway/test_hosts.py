"""By what names we may be asked, and which pages may change something."""

from __future__ import annotations

import pytest
from cstudiod.gateway import hosts


@pytest.mark.parametrize(
    ("authority", "expected"),
    [
        ("localhost", True),
        ("Localhost.:1", True),
        ("a.localhost:1", True),
        ("127.9.9.9", True),
        ("[::1]", True),
        ("[::1]:80", True),
        ("studios.example", True),
        ("[fd00::1]:1", True),
        ("", False),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("notlocalhost", False),
        ("example", False),
        ("a.studios.example", False),
        ("localhost:x", False),
        ("localhost:1:2", False),
        ("a@localhost", False),
        ("localhost localhost", False),
        ("löcalhost", False),
    ],
)
def test_our_names(authority: str, expected: bool) -> None:
    """Those of loopback and the configured ones, at any port."""
    assert hosts.is_known(authority, ("Studios.example", "fd00::1")) is expected


@pytest.mark.parametrize(
    ("origin", "authority", "expected"),
    [
        (None, "localhost:1", True),
        ("http://localhost:1", "LOCALHOST:1", True),
        ("http://localhost", "localhost:80", True),
        ("https://localhost:443", "localhost", True),
        ("https://portal.example", "localhost:1", True),
        ("http://localhost:2", "localhost:1", False),
        ("http://localhost", "localhost:1", False),
        ("http://portal.example", "localhost:1", False),
        ("null", "localhost:1", False),
        ("", "localhost:1", False),
        ("file://", "localhost:1", False),
        ("http://localhost:1/x", "localhost:1", False),
        ("http://a@localhost:1", "localhost:1", False),
    ],
)
def test_who_may_change(origin: str | None, authority: str, expected: bool) -> None:
    """Pages of the same origin, or of a configured one."""
    assert hosts.may_change(origin, authority, ("https://portal.example",)) is expected
