"""From an HTTP request to a call of the daemon, or to the reason why it is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from google.protobuf import json_format
from google.protobuf.message import Message

from cstudiod.gateway.api import envelopes, failures
from cstudiod.gateway.api.failures import Failure
from cstudiod.gateway.api.methods import Method
from cstudiod.gateway.site import Ask, Fields

PREFIX = "/api"
ONCE = "application/json"
OFTEN = "application/connect+json"
_TIMEOUT = re.compile(r"[0-9]{1,10}")
_LONGEST_SHOWN = 300


class Refused(Exception):
    """A request is no call."""

    def __init__(self, failure: Failure, status: int = 0, headers: Fields = ()) -> None:
        """`status`: of HTTP, where it is not the failure's."""
        super().__init__(failure.message)
        self.failure = failure
        self.status = status or failure.status
        self.headers = headers


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is to be called, and how long it may take; its message is still JSON."""

    method: Method
    body: bytes
    seconds: float | None


def read(ask: Ask, methods: Mapping[str, Method]) -> Call:
    """Return the call that a request asks for.

    Raises:
        Refused: it asks for none.
    """
    method = _method(ask, methods)
    fields = {name: value.decode("latin-1").strip() for name, value in ask.headers}
    _check_kind(fields.get(b"content-type", ""), method)
    if method.is_talk:
        raise Refused(
            failures.ours(
                "unimplemented",
                "INVALID_ARGUMENT",
                f"{method.path.rpartition('/')[2]} is a talk in both directions, which HTTP/1.1"
                " cannot carry",
                next="call it by gRPC, or run a command with Actions/RunAction",
            )
        )
    return Call(
        method=method,
        body=_message(ask.body, fields, method),
        seconds=_seconds(fields.get(b"connect-timeout-ms")),
    )


def parsed(call: Call) -> Message:
    """Return the request's message.

    Raises:
        Refused: it is not one, and why.
    """
    message = call.method.request()
    name = call.method.request.DESCRIPTOR.name
    if not call.body.lstrip().startswith(b"{"):
        raise _not_meant(f"the body must be a {name}, an object in JSON: {{}} at least")
    try:
        return json_format.Parse(call.body, message)
    except (json_format.ParseError, UnicodeDecodeError, RecursionError) as error:
        why = str(error)[:_LONGEST_SHOWN]
        raise _not_meant(f"the body is not a {name} in JSON: {why}") from error


def _method(ask: Ask, methods: Mapping[str, Method]) -> Method:
    method = methods.get(ask.path.removeprefix(PREFIX)) if ask.path.startswith(PREFIX) else None
    if method is None:
        unknown = failures.ours(
            "unimplemented",
            "NOT_FOUND",
            f"there is no method at `{ask.path}`",
            next="POST /api/cstudio.v1.Studios/ListStudios, for one",
        )
        raise Refused(unknown, 404)
    if ask.method != "POST":
        failure = _not_meant("methods are called by POST").failure
        raise Refused(failure, 405, [(b"Allow", b"POST")])
    return method


def _check_kind(given: str, method: Method) -> None:
    often = method.answers_often or method.is_talk
    wanted = OFTEN if often else ONCE
    kind, _, parameter = given.partition(";")
    charset = parameter.strip().lower().replace('"', "")
    if kind.strip().lower() == wanted and charset in ("", "charset=utf-8"):
        return
    said = f"this method takes the content type {wanted}, not `{given[:80]}`"
    accepted = [(b"Accept-Post", wanted.encode("ascii"))]
    raise Refused(_not_meant(said).failure, 415, accepted)


def _message(body: bytes, fields: Mapping[bytes, str], method: Method) -> bytes:
    version = fields.get(b"connect-protocol-version", "1")
    if version != "1":
        raise _not_meant(f"this server speaks version 1 of Connect, not `{version[:20]}`")
    name = b"connect-content-encoding" if method.answers_often else b"content-encoding"
    coding = fields.get(name, "identity").lower() or "identity"
    if coding != "identity":
        said = f"this server takes no `{coding[:20]}` bodies: send it as it is"
        raise Refused(failures.ours("unimplemented", "INVALID_ARGUMENT", said))
    if not method.answers_often:
        return body
    try:
        return envelopes.the_one(body)
    except envelopes.NotOne as error:
        raise _not_meant(str(error)) from error


def _seconds(given: str | None) -> float | None:
    if given is None:
        return None
    if not _TIMEOUT.fullmatch(given):
        raise _not_meant("connect-timeout-ms is a number of milliseconds of at most ten digits")
    return int(given) / 1000


def _not_meant(message: str) -> Refused:
    return Refused(failures.ours("invalid_argument", "INVALID_ARGUMENT", message))
