"""What a server gets to see of a path, form by form."""

from __future__ import annotations

import pytest
from cstudio_runner import subpaths

PFX = "/code-studios/P/s/8888"


@pytest.mark.parametrize(
    ("subpath", "rest", "seen"),
    [
        ("/", "/", "/"),
        ("/", "/a/b?x=%2F&y", "/a/b?x=%2F&y"),
        ("/", "/a%2Fb", "/a%2Fb"),
        ("/", "//a//b", "//a//b"),
        ("/", "/?", "/?"),
        ("$request_uri", "/a%2Fb//c?q=1?2", PFX + "/a%2Fb//c?q=1?2"),
        ("/$request_uri", "/a", PFX + "/a"),
        ("$uri$is_args$args", "/a%2Fb//c?q=%2F", PFX + "/a/b/c?q=%2F"),
        ("$uri$is_args$args", "/a/./b/../c/", PFX + "/a/c/"),
        ("$uri$is_args$args", "/%C3%A9%20%3F%25", PFX + "/%C3%A9%20%3F%25"),
        ("$uri$is_args$args", "/a/b/..", PFX + "/a/"),
        ("$uri$is_args$args", "/?", PFX + "/"),
    ],
)
def test_the_target(subpath: str, rest: str, seen: str) -> None:
    assert subpaths.target(subpath, PFX, PFX + rest) == seen


@pytest.mark.parametrize("asked", ["/", PFX, PFX + "0/", PFX + "?x", "/other" + PFX + "/"])
def test_what_is_not_below_the_prefix_has_no_target(asked: str) -> None:
    assert subpaths.target("/", PFX, asked) is None


@pytest.mark.parametrize(
    ("asked", "sent_to"),
    [
        (PFX, PFX + "/"),
        (PFX + "?a=b", PFX + "/?a=b"),
        (PFX + "?", PFX + "/"),
        (PFX + "/", None),
        (PFX + "0", None),
    ],
)
def test_a_missing_slash_is_added_by_a_redirect(asked: str, sent_to: str | None) -> None:
    assert subpaths.redirect(PFX, asked) == sent_to
