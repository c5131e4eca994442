"""What decides what is in a virtual environment."""

from __future__ import annotations

import dataclasses
import json

import pytest
from cstudiod.builders.environments import Interpreter, changes, content_hash, inputs, refusal
from cstudiod.model.blueprints import Environment, Language

PYTHON = Interpreter(program="/usr/bin/python3", version="3.11.7", platform="linux-x86_64")
ENVIRONMENT = Environment(name="data", block=3, requirements=("pandas==2.*", "", " numpy "))


def _hash(environment: Environment, python: Interpreter = PYTHON) -> str:
    return content_hash(inputs(environment, python))


@pytest.mark.parametrize(
    ("change", "python", "told"),
    [
        ({}, PYTHON, []),
        ({"requirements": ("numpy", "pandas==2.*")}, PYTHON, ["requirements: another order"]),
        (
            {"requirements": ("pandas==2.*", "x @ https://me:secret@host/x")},
            PYTHON,
            ["requirements: - numpy, + x @ https://***@host/x"],
        ),
        (
            {},
            Interpreter(program="p", version="3.12.1", platform="linux-arm64"),
            ["python: 3.11.7 → 3.12.1", "platform: linux-x86_64 → linux-arm64"],
        ),
    ],
)
def test_what_changed_is_told(
    change: dict[str, object], python: Interpreter, told: list[str]
) -> None:
    """By field, without passwords."""
    changed = dataclasses.replace(ENVIRONMENT, **change)  # type: ignore[arg-type]
    before, after = json.loads(inputs(ENVIRONMENT, PYTHON)), json.loads(inputs(changed, python))
    assert list(changes(before, after)) == told


@pytest.mark.parametrize(
    "change",
    [
        {"name": "other", "label": "Other", "block": 7, "path": "/x", "is_code_environment": True},
        {"requirements": ("pandas==2.*", "numpy")},
    ],
)
def test_names_and_blank_space_change_nothing(change: dict[str, object]) -> None:
    """Templates with the same requirements share one."""
    changed = dataclasses.replace(ENVIRONMENT, **change)  # type: ignore[arg-type]
    assert _hash(changed) == _hash(ENVIRONMENT)


def test_requirements_their_order_and_python_do() -> None:
    """Each gives another environment."""
    turned = dataclasses.replace(ENVIRONMENT, requirements=("numpy", "pandas==2.*"))
    more = dataclasses.replace(ENVIRONMENT, requirements=("pandas==2.*", "numpy", "x"))
    newer = dataclasses.replace(PYTHON, version="3.11.8")
    elsewhere = dataclasses.replace(PYTHON, base="/opt/python")
    found = {
        _hash(ENVIRONMENT), _hash(turned), _hash(more),
        _hash(ENVIRONMENT, newer), _hash(ENVIRONMENT, elsewhere),
    }  # fmt: skip
    assert len(found) == 5


def test_what_this_machine_cannot_make_is_refused() -> None:
    """R, and a requirement that would be two."""
    assert "R" in refusal(dataclasses.replace(ENVIRONMENT, language=Language.R))
    assert "one line" in refusal(dataclasses.replace(ENVIRONMENT, requirements=("a\n-r /x",)))
    assert refusal(ENVIRONMENT) == ""
