"""How builds reach packages where the world is closed."""

from __future__ import annotations

import pytest
from cstudiod.builders import reach
from cstudiod.builders.reach import Bundle
from cstudiod.config import BuildSettings

THERE = {"/pip.pem", "/ssl.pem", "/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem"}


@pytest.mark.parametrize(
    ("setting", "environment", "bundle"),
    [
        (
            "auto",
            {"PIP_CERT": "/pip.pem", "SSL_CERT_FILE": "/ssl.pem"},
            Bundle(path="/pip.pem"),
        ),
        (
            "auto",
            {"PIP_CERT": "/gone", "SSL_CERT_FILE": "/ssl.pem"},
            Bundle(path="/ssl.pem"),
        ),
        ("auto", {}, Bundle(path="/etc/ssl/certs/ca-certificates.crt")),
        ("none", {"PIP_CERT": "/pip.pem"}, Bundle()),
        ("/mine.pem", {"PIP_CERT": "/pip.pem"}, Bundle(path="/mine.pem")),
    ],
)
def test_the_certificates_are_the_chosen_ones_or_this_machines(
    setting: str, environment: dict[str, str], bundle: Bundle
) -> None:
    """A file that is named but not there is seen by whoever reads it."""
    assert reach.ca_bundle(setting, environment, THERE.__contains__) == bundle


def test_without_any_bundle_there_is_none() -> None:
    """Programs use what they bring along."""
    assert reach.ca_bundle("auto", {}, lambda _: False) == Bundle()


def test_pip_installs_nowhere_else_and_asks_nobody() -> None:
    """The daemon's own PIP_* stay, save those that lead elsewhere."""
    own = {"PIP_INDEX_URL": "http://own", "PIP_TARGET": "/x", "PYTHONPATH": "/y", "HOME": "/h"}
    made = reach.pip_environment(BuildSettings(), own, Bundle())
    assert made["PIP_INDEX_URL"] == "http://own"
    assert made["HOME"] == "/h"
    assert {"PIP_TARGET", "PYTHONPATH", "PIP_CERT"}.isdisjoint(made)


def test_settings_are_stronger_than_the_environment() -> None:
    """A wheelhouse is the only source."""
    settings = BuildSettings(
        pip_index_url="http://set", wheelhouse="/wheels", proxy={"https": "http://proxy"}
    )
    made = reach.pip_environment(settings, {"PIP_INDEX_URL": "http://own"}, Bundle(path="/ca"))
    assert made["PIP_INDEX_URL"] == "http://set"
    assert made["PIP_NO_INDEX"] == "1"
    assert made["PIP_FIND_LINKS"] == "/wheels"
    assert made["HTTPS_PROXY"] == made["https_proxy"] == "http://proxy"
    assert "HTTP_PROXY" not in made
    assert made["PIP_CERT"] == "/ca"
