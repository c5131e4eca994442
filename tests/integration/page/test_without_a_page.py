"""The parts of the page that need no page: Node.js reads every file and runs their tests."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ASSETS = Path(__file__).parents[3] / "daemon/cstudiod/gateway/page/assets"
OLDEST_NODE = 18


@pytest.fixture(scope="module")
def node() -> str:
    """Node.js, or the reason why not."""
    found = shutil.which("node")
    if not found:
        pytest.skip("no node here")
    version = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
    if int(version.strip().lstrip("v").split(".")[0] or 0) < OLDEST_NODE:
        pytest.skip(f"node {version.strip()} is older than {OLDEST_NODE}")
    return found


def test_every_module_can_be_read(node: str) -> None:
    """A typing error is found before a browser finds it."""
    wrong = []
    for path in sorted(ASSETS.rglob("*.js")):
        checked = subprocess.run([node, "--check", path], capture_output=True, text=True)
        wrong += [f"{path.name}: {checked.stderr}"] if checked.returncode else []
    assert wrong == []


def test_the_parts_that_know_no_page(node: str) -> None:
    """Frames, differences, commands, addresses and words are as their tests say."""
    tests = sorted((HERE / "pure").glob("*.test.js"))
    assert tests
    ran = subprocess.run([node, "--test", *tests], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-6000:]
