"""Settings: where each value comes from, and what is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from cstudiod import config
from cstudiod.config import (
    BuildSettings,
    GatewaySettings,
    ServerSettings,
    SyncSettings,
    ZoneSettings,
)
from cstudiod.errors import UsageError


def test_a_section_starts_from_its_defaults() -> None:
    """Who says nothing gets what the class says."""
    assert config._section(SyncSettings(), {}, "sync", {}) == SyncSettings()


def test_the_environment_is_stronger_than_the_file() -> None:
    """`CSTUDIO_SECTION_KEY` wins; an empty variable is none."""
    file = {"zones": {"root": "/file", "git": "on"}}
    environment = {"CSTUDIO_ZONES_ROOT": "/env", "CSTUDIO_ZONES_GIT": ""}
    found = config._section(ZoneSettings(), file, "zones", environment)
    assert found == ZoneSettings(root=Path("/env"), git="on")


def test_numbers_texts_and_tables_are_read_as_what_they_are() -> None:
    """A number may come as a text, from the environment; a table only from the file."""
    file = {"build": {"args": {"A": "1"}, "keep": 7}}
    environment = {"CSTUDIO_BUILD_KEEP": "5", "CSTUDIO_BUILD_ARGS": "nonsense"}
    found = config._section(BuildSettings(), file, "build", environment)
    assert found == BuildSettings(args={"A": "1"}, keep=5)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"keep": "many"}, "build.keep is not a number"),
        ({"parent": 3}, "build.parent is not a text"),
        ({"args": {"A": 1}}, "build.args is not a table"),
        ({"args": "A=1"}, "build.args is not a table"),
        ({"ca_bundel": "x"}, "unknown setting `ca_bundel`"),
        ("docker", "must be a section"),
    ],
)
def test_what_does_not_fit_is_named(section: object, words: str) -> None:
    """The message has the key."""
    with pytest.raises(UsageError, match=words):
        config._section(BuildSettings(), {"build": section}, "build", {})


@pytest.mark.parametrize(
    "build",
    [
        BuildSettings(builder="kaniko"),
        BuildSettings(network="bridge"),
        BuildSettings(proxy={"ftp": "x"}),
    ],
)
def test_words_that_are_no_value_are_refused(build: BuildSettings) -> None:
    """Before anything is built."""
    with pytest.raises(UsageError):
        config._build(build)


def test_the_root_of_the_zones_is_under_the_state_folder_unless_it_is_absolute() -> None:
    """Nothing depends on the folder that the daemon was started in."""
    state = Path("/state")
    assert config._zones(state, ZoneSettings()).root == Path("/state/zones")
    assert config._zones(state, ZoneSettings(root=Path("/data"))).root == Path("/data")
    with pytest.raises(UsageError):
        config._zones(state, ZoneSettings(git="sometimes"))


TLS = ServerSettings(listen="0.0.0.0:8443", certificate=Path("tls/a.pem"), key=Path("/a.key"))


def test_tcp_is_not_listened_to_unless_asked_for() -> None:
    assert config._server(Path("/state"), ServerSettings()) == ServerSettings(listen="")


def test_a_certificate_is_under_the_state_folder_unless_it_is_absolute() -> None:
    found = config._server(Path("/state"), TLS)
    assert (found.certificate, found.key) == (Path("/state/tls/a.pem"), Path("/a.key"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"certificate": Path()}, "TCP is with TLS or not at all"),
        ({"key": Path()}, "TCP is with TLS or not at all"),
        ({"listen": "8443"}, "no address"),
        ({"listen": ":8443"}, "no address"),
        ({"listen": "::1:8443"}, "no address"),
        ({"listen": "localhost:0"}, "no address"),
        ({"listen": "localhost:65536"}, "no address"),
        ({"listen": "unix:/tmp/a:1"}, "no address"),
        ({"local_runtime": "everybody"}, "no value of server.local_runtime"),
    ],
)
def test_tcp_without_tls_or_an_address_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        config._server(Path("/state"), dataclasses.replace(TLS, **change))


@pytest.mark.parametrize(
    ("gateway", "words"),
    [
        (GatewaySettings(port=70000), "gateway.port is no port: 70000"),
        (GatewaySettings(hosts=("a b",)), "gateway.hosts holds no name: `a b`"),
        (GatewaySettings(hosts=("https://x",)), "gateway.hosts holds no name"),
        (GatewaySettings(page_host="a/b", studio_host="c"), "gateway.page_host holds no name"),
        (GatewaySettings(page_host="a"), "need each other"),
        (GatewaySettings(origins=("portal.example",)), "gateway.origins holds no origin"),
        (GatewaySettings(connections=0), "gateway.connections is not more than nothing"),
        (GatewaySettings(idle_seconds=-1.0), "gateway.idle_seconds is not more than nothing"),
        (GatewaySettings(port=-1, page_host="a"), "no port: -1; gateway.page_host and"),
    ],
)
def test_a_gateway_that_cannot_be_is_refused(gateway: GatewaySettings, words: str) -> None:
    """All that is off, at once, each by its key."""
    with pytest.raises(UsageError, match=words):
        config._gateway(Path("/state"), gateway)


def test_names_of_a_gateway_come_as_a_list_or_with_commas() -> None:
    """From the file as a list; from the environment, which knows texts only, with commas."""
    file = {"gateway": {"hosts": ["a.example", "b.example"]}}
    environment = {"CSTUDIO_GATEWAY_ORIGINS": "https://a.example, https://b.example:8443"}
    found = config._section(GatewaySettings(), file, "gateway", environment)
    assert found.hosts == ("a.example", "b.example")
    assert found.origins == ("https://a.example", "https://b.example:8443")
    with pytest.raises(UsageError, match=r"gateway\.hosts is not a list"):
        config._section(GatewaySettings(), {"gateway": {"hosts": [1]}}, "gateway", {})


def test_files_of_a_gateway_are_beside_its_state() -> None:
    """An absolute one stays what it is; none stays none."""
    found = config._gateway(
        Path("/state"), GatewaySettings(certificate=Path("a.pem"), key=Path("/etc/b.pem"))
    )
    assert (found.certificate, found.key) == (Path("/state/a.pem"), Path("/etc/b.pem"))
    assert config._gateway(Path("/state"), GatewaySettings()).certificate == Path()
