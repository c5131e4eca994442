"""What a browser may do with the page: run its own scripts, show studios, and no more.

Nothing comes from elsewhere, nothing inline runs, nobody else's page shows it or gets
hold of its window, and its address is told to nobody.
"""

from __future__ import annotations

from cstudiod.gateway.site import Fields

_NOBODY = "'none'"


def fields(studios: str) -> Fields:
    """Return the header fields of every answer.

    Args:
        studios: The origin of the studios that the page may show in itself, another one
            than its own: ``http://127.0.0.1:8080``. Empty: it shows none.
    """
    return (
        (b"Content-Security-Policy", content_security(studios).encode("ascii")),
        (b"X-Content-Type-Options", b"nosniff"),
        (b"X-Frame-Options", b"DENY"),
        (b"Cross-Origin-Opener-Policy", b"same-origin"),
        (b"Cross-Origin-Resource-Policy", b"same-origin"),
        (b"Referrer-Policy", b"no-referrer"),
        (b"Cache-Control", b"no-cache"),
    )


def content_security(studios: str) -> str:
    """Return the page's content security policy."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            # The way to a studio may lead through the page's own host, where a browser is known.
            f"frame-src 'self' {studios}" if studios else f"frame-src {_NOBODY}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ]
    )
