"""The head of a request: what h11 would let pass and we do not.

Two programs that read one request differently are how requests are smuggled: here
everything is refused that has ever been read in two ways. h11 refuses the rest (several
lengths, strange encodings, two hosts, blanks before a colon).
"""

from __future__ import annotations

import re

import h11

from cstudiod.gateway import faults
from cstudiod.gateway.faults import Refused

HEAD_BYTES = 64 * 1024
END = b"\r\n\r\n"
_FIELDS = 256
_LONE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_FOLDED = re.compile(rb"\r\n[ \t]")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_ABSOLUTE = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)


def parse(head: bytes, server: h11.Connection) -> h11.Request:
    """Return the request of a head, and leave `server` ready for its body.

    Raises:
        Refused: it is not well-formed, or could be read in two ways.
    """
    if _LONE.search(head) or _FOLDED.search(head) or _CONTROL.search(head):
        raise Refused(faults.malformed("the header fields hold what they may not"))
    if head.count(b"\r\n") > _FIELDS:
        raise Refused(faults.malformed("there are too many header fields", 431))
    server.receive_data(head)
    try:
        request = server.next_event()
    except h11.RemoteProtocolError as error:
        raise Refused(faults.malformed(str(error), error.error_status_hint)) from error
    if not isinstance(request, h11.Request):
        raise Refused(faults.malformed("the request is not complete"))
    _check_framing(request)
    return request


def _check_framing(request: h11.Request) -> None:
    names = [name for name, _ in request.headers]
    lengths = b"content-length" in names
    codings = b"transfer-encoding" in names
    if (lengths and codings) or names.count(b"transfer-encoding") > 1:
        raise Refused(faults.malformed("the length of the body is given in two ways"))
    if request.http_version < b"1.1" and (codings or names.count(b"host") != 1):
        raise Refused(faults.malformed("HTTP/1.0 needs a Host and no transfer coding"))
    if request.http_version not in (b"1.0", b"1.1"):
        raise Refused(faults.malformed("this version of HTTP is not spoken", 505))
    if request.method in (b"CONNECT", b"TRACE"):
        raise Refused(faults.malformed("this method is not served", 405))


def target_of(request: h11.Request, host: str) -> str:
    """Return path and query of what is asked for; a proxy's form is reduced to them.

    Raises:
        Refused: it names another host than `host`, or no path.
    """
    target = request.target.decode("ascii")
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is not None:
        if absolute[1].lower() != host.lower():
            raise Refused(faults.unknown_host(absolute[1]))
        target = absolute[2] if absolute[2].startswith("/") else "/" + absolute[2]
    if not target.startswith("/"):
        raise Refused(faults.malformed("a path must be asked for"))
    return target
