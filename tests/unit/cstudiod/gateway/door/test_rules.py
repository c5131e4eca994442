"""Which requests a page of ours can have made."""

from __future__ import annotations

import pytest
from cstudiod.gateway.door import rules
from cstudiod.gateway.seam import Knock


def _knock(method: str = "GET", **fields: str) -> Knock:
    headers = [
        (name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in fields.items()
    ]
    return Knock(
        method=method, path="/", target="/", headers=headers, authority="localhost", peer="",
        owner=lambda: None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "site", "mode", "is_foreign"),
    [
        ("GET", "", "", False),
        ("GET", "none", "navigate", False),
        ("GET", "same-origin", "cors", False),
        ("GET", "cross-site", "navigate", False),  # a link
        ("GET", "cross-site", "no-cors", True),
        ("GET", "same-site", "cors", True),
        ("POST", "same-origin", "cors", False),
        ("POST", "cross-site", "navigate", True),  # a form
        ("POST", "same-site", "navigate", True),
        ("HEAD", "cross-site", "cors", True),
    ],
)
def test_a_browser_says_from_where_it_asks(
    method: str, site: str, mode: str, is_foreign: bool
) -> None:
    """Others may lead here, and neither read nor change."""
    knock = _knock(method, sec_fetch_site=site, sec_fetch_mode=mode)
    assert (rules.foreign(knock) is not None) is is_foreign


@pytest.mark.parametrize("dest", ["iframe", "frame", "embed", "object", "fencedframe"])
def test_no_page_shows_ours(dest: str) -> None:
    """Whatever it calls that."""
    assert rules.embedded(_knock(sec_fetch_dest=dest)) is not None
    assert rules.embedded(_knock(sec_fetch_dest="document")) is None


def test_a_token_is_the_sessions_own() -> None:
    """Any other one is none."""
    assert rules.tokenless(_knock(x_cstudio_token="abc"), "abc") is None
    for wrong in ("", "ab", "abcd", "ABC", "\xff"):
        assert rules.tokenless(_knock(x_cstudio_token=wrong), "abc") is not None


@pytest.mark.parametrize("name", ["forwarded", "via", "x_forwarded_for", "x_real_ip"])
def test_who_passes_on_says_so(name: str) -> None:
    """So the kernel's word is about somebody else."""
    assert rules.is_passed_on(_knock(**{name: "x"}))
    assert not rules.is_passed_on(_knock(x_forwarded="x"))


def test_only_a_document_is_a_document() -> None:
    """What does not say so is none."""
    assert rules.not_a_document(_knock(sec_fetch_dest="document")) is None
    for dest in ("", "empty", "iframe", "script", "worker"):
        assert rules.not_a_document(_knock(sec_fetch_dest=dest)) is not None
