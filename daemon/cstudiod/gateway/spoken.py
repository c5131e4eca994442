"""What the gateway says by itself, as bytes: faults, redirects, and a site's answers."""

from __future__ import annotations

from collections.abc import Sequence

import h11

from cstudiod.gateway import headers, pages
from cstudiod.gateway.faults import Fault
from cstudiod.gateway.routes import Redirect

_BODILESS = (204, 304)


def fault(
    server: h11.Connection, request: h11.Request | None, said: Fault, framers: Sequence[str] = ()
) -> bytes:
    """Return a fault's answer; nothing of the request's own body is read any more.

    Args:
        server: Our side towards the browser.
        request: What was asked, as far as it was understood.
        said: What went wrong.
        framers: Origins, besides ours, whose pages may show it.
    """
    asked = [] if request is None else list(request.headers)
    method = b"GET" if request is None else request.method
    repeats = request is not None and method in (b"GET", b"HEAD")
    fields, body = pages.answer(
        said, headers.value_of(asked, b"accept"), repeats=repeats, framers=framers
    )
    return whole(server, method, said.status, fields, body)


def redirect(server: h11.Connection, request: h11.Request, to: Redirect) -> bytes:
    """Return the answer that sends a browser elsewhere; the method stays what it is."""
    is_changed = to.status == 301 and request.method not in (b"GET", b"HEAD")
    status = 308 if is_changed else to.status
    fields = [(b"Location", to.location.encode("ascii"))]
    return whole(server, request.method, status, fields, b"")


def whole(
    server: h11.Connection,
    method: bytes,
    status: int,
    fields: Sequence[tuple[bytes, bytes]],
    body: bytes,
) -> bytes:
    """Return an answer whose body is there, with its length.

    Raises:
        h11.LocalProtocolError: a field cannot be sent.
    """
    sent = head(server, status, [*fields, *_length(status, fields, body)])
    if method != b"HEAD" and body:
        sent += server.send(h11.Data(data=body)) or b""
    return sent + (server.send(h11.EndOfMessage()) or b"")


def head(server: h11.Connection, status: int, fields: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return the head of an answer; without a length, its pieces are chunked."""
    return server.send(h11.Response(status_code=status, headers=list(fields))) or b""


def _length(
    status: int, fields: Sequence[tuple[bytes, bytes]], body: bytes
) -> list[tuple[bytes, bytes]]:
    if status in _BODILESS or headers.value_of(fields, b"content-length") is not None:
        return []
    return [(b"Content-Length", str(len(body)).encode())]


def is_over(server: h11.Connection) -> bool:
    """Tell whether the connection can serve no further request."""
    if server.our_state is h11.DONE and server.their_state is h11.SEND_BODY:
        try:
            server.next_event()  # the end of a request without a body is an event too
        except h11.RemoteProtocolError:
            return True
    return (server.our_state, server.their_state) != (h11.DONE, h11.DONE)
