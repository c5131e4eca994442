"""What goes back."""

from __future__ import annotations

import json

from cstudio_api.v1 import studios_pb2
from cstudiod.gateway.api import answers, failures
from cstudiod.gateway.api.asking import Refused

FAILURE = failures.Failure(code="not_found", message="gr\u00fcn")


def test_a_message_is_written_as_proto3_has_it_in_json() -> None:
    """Names in lowerCamelCase, enums by name, defaults left out, text as it is."""
    studio = studios_pb2.Studio(
        name="s", state=studios_pb2.Studio.STATE_RUNNING, stage="gr\u00fcn", conflict_count=3
    )
    studio.create_time.FromSeconds(1)
    text = answers.text(studio)
    assert json.loads(text) == {
        "name": "s",
        "state": "STATE_RUNNING",
        "stage": "gr\u00fcn",
        "conflictCount": 3,
        "createTime": "1970-01-01T00:00:01Z",
    }
    assert b"\n" not in text


def test_no_answer_is_kept_or_guessed_at() -> None:
    """By browsers, and by what is between."""
    for one in (answers.once(b"{}"), answers.failed(FAILURE)):
        fields = dict(one.headers)
        assert fields[b"Content-Type"] == b"application/json"
        assert fields[b"Cache-Control"] == b"no-store"
        assert fields[b"X-Content-Type-Options"] == b"nosniff"
    assert dict(answers.STREAM)[b"Content-Type"] == b"application/connect+json"
    assert dict(answers.STREAM)[b"Cache-Control"] == b"no-store"


def test_a_refusal_has_its_status_and_its_fields() -> None:
    """Those of HTTP where HTTP has a word of its own."""
    one = answers.refused(Refused(FAILURE, 405, [(b"Allow", b"POST")]))
    assert (one.status, dict(one.headers)[b"Allow"]) == (405, b"POST")
    assert isinstance(one.body, bytes)
    assert json.loads(one.body) == {"code": "not_found", "message": "gr\u00fcn"}
    assert answers.failed(FAILURE).status == 404


def test_a_stream_ends_with_how_it_went() -> None:
    """Well, or with the reason."""
    assert answers.end() == b"\x02\0\0\0\x02{}"
    last = answers.end(FAILURE)
    assert last[0] == 2
    assert json.loads(last[5:]) == {"error": {"code": "not_found", "message": "gr\u00fcn"}}
    assert answers.HEARTBEAT == b"\0\0\0\0\x02{}"
