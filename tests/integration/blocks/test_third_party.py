"""A package that is installed beside cstudio adds a block, by its entry point alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from cstudiod.blocks import jupyterlab, registry
from cstudiod.blocks.composition import compose
from cstudiod.blocks.registry import Registry
from cstudiod.model.dockerfiles import render
from cstudiod.model.templates import Block, Template

PACKAGE = Path(__file__).parents[2] / "support" / "third_party"

ASK = """
import json, sys
from cstudiod.blocks import registry
from cstudiod.blocks.composition import blueprint
from cstudiod.blocks.templates import read_template, schema
from cstudiod.model.templates import TemplateInvalid
text = sys.stdin.read()
try:
    made = blueprint(read_template(text, "t.yaml"))
    print(json.dumps({"names": [one.name for one in made.launch.entrypoints]}))
except TemplateInvalid as error:
    print(json.dumps({"faults": [fault.display() for fault in error.faults]}))
"""


def _installed_with(text: str, code: str = ASK) -> Any:
    """Read a template in a process that has the package on its path."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=text.encode(),
        env={**os.environ, "PYTHONPATH": str(PACKAGE)},
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """What is installed, with the package."""
    monkeypatch.syspath_prepend(str(PACKAGE))
    points = [
        point
        for found in (*distributions(name="cstudio"), *distributions(path=[str(PACKAGE)]))
        for point in found.entry_points
        if point.group == registry.GROUP
    ]
    return registry.discover(points)


def test_it_is_found_and_its_settings_are_checked() -> None:
    """As if it were ours: nearest words, lines, order."""
    good = "name: x\nblocks:\n  - {type: jupyterlab}\n  - {type: static_site}\n"
    assert _installed_with(good) == {"names": ["jupyterlab", "site"]}
    bad = "name: x\nblocks:\n  - type: static_site\n    fodler: x\n  - {type: static_sit}\n"
    assert _installed_with(bad) == {
        "faults": [
            "t.yaml:4: block 1 (static_site), fodler: unknown setting `fodler`; "
            "did you mean `folder`?",
            "t.yaml:5: block 2 (static_sit), type: there is no block `static_sit`; "
            "did you mean `static_site`?",
        ]
    }


def test_it_is_in_the_schema() -> None:
    """Editors complete it."""
    code = "import json\nfrom cstudiod.blocks.templates import schema\nprint(json.dumps(schema()))"
    blocks = _installed_with("", code)["properties"]["blocks"]["items"]["oneOf"]
    (site,) = [one for one in blocks if one["properties"]["type"]["const"] == "static_site"]
    assert site["title"] == "Static site"
    assert site["properties"]["folder"]["description"] == "What it serves."


def test_it_is_applied_in_its_place(known: Registry) -> None:
    """Between ours, in the order of the template."""
    types = ("jupyterlab", "static_site", "streamlit")
    template = Template(name="x", blocks=tuple(Block(type=type) for type in types))
    text = render(compose(template, known).blueprint.image, "base").text
    assert [text.index(f": {type}\n") for type in types] == sorted(
        text.index(f": {type}\n") for type in types
    )


@pytest.mark.parametrize(
    ("type", "words"),
    [
        ("broken_import", "`cstudio-static-site` cannot be loaded: ModuleNotFoundError"),
        ("broken_value", "is no cstudiod.blocks.kinds.Kind"),
        ("Broken-Name", "a type is made of a-z, 0-9 and _"),
    ],
)
def test_a_broken_one_is_named(known: Registry, type: str, words: str) -> None:
    """Where a template uses it; other templates are not touched by it."""
    template = Template(name="x", blocks=(Block(type=type), Block(type="jupyterlab")))
    (fault,) = compose(template, known).faults
    assert words in fault.message
    assert fault.block_type == type
    alone = Template(name="x", blocks=(Block(type="jupyterlab"),))
    assert compose(alone, known).faults == ()


def test_one_that_fails_is_a_fault_of_the_template(known: Registry) -> None:
    """With its name and what it raised."""
    blocks = (Block(type="jupyterlab"), Block(type="static_site", settings={"folder": "boom"}))
    (fault,) = compose(Template(name="x", blocks=blocks), known).faults
    assert fault.message == "the block `static_site` failed: RuntimeError: this block has a bug"
    assert fault.block == 1


def test_its_part_of_the_dockerfile_is_checked(known: Registry) -> None:
    """It cannot begin another image either."""
    blocks = (Block(type="jupyterlab"), Block(type="static_site", settings={"folder": "other"}))
    (fault,) = compose(Template(name="x", blocks=blocks), known).faults
    assert fault.message.startswith("the block itself is wrong: FROM: ")


def test_ours_cannot_be_replaced(known: Registry) -> None:
    """The package names one of its blocks `jupyterlab`."""
    assert known.kinds["jupyterlab"] is jupyterlab.KIND
    assert known.packages["jupyterlab"] == "cstudio"
