"""nginx.conf, to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest
from cstudio_runner import nginx
from cstudio_runner.launch import Nginx, Port
from cstudio_runner.nginx import Build, Place

GOLDEN = Path(__file__).with_name("golden")
PORTS = [
    Port(8888, 8888, subpath="$request_uri"),
    Port(8080, 40080),
    Port(3000, 3000, subpath="/$request_uri"),
    Port(5000, 5000, subpath="$uri$is_args$args"),
]
PLACE = Place("/code-studios/P.1/s", "/tmp/state")


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("forms", nginx.configuration(Nginx(), PORTS, PLACE)),
        (
            "secret",
            nginx.configuration(
                Nginx("0.0.0.0", 9000, "s3-cret"),
                PORTS[:1],
                Place("/b", '/tmp/a "b', "root", Build(frozenset({"scgi", "uwsgi"}))),
            ),
        ),
        ("ipv6", nginx.configuration(Nginx("::1"), [], PLACE)),
    ],
)
def test_the_configuration(name: str, made: str) -> None:
    assert made == (GOLDEN / (name + ".conf")).read_text("utf-8")


def test_each_location_has_every_header() -> None:
    made = nginx.configuration(Nginx(), PORTS, PLACE)
    assert made.count("proxy_pass") == len(PORTS)
    for header in ("Host", "Upgrade", "Connection", "X-Forwarded-Proto"):
        assert made.count("proxy_set_header %s " % header) == len(PORTS)


@pytest.mark.parametrize(
    ("said", "build"),
    [
        ("nginx version: nginx/1.22.1\nconfigure arguments: --with-x", Build()),
        (
            "nginx version: nginx/1.18.0 (Ubuntu)\nconfigure arguments: "
            "--without-http_scgi_module --without-http_uwsgi_module",
            Build(frozenset({"scgi", "uwsgi"}), takes_error_log=False),
        ),
        ("", Build(takes_error_log=False)),
    ],
)
def test_what_nginx_says_of_itself(said: str, build: Build) -> None:
    assert nginx.build_of(said) == build


def test_the_command() -> None:
    assert nginx.command(Nginx(), "/s", Build()) == [
        *("nginx", "-e", "stderr", "-p", "/s", "-c", "/s/nginx.conf")
    ]
    assert nginx.command(Nginx(program="/x/nginx"), "/s", Build(takes_error_log=False)) == [
        *("/x/nginx", "-p", "/s", "-c", "/s/nginx.conf")
    ]
