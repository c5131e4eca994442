"""Requests that are calls, and why others are none."""

from __future__ import annotations

import dataclasses

import pytest
from cstudio_api.v1 import studios_pb2
from cstudiod.gateway.api import asking
from cstudiod.gateway.api.asking import OFTEN, ONCE, Call, Refused
from cstudiod.gateway.api.envelopes import packed
from cstudiod.gateway.api.methods import of_the_contract
from cstudiod.gateway.site import Ask

METHODS = of_the_contract()
LIST = "/api/cstudio.v1.Studios/ListStudios"
WATCH = "/api/cstudio.v1.Studios/WatchStudios"
EXEC = "/api/cstudio.v1.Studios/ExecuteInStudio"


def ask(path: str = LIST, body: bytes = b"{}", *, method: str = "POST", **fields: str) -> Ask:
    headers = {"content_type": OFTEN if path in (WATCH, EXEC) else ONCE, **fields}
    return Ask(
        method=method,
        path=path,
        body=body,
        headers=[
            (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
        ],
    )


def read(one: Ask) -> Call:
    return asking.read(one, METHODS)


def refusal(one: Ask) -> tuple[int, str]:
    with pytest.raises(Refused) as caught:
        asking.parsed(read(one))
    return caught.value.status, caught.value.failure.code


def test_a_call_that_answers_once() -> None:
    """JSON in the body, a deadline in the head."""
    one = read(ask(body=b'{"project": "P", "pageSize": 7}', connect_timeout_ms="1500"))
    assert (one.method.path, one.seconds) == ("/cstudio.v1.Studios/ListStudios", 1.5)
    assert asking.parsed(one) == studios_pb2.ListStudiosRequest(project="P", page_size=7)


def test_a_call_that_answers_often() -> None:
    """One message in an envelope."""
    one = read(ask(WATCH, packed(b'{"resume_token": "t"}'), connect_protocol_version="1"))
    assert asking.parsed(one) == studios_pb2.WatchStudiosRequest(resume_token="t")
    assert one.seconds is None


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
def test_how_a_content_type_is_written_does_not_matter(kind: str) -> None:
    """UTF-8 may be said, nothing else."""
    assert read(ask(content_type=kind)).method is METHODS[LIST.removeprefix("/api")]


@pytest.mark.parametrize(
    ("one", "status", "code"),
    [
        (ask("/api/cstudio.v1.Studios/Nothing"), 404, "unimplemented"),
        (ask("/api/grpc.health.v1.Health/Check"), 404, "unimplemented"),
        (ask("/api/grpc.reflection.v1alpha.ServerReflection/X"), 404, "unimplemented"),
        (ask("/cstudio.v1.Studios/ListStudios"), 404, "unimplemented"),
        (ask("/apicstudio.v1.Studios/ListStudios"), 404, "unimplemented"),
        (ask("/api/"), 404, "unimplemented"),
        (ask(LIST + "/"), 404, "unimplemented"),
        (ask(method="GET"), 405, "invalid_argument"),
        (ask(method="OPTIONS"), 405, "invalid_argument"),
        (ask(content_type=""), 415, "invalid_argument"),
        (ask(content_type="text/plain"), 415, "invalid_argument"),
        (ask(content_type="application/x-www-form-urlencoded"), 415, "invalid_argument"),
        (ask(content_type="application/proto"), 415, "invalid_argument"),
        (ask(content_type="application/json; charset=latin-1"), 415, "invalid_argument"),
        (ask(content_type=OFTEN), 415, "invalid_argument"),
        (ask(WATCH, packed(b"{}"), content_type=ONCE), 415, "invalid_argument"),
        (ask(EXEC, packed(b"{}")), 501, "unimplemented"),
        (ask(connect_protocol_version="2"), 400, "invalid_argument"),
        (ask(content_encoding="gzip"), 501, "unimplemented"),
        (ask(WATCH, packed(b"{}"), connect_content_encoding="gzip"), 501, "unimplemented"),
        (ask(connect_timeout_ms="-1"), 400, "invalid_argument"),
        (ask(connect_timeout_ms="1e3"), 400, "invalid_argument"),
        (ask(connect_timeout_ms="12345678901"), 400, "invalid_argument"),
        (ask(WATCH, b"{}"), 400, "invalid_argument"),
        (ask(body=b""), 400, "invalid_argument"),
        (ask(body=b"  "), 400, "invalid_argument"),
        (ask(body=b"[]"), 400, "invalid_argument"),
        (ask(body=b'"{}"'), 400, "invalid_argument"),
        (ask(body=b"null"), 400, "invalid_argument"),
        (ask(body=b"{"), 400, "invalid_argument"),
        (ask(body=b'{"proyect": "P"}'), 400, "invalid_argument"),
        (ask(body=b'{"project": 7}'), 400, "invalid_argument"),
        (ask(body=b'{"pageSize": 99999999999}'), 400, "invalid_argument"),
        (ask(body=b'{"project": "\xff"}'), 400, "invalid_argument"),
        (ask(body=b"[" * 100_000), 400, "invalid_argument"),
        (ask(body=b'{"pageSize": ' + b"9" * 5000 + b"}"), 400, "invalid_argument"),
    ],
)  # fmt: skip
def test_what_is_no_call_is_refused(one: Ask, status: int, code: str) -> None:
    """With the status and the code that the protocol has for it, and never with our failure."""
    assert refusal(one) == (status, code)


def test_a_refusal_says_what_would_be_taken() -> None:
    """In the head, as HTTP has it."""
    with pytest.raises(Refused) as kind:
        read(ask(content_type="text/plain"))
    assert kind.value.headers == [(b"Accept-Post", b"application/json")]
    with pytest.raises(Refused) as method:
        read(ask(method="PUT"))
    assert method.value.headers == [(b"Allow", b"POST")]


def test_a_long_mistake_is_told_in_short() -> None:
    """What a stranger sent is not sent back whole."""
    one = dataclasses.replace(ask(), body=b'{"' + b"x" * 9000 + b'": 1}')
    with pytest.raises(Refused) as caught:
        asking.parsed(read(one))
    assert len(caught.value.failure.message) < 400
