"""What goes back: one message, a stream of them, or why there is none."""

from __future__ import annotations

import json

from google.protobuf import json_format
from google.protobuf.message import Message

from cstudiod.gateway.api import envelopes
from cstudiod.gateway.api.asking import OFTEN, ONCE, Refused
from cstudiod.gateway.api.failures import Failure
from cstudiod.gateway.site import Answer, Fields

_ALWAYS: Fields = (
    (b"Cache-Control", b"no-store"),
    (b"X-Content-Type-Options", b"nosniff"),
    (b"Cross-Origin-Resource-Policy", b"same-origin"),
)
STREAM: Fields = ((b"Content-Type", OFTEN.encode("ascii")), *_ALWAYS)
HEARTBEAT = envelopes.packed(b"{}")
"""A message with nothing in it: there was nothing to tell for a while."""


def text(message: Message) -> bytes:
    """Return a message in JSON; fields that have their default value are left out."""
    return json_format.MessageToJson(message, indent=None, ensure_ascii=False).encode("utf-8")


def once(body: bytes) -> Answer:
    """Return the answer of a method that answers once."""
    return Answer(headers=_headers(), body=body)


def failed(failure: Failure) -> Answer:
    """Return why there is no such answer."""
    return refused(Refused(failure))


def refused(why: Refused) -> Answer:
    """Return why a request was no call."""
    return Answer(
        status=why.status,
        headers=(*_headers(), *why.headers),
        body=json.dumps(why.failure.plain(), ensure_ascii=False).encode("utf-8"),
    )


def end(failure: Failure | None = None) -> bytes:
    """Return a stream's last message."""
    told = {"error": failure.plain()} if failure else {}
    return envelopes.ended(json.dumps(told, ensure_ascii=False).encode("utf-8"))


def _headers() -> Fields:
    return ((b"Content-Type", ONCE.encode("ascii")), *_ALWAYS)
