"""What one line becomes; that it means what git means is a property test."""

from __future__ import annotations

import pytest
from cstudio_sync.rules import Rule
from cstudiod.sync.gitignore import Meaningless, lines, rule


@pytest.mark.parametrize(
    ("line", "regex", "exclude", "folders_only"),
    [
        (b"a", "(?:.*/)?a", True, False),
        (b"a/", "(?:.*/)?a", True, True),
        (b"!a/", "(?:.*/)?a", False, True),
        (b"*.pyc", "(?:.*/)?[^/]*\\.pyc", True, False),
        (b"/a", "a", True, False),
        (b"a/b", "a/b", True, False),
        (b"**/a", "(?:.*/)?a", True, False),
        (b"a/**", "a/.*", True, False),
        (b"a/**/b", "a/(?:.*/)?b", True, False),
        (b"a**b", "(?:.*/)?a[^/]*b", True, False),
        (b"a?", "(?:.*/)?a[^/]", True, False),
        (b"[!a]", "(?:.*/)?[\\x00-\\x2e\\x30-\\x60\\x62-\\xff]", True, False),
        (b"[]-]", "(?:.*/)?[\\x2d\\x5d]", True, False),
        (b"\\#a", "(?:.*/)?\\#a", True, False),
        (b"a b  ", "(?:.*/)?a\\ b", True, False),
        (b"\xff", "(?:.*/)?\xff", True, False),
    ],
)
def test_a_line(line: bytes, regex: str, exclude: bool, folders_only: bool) -> None:
    found = rule(line)
    assert found is not None
    assert found == Rule(regex, exclude, folders_only, pattern=found.pattern)


@pytest.mark.parametrize("line", [b"", b"   ", b"#", b"# a"])
def test_a_line_that_says_nothing(line: bytes) -> None:
    assert rule(line) is None


@pytest.mark.parametrize(
    "line", [b"/", b"!", b"!/", b"//", b"a\\", b"[", b"[]", b"[a-", b"[[:x:]]"]
)
def test_a_line_that_nothing_can_match(line: bytes) -> None:
    with pytest.raises(Meaningless):
        rule(line)


def test_the_lines_of_a_file() -> None:
    assert lines(b"\xef\xbb\xbfa\r\nb\n\nc") == [b"a", b"b", b"", b"c"]
