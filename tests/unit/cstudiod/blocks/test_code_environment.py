from __future__ import annotations

import pytest
from support.template_samples import SERVER, made, told

START = "  - type: code_environment\n"


def test_a_python_environment_lies_where_dss_has_it() -> None:
    """And belongs to the studio's user, who may install into it."""
    settings = "    name: py\n    folder: other\n    requirements: [pandas==2.*]\n"
    result = made(START + settings + SERVER)
    (environment,) = result.image.environments
    assert environment.path == "/opt/dataiku/python-code-envs/other"
    assert environment.requirements == ("pandas==2.*",)
    (fragment,) = result.image.fragments
    assert "install -d -o dataiku /opt/dataiku/python-code-envs/other" in fragment.dockerfile
    assert "USER dataiku" in fragment.dockerfile
    assert [(file.path, file.content) for file in fragment.files] == [
        ("block-1/py.txt", b"pandas==2.*\n")
    ]


def test_another_python_is_installed_first() -> None:
    """Where the distribution has it."""
    (fragment,) = made(f"{START}    name: py\n    python: '3.9'\n{SERVER}").image.fragments
    assert "python3.9-venv" in fragment.dockerfile
    assert "RUN python3.9 -m venv" in fragment.dockerfile


def test_requirements_come_from_a_file_too() -> None:
    """Without its comments."""
    settings = "    name: py\n    requirements: [b]\n    requirements_file: r.txt\n"
    result = made(START + settings + SERVER, "r.txt")
    assert result.image.environments[0].requirements == ("b",)  # the sample is a comment


@pytest.mark.parametrize(
    ("settings", "field", "words"),
    [
        ("    name: a b\n", "name", "pattern"),
        ("    name: jupyterlab\n", "name", "an IDE's own environment"),
        ("    name: py\n    python: 3.11\n", "python", "write it in quotes"),
        ("    name: py\n    python: '2.7'\n", "python", "pattern"),
        ("    name: py\n    language: r\n", "language", "did you mean `R`?"),
        ("    name: py\n    requirements: pandas\n", "requirements", "must be a list"),
        ("    name: py\n    requirements: [--index-url x]\n", "requirements[0]", "options of pip"),
        ("    name: py\n    requirements: ['']\n", "requirements[0]", "one line"),
        ("    name: r\n    language: R\n    requirements: ['a b']\n", "requirements[0]", "no name"),
        ("    name: r\n    language: R\n    python: '3.11'\n", "python", "no meaning for R"),
        ("    name: py\n    requirements_file: x\n", "requirements_file", "no resource `x`"),
        ("    name: py\n    requirements_file: d\n", "requirements_file", "is a folder"),
        ("    name: py\n    requirements_file: '${dip.home}/x'\n", "requirements_file", "must be"),
        ("    name: py\n    folder: ../x\n", "folder", "pattern"),
    ],
)
def test_a_wrong_environment(settings: str, field: str, words: str) -> None:
    """Is told with its field."""
    (found,) = told(START + settings + SERVER, "d/e")
    assert f"(code_environment), {field}: " in found
    assert words in found
