"""The templates that the READMEs show are valid, and the local runtime runs those it can."""

from __future__ import annotations

from pathlib import Path

import pytest
from cstudiod.blocks.composition import blueprint
from cstudiod.blocks.templates import dump_template, read_template

EXAMPLES = sorted((Path(__file__).parents[3] / "client" / "examples" / "templates").glob("*.yaml"))
NEED_NOTHING = {"http-server", "jupyter", "marimo", "streamlit"}
"""Run in the local runtime, whatever is installed on the machine."""


def test_all_of_them_are_there() -> None:
    """One for each thing that people begin with."""
    assert {path.stem for path in EXAMPLES} == {*NEED_NOTHING, "vscode", "r-kernel"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_valid(path: Path) -> None:
    """It is called as its file, means something, and has nothing without effect."""
    template = read_template(path.read_text("utf-8"), path.name)
    made = blueprint(template)
    assert template.name == path.stem
    assert made.launch.entrypoints
    assert made.notes == ()
    assert (made.local_faults == ()) == (path.stem in NEED_NOTHING)
    assert read_template(dump_template(template), path.name) == template
    everything = blueprint(template, programs=("code-server", "R", "Rscript"))
    assert everything.local_faults == ()
