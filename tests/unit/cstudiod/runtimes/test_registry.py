"""Targets and the runtimes they need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cstudiod.errors import TargetError
from cstudiod.model import targets
from cstudiod.model.templates import RuntimeKind
from cstudiod.runtimes import local, registry


def test_a_folder_needs_no_library() -> None:
    """A plain folder is local."""
    assert isinstance(registry.resolver(targets.parse("/srv/x")), local.Folder)


@pytest.mark.timeout(20)  # a fresh interpreter
def test_libraries_are_imported_when_needed() -> None:
    """The registry itself, and folders, load none of the large libraries."""
    script = (
        "import sys\n"
        "from cstudiod.model import targets\n"
        "from cstudiod.runtimes import registry\n"
        "registry.resolver(targets.parse('/srv/x'))\n"
        "print([name for name in ('aiohttp', 'docker', 'kubernetes') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_missing_library_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without a library fails for its targets alone, in a sentence."""
    monkeypatch.setitem(sys.modules, "cstudiod.runtimes.docker.resolver", None)
    with pytest.raises(TargetError) as caught:
        registry.resolver(targets.parse("docker:web:/srv"))
    assert caught.value.reason == "RUNTIME_UNAVAILABLE"
    assert "the docker runtime cannot be used" in caught.value.message


@pytest.mark.parametrize("kind", RuntimeKind)
def test_every_kind_of_studio_has_its_runtime(kind: RuntimeKind) -> None:
    """It is made without a connection."""
    made = registry.studio_runtime(kind, state_dir=Path("/nowhere"))
    assert made.capabilities.kind is kind
    assert made.capabilities.survives_daemon


@pytest.mark.timeout(20)  # a fresh interpreter
def test_local_studios_need_no_large_library() -> None:
    """A daemon that runs none in containers does not pay for them."""
    script = (
        "import sys, pathlib\n"
        "from cstudiod.model.templates import RuntimeKind\n"
        "from cstudiod.runtimes import registry\n"
        "registry.studio_runtime(RuntimeKind.LOCAL, state_dir=pathlib.Path('/nowhere'))\n"
        "print([name for name in ('aiohttp', 'docker', 'kubernetes') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
