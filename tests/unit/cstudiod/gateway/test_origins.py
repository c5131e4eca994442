"""Two hosts on one port."""

from __future__ import annotations

import pytest
from cstudiod.config import GatewaySettings
from cstudiod.gateway import origins
from cstudiod.gateway.origins import Names

LOCAL = GatewaySettings()
TWO = GatewaySettings(
    host="0.0.0.0", page_host="page.example", studio_host="apps.example", hosts=("old.example",)
)
ONE = GatewaySettings(host="0.0.0.0", hosts=("one.example",))


@pytest.mark.parametrize(
    ("settings", "name", "expected"),
    [
        (LOCAL, "localhost", Names("localhost", "127.0.0.1")),
        (LOCAL, "127.0.0.1", Names("localhost", "127.0.0.1")),
        (LOCAL, "[::1]", Names("localhost", "127.0.0.1")),
        (LOCAL, "x.localhost", Names("localhost", "127.0.0.1")),
        (GatewaySettings(host="::1"), "localhost", Names("localhost", "[::1]")),
        (GatewaySettings(host="127.0.0.2"), "127.0.0.2", Names("127.0.0.2", "127.0.0.2")),
        (TWO, "page.example", Names("page.example", "apps.example")),
        (TWO, "apps.example", Names("page.example", "apps.example")),
        (TWO, "old.example", Names("page.example", "apps.example")),
        (TWO, "localhost", Names("localhost", "localhost")),
        (ONE, "one.example", Names("one.example", "one.example")),
        (GatewaySettings(hosts=("a.example",)), "a.example", Names("a.example", "a.example")),
    ],
)
def test_both_are_found_from_any_name(
    settings: GatewaySettings, name: str, expected: Names
) -> None:
    """Two where this machine has two names that lead to it, else one."""
    assert origins.of(name, settings) == expected


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (LOCAL, Names("localhost", "127.0.0.1")),
        (GatewaySettings(host="::1"), Names("localhost", "[::1]")),
        (TWO, Names("page.example", "apps.example")),
        (ONE, Names("one.example", "one.example")),
        (GatewaySettings(host="0.0.0.0"), Names("localhost", "localhost")),
        (GatewaySettings(host="192.0.2.7"), Names("192.0.2.7", "192.0.2.7")),
    ],
)
def test_addresses_that_are_shown(settings: GatewaySettings, expected: Names) -> None:
    """The configured names first."""
    assert origins.usual(settings) == expected


@pytest.mark.parametrize(
    ("name", "authority", "is_secure", "expected"),
    [
        ("127.0.0.1", "localhost:8080", False, "http://127.0.0.1:8080"),
        ("a.example", "b.example", True, "https://a.example"),
        ("[::1]", "[::1]:80", False, "http://[::1]:80"),
        ("a", "b.:81", False, "http://a:81"),
    ],
)
def test_the_port_is_the_one_that_was_asked_for(
    name: str, authority: str, is_secure: bool, expected: str
) -> None:
    """It may be another one than ours: somebody forwards it."""
    assert origins.written(name, authority, is_secure=is_secure) == expected
