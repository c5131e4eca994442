"""Python environments: made on first use, kept by what is in them, reused.

An environment's folder carries a hash of its requirements, so that a change of
pyproject.toml makes a new one; a marker written last tells a whole one from one
whose making was interrupted. A lock keeps two runs from making the same.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from stages import checkout

READY = ".cstudio-ready"
KEPT = 3
"""How many environments of one name are kept; the longest unused go first."""


class EnvironmentFailedError(Exception):
    """An environment could not be made; the message says what to do."""


def tools() -> Path:
    """Return the Python that has our dependencies and the test and lint groups."""
    wanted = checkout.dependencies() + checkout.group("test") + checkout.group("lint")
    return _environment("tools", wanted)


def generator() -> Path:
    """Return the Python that has the `proto` group, which suits no other."""
    return _environment("proto", checkout.group("proto"))


def installed(wheel: Path, folder: Path) -> Path:
    """Make a clean environment in `folder` and install the wheel as a user would.

    Its own metadata brings its dependencies. Returns the Python that has them,
    and pytest.
    """
    _make(folder, [str(wheel), *checkout.group("test")])
    return folder / "bin" / "python"


def build_wheel(folder: Path) -> Path:
    """Build the distribution's wheel into `folder`, as pip does for anybody."""
    _pip(tools(), "wheel", "--no-deps", "--wheel-dir", str(folder), str(checkout.ROOT))
    (wheel,) = folder.glob("cstudio-*.whl")
    return wheel


def _environment(name: str, wanted: Sequence[str]) -> Path:
    version = "%d.%d" % sys.version_info[:2]
    key = hashlib.sha256("\n".join([version, *wanted]).encode()).hexdigest()[:12]
    folder = checkout.cache() / "envs" / f"{name}-{key}"
    python = folder / "bin" / "python"
    with _locked(name):
        if not (folder / READY).exists():
            _make(folder, wanted)
        (folder / READY).touch()
        _forget_old(name, keep=folder)
    return python


def _make(folder: Path, requirements: Sequence[str]) -> None:
    print(f"making the environment {folder.name}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = _quiet(sys.executable, "-m", "venv", str(folder))
    if made.returncode:
        raise EnvironmentFailedError(
            "`python3 -m venv` fails; on Debian install it with `apt-get install python3-venv`\n"
            + made.stdout
        )
    _pip(folder / "bin" / "python", "install", *requirements)


def _pip(python: Path, *arguments: str) -> None:
    done = _quiet(str(python), "-m", "pip", "--disable-pip-version-check", "-q", *arguments)
    if done.returncode:
        raise EnvironmentFailedError(f"pip {' '.join(arguments[:2])} … failed\n{done.stdout}")


def _quiet(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )


def _forget_old(name: str, keep: Path) -> None:
    others = [path for path in keep.parent.glob(f"{name}-*") if path != keep]
    others.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in others[KEPT - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _locked(name: str) -> Iterator[None]:
    folder = checkout.cache()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
