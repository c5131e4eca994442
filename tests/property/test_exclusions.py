"""Invariant 12: exclusions are evaluated as git walks, and git is the judge."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest
from cstudio_sync.rules import Rules, compile
from cstudiod.sync.exclusions import build
from hypothesis import example, given
from hypothesis import strategies as st
from support.git import IgnoringRepository

_NAMES = (b"a", b"b", b"ab", b"a.b", b"A", b"1", b" a", b"a ", b"*", b"[a]", b"#a", b"!a", b"\\")
_ODD = (b"\xff", "é".encode(), b"a-b", b"a]b", b"\ta", b"a\t", b"-", b"~")
FOLDERS = [
    b"/".join(parts)
    for depth in (1, 2, 3)
    for parts in itertools.product((b"d", b"ab"), repeat=depth)
]
FILES = [
    *(b"/".join(parts) for parts in itertools.product((b"d", b"ab"), set(_NAMES) - {b"ab"})),
    *(b"d/d/" + name for name in _NAMES if name != b"ab"),
    *(b"ab/d/" + name for name in _NAMES if name != b"ab"),
    *(name for name in _NAMES if name != b"ab"),
    *_ODD,
    *(b"d/" + name for name in _ODD),
]

_PIECES = (
    b"a", b"b", b"d", b"ab", b"1", b".", b"A", b"-", b" ", b"\t", b"#", b"!", b"~", b"\xff",
    "é".encode(), b"*", b"*", b"**", b"***", b"?", b"/", b"/", b"**/", b"/**", b"/**/",
    b"\\", b"\\a", b"\\*", b"\\ ", b"\\#", b"\\!", b"\\/", b"]", b"[", b"[]",
    b"[ab]", b"[!a]", b"[^a-c]", b"[]a]", b"[!]a]", b"[a\\]b]", b"[b-]", b"[a-]", b"[-a]",
    b"[[:alpha:]]", b"[[:upper:]b]", b"[![:alnum:]]", b"[[:nope:]]", b"[[:a]", b"[a/]",
    b"[\\a-b]", b"[a-\\b]", b"[b-a]", b"[[]", b"[\x80-\xff]", b"[ -~]", b"[*]", b"[?]", b"[!/]",
)  # fmt: skip
_REALISTIC = (
    b"d/", b"/d", b"d/d", b"/d/ab/", b"*.b", b"d/*", b"d/**", b"**/ab", b"d/**/a", b"ab/**/",
    b"*", b"*/", b"/*", b"**", b"**/", b"/**", b"a*", b"?", b"d/*/a", b"/*/ab", b"a**b", b"d**/a",
)  # fmt: skip
_pieces = st.sampled_from(_PIECES)
_realistic = st.sampled_from(_REALISTIC)
_patterns = st.one_of(_realistic, st.lists(_pieces, min_size=1, max_size=5).map(b"".join))
_lines = st.lists(_patterns, min_size=1, max_size=3)
_no_negation = _lines.map(lambda lines: [line.lstrip(b"!") for line in lines])
_with_negation = st.lists(
    st.one_of(_patterns, _realistic.map(lambda line: b"!" + line)), min_size=1, max_size=4
)
_nested = st.dictionaries(st.sampled_from([b"", b"d", b"ab", b"d/ab", b"d/d/d"]), _with_negation)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> IgnoringRepository:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    return IgnoringRepository(Path(tmp_path_factory.mktemp("judge")) / "r", FILES, FOLDERS)


def excluded(rules: Rules) -> set[bytes]:
    matcher = compile(rules)
    return {path for path in FOLDERS if matcher.excluded(path, True)} | {
        path for path in FILES if matcher.excluded(path, False)
    }


@given(_no_negation)
@example([b"ab/**/"])
@example([b"a**/b"])
@example([b"[a-"])
@example([b"d/[!a]"])
@example([b"/d[!b]a"])
@example([b"a\t", b"a  ", b"\\ a"])
def test_invariant_12_git_agrees_on_lines_without_negation(
    repository: IgnoringRepository, lines: list[bytes]
) -> None:
    content = b"\n".join(lines)
    assert excluded(build([], {b"": content}, False)) == repository.ignored({b"": content})


@given(_with_negation)
@example([b"*.b", b"!d"])
@example([b"d/", b"!d/a"])
@example([b"d/*", b"!d/a"])
def test_invariant_12_git_agrees_on_lines_with_negation(
    repository: IgnoringRepository, lines: list[bytes]
) -> None:
    content = b"\r\n".join(lines) + b"\n"
    assert excluded(build([], {b"": content}, False)) == repository.ignored({b"": content})


@given(_nested)
def test_invariant_12_git_agrees_on_nested_files(
    repository: IgnoringRepository, nested: dict[bytes, list[bytes]]
) -> None:
    files = {folder: b"\n".join(lines) for folder, lines in nested.items()}
    assert excluded(build([], files, False)) == repository.ignored(files)


@given(_nested, st.lists(_with_negation, max_size=1), st.booleans())
def test_invariant_12_the_fast_matcher_is_the_slow_one(
    nested: dict[bytes, list[bytes]], own: list[list[bytes]], defaults: bool
) -> None:
    """Sets, suffixes and combined expressions decide as rule after rule does."""
    files = {folder: b"\n".join(lines) for folder, lines in nested.items()}
    patterns = [("own", line.decode("utf-8", "surrogateescape")) for line in itertools.chain(*own)]
    matcher = compile(build(patterns, files, defaults))
    for path, is_folder in [*((f, True) for f in FOLDERS), *((f, False) for f in FILES)]:
        rule = matcher.deciding_rule(path, is_folder)
        assert matcher.excluded(path, is_folder) == (rule is not None and rule.exclude)


@given(_nested, st.booleans())
def test_rules_survive_the_wire(nested: dict[bytes, list[bytes]], defaults: bool) -> None:
    rules = build([], {f: b"\n".join(lines) for f, lines in nested.items()}, defaults)
    assert Rules.from_dict(rules.to_dict()) == rules
