"""Streams are cut into labelled lines."""

from __future__ import annotations

from cstudio_runner.output import LINE_BYTES, TAIL_LINES, Lines


def test_lines_are_whole_and_labelled() -> None:
    lines = Lines("lab")
    assert lines.feed(b"one\ntwo\nthr") == b"[lab] one\n[lab] two\n"
    assert lines.feed(b"ee") == b""
    assert lines.feed(b"\n\n") == b"[lab] three\n[lab] \n"
    assert lines.feed(b"last") == b""
    assert lines.end() == b"[lab] last\n"
    assert lines.end() == b""


def test_a_line_without_an_end_is_cut() -> None:
    lines = Lines("x")
    assert lines.feed(b"a" * (LINE_BYTES - 1)) == b""
    assert lines.feed(b"b") == b"[x] " + b"a" * (LINE_BYTES - 1) + b"b\n"
    assert lines.end() == b""


def test_the_tail_holds_the_last_lines_the_unfinished_one_included() -> None:
    lines = Lines("x")
    lines.feed(b"".join(b"%d\n" % number for number in range(100)) + b"half")
    assert lines.tail() == (*map(str, range(101 - TAIL_LINES, 100)), "half")


def test_the_tail_is_bounded_in_bytes_and_survives_what_is_no_text() -> None:
    lines = Lines("x")
    for _ in range(100):
        lines.feed(b"\xff" * 60_000 + b"\n")
    assert sum(map(len, lines.tail())) <= 8192
