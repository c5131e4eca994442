"""How failures are told."""

from __future__ import annotations

import click
import pytest
from cstudio import errors
from cstudio.cli import faults


def test_an_error_is_a_sentence_and_a_hint() -> None:
    error = errors.NotFoundError("there is no session `apj`", hint="cstudio sync list")
    lines = [click.unstyle(line) for line in faults.fault(error).lines()]
    assert lines == ["error: there is no session `apj`", "hint: cstudio sync list"]


def test_an_error_without_a_hint_is_a_sentence() -> None:
    assert len(faults.fault(errors.CstudioError("it failed")).lines()) == 1


def test_the_same_is_an_object_for_programs() -> None:
    told = faults.fault(errors.StateError("not now", reason="WRONG_STATE", metadata={"a": "b"}))
    assert told.document() == {
        "error": {
            "reason": "WRONG_STATE",
            "message": "not now",
            "hint": None,
            "exit_status": 12,
            "metadata": {"a": "b"},
        }
    }


def test_a_slip_on_the_command_line_is_told_in_our_style() -> None:
    told = faults.fault(click.UsageError("Missing argument 'LOCAL'."))
    assert (told.message, told.exit_status) == ("missing argument `LOCAL`", 2)


def test_a_failure_that_nobody_expected_asks_for_a_report() -> None:
    told = faults.fault(KeyError("x"))
    assert (told.exit_status, told.reason) == (1, "BUG")
    assert "report" in told.hint


def test_a_failure_of_the_system_names_the_file() -> None:
    told = faults.fault(PermissionError(13, "Permission denied", "/root/x"))
    assert told.message == "`/root/x`: Permission denied"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["sync", "list", "-o", "json"], True),
        (["sync", "list", "-ojson"], True),
        (["sync", "list", "--output=json"], True),
        (["sync", "list", "--output", "json", "--nonsense"], True),
        (["sync", "list"], False),
        (["sync", "list", "-o", "name"], False),
        (["sync", "show", "json"], False),
        ([], False),
    ],
)
def test_json_is_recognised_even_where_the_words_cannot_be_parsed(
    words: list[str], wanted: bool
) -> None:
    assert faults.wants_json(words) is wanted


def test_every_fault_of_a_template_is_a_line_of_its_own() -> None:
    error = errors.UsageError(
        "two problems; the first: a:1: no",
        hint="cstudio template schema",
        metadata={"faults": "a:1: no\na:2: \x1b[2Jneither"},
    )
    lines = [click.unstyle(line) for line in faults.fault(error).lines()]
    assert lines[1:] == ["  a:2: \\u001b[2Jneither", "hint: cstudio template schema"]


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["studio", "show", "lab", "-o", "json"], True),
        (["action", "run", "lab", "--output=json", "--", "ls"], True),
        (["studio", "exec", "lab", "--", "kubectl", "-o", "json"], False),
    ],
)
def test_json_is_asked_for_before_the_dashes_alone(words: list[str], asked: bool) -> None:
    assert faults.wants_json(words) is asked
