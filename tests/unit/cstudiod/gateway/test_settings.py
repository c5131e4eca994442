"""Where the gateway may listen."""

from __future__ import annotations

from pathlib import Path

import pytest
from cstudiod.errors import UsageError
from cstudiod.gateway import settings
from cstudiod.gateway.settings import GatewaySettings

PEM = Path("x.pem")


@pytest.mark.parametrize(
    "fine",
    [
        GatewaySettings(),
        GatewaySettings(host="localhost"),
        GatewaySettings(host="127.0.0.2"),
        GatewaySettings(host="::1"),
        GatewaySettings(host="0.0.0.0", certificate=PEM, key=PEM),
    ],
)
def test_loopback_or_tls(fine: GatewaySettings) -> None:
    """Either nobody else sees it, or nobody else can read it."""
    settings.check(fine)


@pytest.mark.parametrize(
    "wrong",
    [
        GatewaySettings(host="0.0.0.0"),
        GatewaySettings(host=""),
        GatewaySettings(host="::"),
        GatewaySettings(host="10.0.0.1"),
        GatewaySettings(host="studios.example"),
        GatewaySettings(certificate=PEM),
        GatewaySettings(key=PEM),
    ],
)
def test_nothing_between(wrong: GatewaySettings) -> None:
    """A name may be anybody's address."""
    with pytest.raises(UsageError):
        settings.check(wrong)
