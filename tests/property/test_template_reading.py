"""Whatever a file says, it is read or refused with faults; nothing else ever comes out."""

from __future__ import annotations

import json
from typing import Any

from cstudiod.blocks import registry, yaml_text
from cstudiod.blocks.composition import blueprint
from cstudiod.blocks.templates import dump_template, read_template
from cstudiod.model.dockerfiles import render, statements
from cstudiod.model.templates import Resource, Template, TemplateInvalid
from hypothesis import given
from hypothesis import strategies as st

RESOURCES = (
    Resource(path="a.txt", content=b"x\n"),
    Resource(path="d/e.vsix", content=b"\xff\0"),
    Resource(path="r.deb", content=b""),
)

BLOCKS: list[dict[str, Any]] = [
    {"type": "file_synchronization", "zones": [{"zone": "recipes", "folder": "a", "target": "b"}]},
    {"type": "kubernetes_parameters", "ports": [{"port": 5000}], "labels": {"a": "b"}},
    {
        "type": "kubernetes_parameters",
        "requests": {"cpu": 1},
        "volumes": [{"name": "v", "path": "/v"}],
    },
    {"type": "append_dockerfile", "dockerfile": "RUN a\nRUN b", "resources": ["a.txt", "d"]},
    {"type": "code_environment", "name": "py", "requirements": ["pandas"], "python": "3.11"},
    {"type": "code_environment", "name": "r", "language": "R", "requirements_file": "a.txt"},
    {"type": "visual_studio_code", "extensions": ["d/e.vsix"], "settings_path": "__RECIPES__/x"},
    {"type": "jupyterlab", "code_environment": "py", "modules": ["x"]},
    {"type": "rstudio", "package": "r.deb"},
    {"type": "streamlit", "start_file": "__CODE_STUDIO_VERSIONED__/a.py"},
    {"type": "entrypoint", "command": ["a"], "scripts": [{"source": "a.txt", "target": "x"}]},
    {"type": "entrypoint", "command": "a", "expose": {"port": 8000, "subpath": "/"}},
    {"type": "custom_action", "name": "a", "command": "b", "timeout": "10m"},
    {"type": "starter_files", "files": [{"zone": "user_versioned", "path": "a", "resource": "d"}]},
    {"type": "dss_block", "dss_type": "x", "params": {"a": 1}},
]

_WORDS = st.sampled_from(
    [
        *("", ".", "..", "/", "a/../b", "/etc", "${x}", "${zone.recipes}", "__RECIPES__", "R"),
        *("recipes", "a.txt", "d", "${dip.home}/x", "${template.resources}", "FROM x", "RUN \\"),
        *("http://localhost:8888${baseUrlPort8888}/", "# syntax=x", "py", "$", "${", "\\", "\n"),
        *("\0", "1Gi", "!a", "é", "x" * 300),
    ]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 70000) | st.floats() | _WORDS | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(_WORDS | st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of everything in a value."""
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [path, *(place for key, inner in items for place in _places(inner, (*path, key)))]


@st.composite
def _templates(draw: st.DrawFn) -> dict[str, Any]:
    """A valid template with a few of its values replaced."""
    blocks = draw(st.lists(st.sampled_from(BLOCKS), min_size=1, max_size=6))
    template = json.loads(json.dumps({"name": "x", "blocks": blocks}))
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.sampled_from(_places(template)[1:]))
        at: Any = template
        for key in place[:-1]:
            at = at[key]
        at[place[-1]] = draw(_VALUES.filter(lambda value: value == value))
    return template


def _read(text: str) -> Template | None:
    """Return the template, or None when it was refused as it should be."""
    try:
        return read_template(text, "t.yaml", resources=RESOURCES)
    except TemplateInvalid as error:
        faults = error.faults
    assert faults
    assert all(fault.message and fault.file == "t.yaml" for fault in faults)
    return None


@given(_templates())
def test_a_template_is_valid_or_its_faults_are_told(value: dict[str, Any]) -> None:
    """And a valid one means something: a Dockerfile of one image, names of their own."""
    template = _read(yaml_text.dump(value))
    if template is None:
        return
    made = blueprint(template)
    assert read_template(dump_template(template), "t.yaml", resources=RESOURCES) == template
    rendered = render(made.image, "base")
    keywords = [one.keyword for one in statements(rendered.text)]
    assert keywords.count("FROM") == 1
    assert not {"CMD", "ENTRYPOINT"} & set(keywords)
    assert len(rendered.steps) == len(keywords)
    names = [one.name for one in made.launch.entrypoints]
    ports = [one.port for one in made.launch.ports]
    assert len(set(names)) == len(names)
    assert len(set(ports)) == len(ports)
    for file in (file for fragment in made.image.fragments for file in fragment.files):
        assert not file.path.startswith("/")
        assert ".." not in file.path.split("/")
    for row in made.sync:
        assert not row.target.startswith(("/", ".."))


@given(st.text(max_size=60) | st.text("ab:- \n\t{}[]&*!|>'\"#%@`,?", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text brings the reader down."""
    _read(text)


def test_the_samples_have_every_block() -> None:
    """A new block is attacked too."""
    assert {block["type"] for block in BLOCKS} == set(registry.installed().kinds)
