"""Whether the gateway may listen as it is told to."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from cstudiod.config import GatewaySettings as GatewaySettings  # what can be set stands there
from cstudiod.errors import UsageError


def check(settings: GatewaySettings) -> None:
    """Refuse settings that would put studios on a network unprotected.

    Raises:
        UsageError: not on loopback and without TLS, or TLS by half.
    """
    if (settings.certificate == Path()) != (settings.key == Path()):
        raise UsageError(
            "the gateway has a certificate without a key, or a key without a certificate",
            next="set both gateway.certificate and gateway.key",
        )
    if not settings.is_secure and not is_loopback(settings.host):
        raise UsageError(
            f"the gateway would listen on {settings.host}, where others see it, without TLS",
            next="set gateway.certificate and gateway.key, or gateway.host to 127.0.0.1",
        )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach that address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
