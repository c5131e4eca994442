"""From lines that people write to rules: sources, order, defaults, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from cstudio_sync.entries import FOLDER_ENTRY
from cstudio_sync.rules import Rules, compile
from cstudiod.errors import UsageError
from cstudiod.store.ancestor import Ancestor, Row
from cstudiod.sync.exclusions import DEFAULT_PATTERNS, build, check, forget_excluded


def own(*lines: str) -> list[tuple[str, str]]:
    return [("--exclude", line) for line in lines]


def is_excluded(rules: Rules, path: str, is_folder: bool = False) -> bool:
    return compile(rules).excluded(path.encode(), is_folder)


@pytest.mark.parametrize(
    "line", ["*.log", "build/", "/x", "!keep", "", "# note", "  ", "\\#x", "é"]
)
def test_a_line_that_means_something_is_taken(line: str) -> None:
    check([line])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("/", "names nothing"),
        ("!", "names nothing"),
        ("a\\", "ends in a backslash"),
        ("[a", "is not closed"),
        ("[[:alpha:]", "is not closed"),
        ("[[:letters:]]", "no class '[:letters:]'"),
        ("[/]", "no members"),
    ],
)
def test_a_line_that_nothing_can_match_is_refused_by_name(line: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        check(["fine", line])
    assert f"`{line}`" in caught.value.message
    assert says in caught.value.message
    assert caught.value.reason == "INVALID_PATTERN"


def test_such_a_line_in_a_file_is_left_out_as_git_does() -> None:
    rules = build([], {b"": b"[a\n*.log\n"}, False)
    assert [rule.source for rule in rules.rules] == [".gitignore:2"]


@pytest.mark.parametrize(
    ("path", "is_folder"),
    [
        (".git", True),
        ("sub/.git", False),
        (".git/index", False),
        ("a/__pycache__", True),
        ("a/b.pyc", False),
        ("node_modules/x/y.js", False),
        (".ipynb_checkpoints", True),
        (".venv", True),
        (".DS_Store", False),
        ("src/.main.py.swp", False),
        ("src/4913", False),
        ("src/main.py~", False),
        ("src/.#main.py", False),
        ("src/main.py___jb_tmp___", False),
        ("src/main.py___jb_old___", False),
    ],
)
def test_defaults_leave_out_what_is_not_worth_a_trip(path: str, is_folder: bool) -> None:
    assert is_excluded(build([], {}, True), path, is_folder)
    assert not is_excluded(build([], {}, False), path, is_folder)


@pytest.mark.parametrize(
    ("path", "is_folder"),
    [(".gitignore", False), (".github", True), ("build", True), ("dist", True), (".env", False),
     ("node_modules", False), ("pycache", True), (".vscode", True), ("a.swf", False)],
)  # fmt: skip
def test_defaults_leave_alone_what_people_mean_to_sync(path: str, is_folder: bool) -> None:
    assert not is_excluded(build([], {}, True), path, is_folder)


def test_every_default_has_a_reason_and_excludes() -> None:
    assert all(reason for _, reason in DEFAULT_PATTERNS)
    assert not any(line.startswith("!") for line, _ in DEFAULT_PATTERNS)
    check(line for line, _ in DEFAULT_PATTERNS)


def test_defaults_need_no_regular_expression_at_run_time() -> None:
    groups = compile(build([], {}, True))._groups
    assert all(search is None for *_, search in (*groups.files, *groups.folders))


def test_an_own_pattern_brings_a_default_back() -> None:
    rules = build(own("!.venv/"), {}, True)
    assert not is_excluded(rules, ".venv", True)
    assert is_excluded(rules, "node_modules", True)


def test_own_patterns_decide_after_gitignore_files() -> None:
    rules = build(own("!a/keep.log"), {b"": b"*.log\n", b"a": b"*.txt\n"}, False)
    assert is_excluded(rules, "b/keep.log")
    assert is_excluded(rules, "a/x.txt")
    assert not is_excluded(rules, "a/keep.log")


def test_deeper_gitignore_files_decide_after_shallower_ones() -> None:
    rules = build([], {b"a/b": b"!x\n", b"": b"x\n", b"a": b"x\n"}, False)
    assert is_excluded(rules, "a/x")
    assert not is_excluded(rules, "a/b/x")


def test_a_rule_remembers_the_line_and_where_it_stands() -> None:
    rules = build(own("*.log"), {b"a\xff": b"# note\n\n/b*r  \n"}, False)
    assert [(rule.pattern, rule.source) for rule in rules.rules] == [
        ("/b*r", "a\\xff/.gitignore:3"),
        ("*.log", "--exclude"),
    ]


def test_lines_are_read_as_git_reads_them() -> None:
    content = b"\xef\xbb\xbffirst\r\n  second\nthird  \nfourth\\ \n\xffifth"
    rules = build([], {b"": content}, False)
    for name in (b"first", b"  second", b"third", b"fourth ", b"\xffifth"):
        assert compile(rules).excluded(name, False), name


def test_names_that_are_no_text_can_be_written() -> None:
    line = b"\xff*".decode("utf-8", "surrogateescape")
    assert compile(build(own(line), {}, False)).excluded(b"\xff\xfe", False)


def test_what_other_rules_exclude_is_forgotten(tmp_path: Path) -> None:
    """Once for the same rules; again after others, and after all was forgotten."""
    ancestor = Ancestor(tmp_path / "a.db")

    def left(*lines: str) -> set[bytes]:
        forget_excluded(ancestor, build(own(*lines), {}, defaults=False))
        return {path for path, _ in ancestor.everything()}

    def remember() -> None:
        ancestor.commit([(path, Row(FOLDER_ENTRY, b"", b"")) for path in (b"a", b"a/b", b"c")])

    remember()
    assert left("x") == {b"a", b"a/b", b"c"}
    assert left("a") == {b"c"}
    remember()
    assert left("a") == {b"a", b"a/b", b"c"}, "no walk for the same rules"
    assert left("b") == {b"a", b"c"}
    ancestor.forget()
    remember()
    assert left("b") == {b"a", b"c"}
