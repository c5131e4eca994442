"""What stands in a README's console block happens when it is typed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
READMES = (
    "README.md",
    "client/README.md",
    "daemon/README.md",
    "proto/README.md",
    "tests/README.md",
)
BLOCK = re.compile(r"^```console\n(.*?)^```", re.M | re.S)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.M | re.S)
STEP_SECONDS = 60


def texts() -> list[str]:
    return [name for name in READMES if (ROOT / name).exists()]


@pytest.fixture
def shell() -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder to type in, where `cstudio` is this one and has its own daemon."""
    folder = Path(tempfile.mkdtemp(prefix="cst-", dir="/tmp")).resolve()
    programs, work = folder / "bin", folder / "work"
    programs.mkdir()
    work.mkdir()
    (work / "client").symlink_to(ROOT / "client")  # as in a clone, where the reader types
    script = programs / "cstudio"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m cstudio "$@"\n')
    script.chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "CSTUDIO_STATE_DIR": str(folder / "state"),
        "HOME": str(folder),
        "TMPDIR": str(folder),
    }
    environment.pop("CSTUDIO_SOCKET", None)
    yield work, environment
    subprocess.run([script, "daemon", "stop"], env=environment, capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("name", texts())
def test_every_console_block_does_what_it_shows(
    name: str, shell: tuple[Path, dict[str, str]]
) -> None:
    folder, environment = shell
    status = 0
    for block in BLOCK.findall((ROOT / name).read_text()):
        for command, shown in steps(block):
            done = subprocess.run(
                ["sh", "-c", f"(exit {status}); {command}"],
                cwd=folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=STEP_SECONDS,
            )
            status = done.returncode
            assert matches(done.stdout, shown), f"$ {command}\n{done.stdout}"


@pytest.mark.parametrize("name", texts())
def test_every_python_block_compiles(name: str) -> None:
    for number, block in enumerate(PYTHON.findall((ROOT / name).read_text())):
        compile(block, f"{name}[{number}]", "exec")


def steps(block: str) -> Iterator[tuple[str, str]]:
    """Yield each command of a block and what it shows."""
    for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def matches(said: str, shown: str) -> bool:
    """Whether a command said what is shown, where `…` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in shown.strip().split("…"))
    return re.fullmatch(pattern, said.strip(), re.S) is not None


def test_every_reason_stands_in_the_table_of_exit_statuses() -> None:
    from cstudio import errors

    rows = re.findall(r"^\| (\d+) \|.*?\|(.*)\|$", (ROOT / "client/README.md").read_text(), re.M)
    listed = {
        reason: int(status)
        for status, reasons in rows
        for reason in re.findall(r"`(\w+)`", reasons)
    }
    assert listed == {reason: kind.exit_status for reason, kind in errors.BY_REASON.items()}
