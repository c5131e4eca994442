"""Where this checkout is, and what its pyproject.toml asks for."""

from __future__ import annotations

import os
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
SOURCES = (ROOT / "daemon", ROOT / "client", ROOT / "proto" / "gen")
PACKAGES = (
    "cstudio_sync",
    "cstudio_agent",
    "cstudio_runner",
    "cstudiod",
    "cstudio",
    "cstudio_api",
)
POD_PACKAGES = ("cstudio_sync", "cstudio_agent", "cstudio_runner")


def project() -> dict[str, object]:
    """Return the `project` table."""
    table = _pyproject()["project"]
    assert isinstance(table, dict)
    return table


def dependencies() -> list[str]:
    """Return what the distribution itself depends on."""
    listed = project()["dependencies"]
    assert isinstance(listed, list)
    return [str(item) for item in listed]


def group(name: str) -> list[str]:
    """Return what a dependency group lists."""
    groups = _pyproject()["dependency-groups"]
    assert isinstance(groups, dict)
    return [str(item) for item in groups[name]]


def cache() -> Path:
    """Return the folder for what is made once and reused, outside the checkout."""
    if own := os.environ.get("CSTUDIO_TEST_CACHE"):
        return Path(own)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "cstudio" / "tests"
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "cstudio" / "tests"


def _pyproject() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
