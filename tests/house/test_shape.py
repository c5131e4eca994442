"""The shape of the code: sizes, layers, what may stand where, what may not stand anywhere."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / "daemon", ROOT / "client" / "cstudio"]
FILE_LINES = 400
FUNCTION_LINES = 50

LONG_FILES: dict[str, str] = {
    "daemon/cstudio_sync/reconcile.py": "one decision table and what it needs, read together",
    "daemon/cstudio_sync/records.py": "packing beside unpacking: each is checked against the other",
    "daemon/cstudiod/sync/mirror.py": "the cycle: look, decide, do; its state belongs together",
    "daemon/cstudiod/services/sync_sessions.py": "one use case a method of the contract",
    "daemon/cstudio_agent/changing.py": "one operation a method, and the checks that all share",
}
"""Files that may be longer, with the reason; an entry that is not needed fails."""


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", *patterns], cwd=ROOT, capture_output=True, check=True
    )
    names = listed.stdout.decode().split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def _sources() -> Iterator[Path]:
    for folder in SOURCES:
        yield from sorted(folder.rglob("*.py"))


def test_files_are_short_or_say_why_not() -> None:
    """A file has one subject; the list of exceptions only shrinks."""
    long = {
        str(path.relative_to(ROOT))
        for path in _sources()
        if len(path.read_text("utf-8").splitlines()) > FILE_LINES
    }
    assert long - LONG_FILES.keys() == set()
    assert LONG_FILES.keys() - long == set(), "these need no exception any more"


def test_functions_are_short() -> None:
    """Nine in ten are under 35 lines, none is over 50."""
    sizes = []
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or 0) - node.lineno + 1
                sizes.append(size)
                assert size <= FUNCTION_LINES, f"{path.relative_to(ROOT)}: {node.name} has {size}"
    assert sorted(sizes)[int(len(sizes) * 0.9)] < 35


def test_pod_code_is_python_3_8() -> None:
    """What runs in pods parses with the grammar of 3.8."""
    for package in ("cstudio_sync", "cstudio_agent", "cstudio_runner"):
        for path in (ROOT / "daemon" / package).glob("*.py"):
            ast.parse(path.read_text("utf-8"), feature_version=(3, 8))


def test_every_package_says_what_it_is() -> None:
    """An `__init__.py` holds a docstring."""
    for path in _sources():
        if path.name == "__init__.py":
            assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), path


def test_every_error_has_a_reason_in_the_contract() -> None:
    """What the daemon refuses with is documented for machines."""
    contract = (ROOT / "proto/cstudio_api/v1/errors.proto").read_text("utf-8")
    known = set(re.findall(r"ERROR_REASON_([A-Z_]+) =", contract))
    for path in _sources():
        for reason in re.findall(r"reason=\"([A-Z][A-Z_]+)\"", path.read_text("utf-8")):
            assert reason in known, f"{path.relative_to(ROOT)} refuses with {reason}"


@pytest.mark.parametrize(
    "pattern",
    [
        r"files\.python" + r"hosted\.org|registry\.npm" + r"js\.org|deb\.debian" + r"\.org",
        r"pypi" + r"\.org/simple",
        r"/work/" + r"(main|venv|shared)",
        r"/root/\.py" + r"env",
    ],
)
def test_nothing_names_a_registry_or_a_machine(pattern: str) -> None:
    """The repository works anywhere; hosts and this machine's folders are not in it."""
    for path in _tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        assert re.search(pattern, text) is None, path.relative_to(ROOT)


def test_the_top_level_holds_what_it_should() -> None:
    """A newcomer sees five things."""
    names = {
        Path(path).relative_to(ROOT).parts[0]
        for path in map(str, _tracked())
        if not Path(path).relative_to(ROOT).parts[0].startswith(".")
    }
    assert names <= {"README.md", "LICENSE", "client", "daemon", "proto", "pyproject.toml", "tests"}
