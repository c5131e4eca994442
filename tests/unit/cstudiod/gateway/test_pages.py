"""A fault for people, and for programs."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest
from cstudiod.gateway import faults, pages

BUSY = faults.busy(7)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (b"text/html,application/xhtml+xml;q=0.9,*/*;q=0.8", True),
        (b"application/xhtml+xml", True),
        (b"text/html;q=0", False),
        (b"application/json, */*", False),
        (b"*/*", False),
        (None, False),
    ],
)
def test_who_wants_a_page(accept: bytes | None, expected: bool) -> None:
    """Browsers name HTML, programs do not."""
    assert pages.accepts_html(accept) is expected


def test_programs_get_all_of_it() -> None:
    """One object, `error`."""
    fields, body = pages.answer(BUSY, None, repeats=True)
    assert json.loads(body)["error"] == {
        "status": 503,
        "code": "too_many_connections",
        "title": "Too many connections",
        "message": "7 connections are open, which is the limit",
        "next": "close a tab",
        "evidence": "",
        "state": "",
        "refresh": 5,
        "links": [],
    }
    assert (b"Retry-After", b"5") in fields
    assert (b"Content-Length", str(len(body)).encode()) in fields


@pytest.mark.parametrize(("repeats", "again"), [(True, True), (False, False)])
def test_a_page_loads_itself_again_where_that_does_no_harm(repeats: bool, again: bool) -> None:
    """A form is not sent twice."""
    _, body = pages.answer(BUSY, b"text/html", repeats=repeats)
    assert (b'http-equiv="refresh" content="5"' in body) is again


def test_the_policy_allows_the_one_style_sheet_and_nothing_else() -> None:
    """By its digest: nothing inline is allowed as such."""
    fields, body = pages.answer(BUSY, b"text/html", repeats=True)
    policy = dict(fields)[b"Content-Security-Policy"].decode()
    style = re.search(r"<style>(.*)</style>", body.decode(), re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert b"<script" not in body


def test_nothing_that_was_asked_is_markup() -> None:
    """Paths, names and evidence come from anybody."""
    fault = faults.no_port("<b>", 0, [('"><script>', 'javascript:"')])
    page = pages.page(fault, 0).decode()
    assert "<b>" not in page
    assert "<script" not in page
    assert "&quot;&gt;&lt;script&gt;" in page
