"""The page: what is vendored is what was published, and nothing in it needs a looser policy."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

ASSETS = Path(__file__).parents[2] / "daemon/cstudiod/gateway/page/assets"
VENDOR = ASSETS / "vendor"
FILE_LINES = 400


def own(*suffixes: str) -> list[Path]:
    """Return the files that are ours."""
    found = [path for path in sorted(ASSETS.rglob("*")) if path.suffix in suffixes]
    return [path for path in found if VENDOR not in path.parents]


def test_vendored_files_are_what_was_published() -> None:
    """Each has a version, licences and the digest that it had in its package."""
    versions = json.loads((VENDOR / "VERSIONS.json").read_text())
    assert {path.name for path in VENDOR.glob("*.js")} == set(versions)
    for name, one in versions.items():
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == one["sha256"], name
        assert one["version"] in name
        for licence in one["licences"]:
            assert len((VENDOR / licence).read_text()) > 500, licence


def test_scripts_and_styles_are_files() -> None:
    """The document has none in it, and takes none from elsewhere."""
    text = (ASSETS / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", text) == []
    assert re.findall(r"(?:src|href)=\"(?!/assets/)", text) == []


@pytest.mark.parametrize("path", own(".js", ".css"), ids=lambda path: path.name)
def test_sources_are_short_and_stay_within_the_policy(path: Path) -> None:
    """No string becomes code or markup, nothing is fetched from elsewhere, one subject a file."""
    text = path.read_text()
    loose = (
        r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|https?://"
    )
    assert re.findall(loose, text) == []
    assert len(text.splitlines()) <= FILE_LINES


def test_modules_name_what_is_there() -> None:
    """Every import is a file of the page, written with its ending."""
    for path in own(".js"):
        for name in re.findall(r"from \"([^\"]+)\"", path.read_text()):
            assert name.startswith("."), f"{path.name}: {name}"
            assert (path.parent / name).resolve().is_file(), f"{path.name}: {name}"
