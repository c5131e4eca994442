"""How the gateway listens, whom it believes, and how much it bears."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cstudiod.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """Everything that can be set; times are in seconds."""

    host: str = "127.0.0.1"
    """The address to listen on; anything but loopback needs `certificate` and `key`."""
    port: int = 0
    """0: the one of last time, else any that is free."""
    hosts: tuple[str, ...] = ()
    """Names, besides those of loopback, by which browsers may ask (without port)."""
    origins: tuple[str, ...] = ()
    """Foreign origins whose pages may change things: ``https://portal.example``."""
    certificate: Path | None = None
    """PEM, the chain included."""
    key: Path | None = None
    header_seconds: float = 10.0
    """From the first byte of a request to the end of its header fields."""
    idle_seconds: float = 75.0
    """How long a connection may wait for its next request."""
    body_seconds: float = 600.0
    """How long a client may pause within a body."""
    dial_seconds: float = 15.0
    """How long connecting to a studio may take."""
    connections: int = 2000
    """Of clients; beyond, the one that idles longest makes room."""
    studio_connections: int = 256
    """To one studio, WebSockets included."""

    @property
    def is_secure(self) -> bool:
        """Whether it speaks TLS."""
        return self.certificate is not None


def check(settings: GatewaySettings) -> None:
    """Refuse settings that would put studios on a network unprotected.

    Raises:
        UsageError: not on loopback and without TLS, or TLS by half.
    """
    if (settings.certificate is None) != (settings.key is None):
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
