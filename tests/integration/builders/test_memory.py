"""What the last build of a template was made of is remembered across restarts."""

from __future__ import annotations

from pathlib import Path

from cstudiod.builders.docker.memory import Memory, Remembered


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    """Each template's by itself."""
    one = Remembered(inputs='{"v":1}', epoch=2)
    Memory(tmp_path / "inputs").write("lab", one)
    assert Memory(tmp_path / "inputs").read("lab") == one
    assert Memory(tmp_path / "inputs").read("other") == Remembered()


def test_a_damaged_file_counts_as_none(tmp_path: Path) -> None:
    """Then a change cannot be explained; nothing else is lost."""
    for text in ("", "{", "[]", '{"inputs": 1}', '{"inputs": "x", "epoch": "y"}'):
        (tmp_path / "lab.json").write_text(text)
        assert Memory(tmp_path).read("lab") == Remembered()
