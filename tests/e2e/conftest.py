"""What end-to-end tests start from: the installed command, a namespace, a small project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support import kubernetes
from support.cli import Cstudio
from support.registry import registry


@pytest.fixture
def cstudio(tmp_path: Path) -> Iterator[Cstudio]:
    """The command with a state folder and a daemon of its own."""
    made = Cstudio(tmp_path / "state")
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared_namespace() -> Iterator[kubernetes.Namespace]:
    """One namespace for all tests of a file."""
    with kubernetes.namespace("cstudio-e2e") as made:
        yield made


@pytest.fixture(scope="session")
def image_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one registry for all files: an image is pushed and pulled once."""
    with registry(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A local folder with a few files."""
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "README.md").write_text("# a project\n")
    (folder / "src" / "main.py").write_text("print('one')\n")
    (folder / "src" / "util.py").write_text("x = 1\n")
    for number in range(20):
        (folder / "src" / f"part{number}.py").write_text(f"n = {number}\n")
    return folder
