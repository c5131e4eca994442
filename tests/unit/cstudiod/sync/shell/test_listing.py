"""What `find` and `stat` print is believed only when it all fits."""

from __future__ import annotations

import pytest
from cstudio_sync.entries import FILE, FOLDER, LINK, Problem
from cstudio_sync.paths import PathRefused
from cstudiod.sync.shell.listing import Mismatch, children, parse

DEVICE = 7


def _output(
    *entries: tuple[bytes, str], now: int = 1000, blind: bytes = b"", said: bytes = b""
) -> bytes:
    names = b"".join(name + b"\0" for name, _ in entries) + b"\0"
    stats = b"".join(fields.encode() + b" " + name + b"\n" for name, fields in entries if fields)
    head = b"%d holder\0" % now + blind + b"\0"
    return head + (names + stats + b"\0" if entries else b"") + b"\0" + said + b"\0"


FOLDER_D = (b"./d", "41ed 40 900 900 2 7")
FILE_F = (b"./d/f", "81a4 5 900 901 3 7")
LINK_L = (b"./l", "a1ff 1 900 900 4 7")


def test_kinds_and_numbers_are_read() -> None:
    """The usual case."""
    whole = parse(_output(FOLDER_D, FILE_F, LINK_L), DEVICE)
    assert {path: one.kind for path, one in whole.found.items()} == {
        b"d": FOLDER,
        b"d/f": FILE,
        b"l": LINK,
    }
    assert whole.found[b"d/f"].size == 5
    assert [folder for folder, _ in children(whole)] == [b"", b"d"]


def test_a_name_may_hold_line_breaks_and_spaces() -> None:
    """The name is known by itself, so what it holds does no harm."""
    odd = b"./new\nline 81a4 5"
    whole = parse(_output((odd, "81a4 5 900 900 3 7")), DEVICE)
    assert set(whole.found) == {b"new\nline 81a4 5"}


@pytest.mark.parametrize(
    ("fields", "problem"),
    [("11a4 0 1 1 3 7", Problem.SPECIAL_FILE), ("41ed 0 1 1 3 8", Problem.OTHER_FILE_SYSTEM)],
)
def test_what_cannot_be_synced_is_a_problem(fields: str, problem: str) -> None:
    """FIFOs, and file systems mounted below the root."""
    whole = parse(_output((b"./x", fields)), DEVICE)
    assert whole.found[b"x"].problem == problem


def test_an_unreadable_folder_is_unknown() -> None:
    """What is below it is not taken for deleted."""
    whole = parse(_output(FOLDER_D, blind=b"./d\0"), DEVICE)
    assert whole.found[b"d"].problem == Problem.UNREADABLE


def test_what_changed_lately_gets_a_stamp_that_never_matches() -> None:
    """Times come in whole seconds: a second edit in the same one must be found."""
    whole = parse(_output(FILE_F, now=902), DEVICE)
    one = whole.found[b"d/f"]
    assert whole.is_racy(one)
    assert whole.stamp_of(one) != one.true_stamp


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"1000 \0",
        b"1000 \0\0",
        _output(FOLDER_D)[:-1],
        _output(FOLDER_D)[:-4],
        _output((b"./d", "41ed 40 x 900 2 7")),
        b"x\0" + _output(FOLDER_D)[5:],
        _output(FOLDER_D, said=b"find: ./d: Input/output error\n"),
        _output(FOLDER_D, said=b"find: ./d: Permission denied\n"),
        _output(FOLDER_D).replace(b"./d\n", b"./e\n"),
    ],
)
def test_what_does_not_fit_is_listed_again(output: bytes) -> None:
    """The tree changed in between, or somebody lies."""
    with pytest.raises(Mismatch):
        parse(output, DEVICE)


def test_a_name_without_numbers_went_away() -> None:
    """Between the two programs that looked."""
    whole = parse(_output((b"./gone", ""), FILE_F, said=b"stat: ./gone: No such file\n"), DEVICE)
    assert set(whole.found) == {b"d/f"}
    assert whole.holder == "holder"


def test_an_empty_tree_is_empty() -> None:
    """And no mistake."""
    assert parse(_output(), DEVICE).found == {}


def test_a_folder_without_rights_may_be_complained_about() -> None:
    """It is listed as one of which nothing is known, so nothing below is taken for gone."""
    whole = parse(_output(FOLDER_D, blind=b"./d\0", said=b"find: Permission denied\n"), DEVICE)
    trouble = whole.trouble_above(b"d/f/x")
    assert trouble is not None
    assert trouble.path == b"d"


@pytest.mark.parametrize("fields", ["81a4 99999999999999999999 1 1 3 7", "81a4 -1 1 1 3 7"])
def test_impossible_numbers_are_refused(fields: str) -> None:
    """They must not break what packs them."""
    with pytest.raises(PathRefused):
        parse(_output((b"./x", fields)), DEVICE)


@pytest.mark.parametrize("name", [b"/etc/passwd", b"./../x", b"./a/../../x", b"x"])
def test_names_outside_the_root_are_refused(name: bytes) -> None:
    """Invariant 14."""
    with pytest.raises(PathRefused):
        parse(_output((name, "81a4 5 900 900 3 7")), DEVICE)
