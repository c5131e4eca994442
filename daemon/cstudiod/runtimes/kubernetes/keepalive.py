"""Let the system end a connection whose other side has vanished."""

from __future__ import annotations

import socket
from typing import Any

PING_SECONDS = 15
"""A load balancer cuts what is silent for a minute, hence our own pings."""
SILENCE_SECONDS = 60
"""What TCP could not deliver for so long ends the connection."""


def watch(sock: Any) -> None:
    """Set TCP's own watches, as far as the system has them."""
    options = {
        "TCP_NODELAY": 1,
        "TCP_KEEPIDLE": PING_SECONDS,
        "TCP_KEEPINTVL": PING_SECONDS,
        "TCP_KEEPCNT": 3,
        "TCP_USER_TIMEOUT": SILENCE_SECONDS * 1000,  # Linux; elsewhere TCP's own patience
    }
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in options.items():
            if (option := getattr(socket, name, None)) is not None:
                sock.setsockopt(socket.IPPROTO_TCP, option, value)
    except (AttributeError, OSError):
        pass  # no socket any more, or one without TCP
