from __future__ import annotations

import pytest
from cstudiod.blocks import yaml_text


def _faults(text: str) -> list[tuple[int, str]]:
    return [(one.line, one.message) for one in yaml_text.parse(text).faults]


def test_values_are_what_json_can_say() -> None:
    """No date, no octal number, no `yes`: a word is text unless it is plainly something else."""
    text = "a: yes\nb: 010\nc: 2020-01-01\nd: 1:30\ne: 1.5\nf: true\ng: ~\nh: 7\ni: 1e3\nj:\n"
    expected = {
        "a": "yes",
        "b": "010",
        "c": "2020-01-01",
        "d": "1:30",
        "e": 1.5,
        "f": True,
        "g": None,
        "h": 7,
        "i": 1000.0,
        "j": None,
    }
    assert yaml_text.parse(text).value == expected


def test_every_value_has_its_line() -> None:
    """Lines are the keys' own; a literal text says where it begins."""
    lines = yaml_text.parse("a: 1\nb:\n  - x: |\n      one\n      two\n    y: {z: 1}\n").lines
    assert lines["a"] == 1
    assert lines["b[0]"] == 3
    assert (lines["b[0].x"], lines["b[0].x|"]) == (3, 4)
    assert lines["b[0].y.z"] == 6


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\n\tb: 2\n", 2, "a tab"),
        ("a: 1\nb: 2\na: 3\n", 3, "`a` stands here twice, first in line 1"),
        ("a: &x 1\nb: *x\n", 2, "aliases are refused"),
        ("a:\n  1: x\n", 2, "a key must be text"),
        ("a: !!python/name:os.system x\n", 1, "tags"),
        ("a: 1\nb: [\n", 3, "not YAML"),
        ("a: 1\n---\nb: 2\n", 2, "single document"),
        ("", 0, "empty"),
        ("# nothing\n", 0, "empty"),
        ("a: 1\nb: \x07\n", 2, "U+0007"),
        ("[" * 40, 1, "levels deep"),
        ("[1" + ",1" * 5_001 + "]", 1, "values"),
        ("a: " + "x" * (1 << 20), 0, "more than 1 MiB"),
    ],
)
def test_what_is_no_template_is_refused_with_its_line(text: str, line: int, words: str) -> None:
    """Nothing expands, nothing is executed, nothing is guessed."""
    (fault,) = _faults(text)
    assert fault[0] == line
    assert words in fault[1]


def test_all_faults_of_a_file_are_told() -> None:
    """One run tells every double key."""
    assert [line for line, _ in _faults("a: 1\na: 2\nb:\n  c: 1\n  c: 2\n")] == [2, 5]
