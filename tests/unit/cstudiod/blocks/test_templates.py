from __future__ import annotations

import pytest
from cstudiod.blocks.templates import dump_template, read_template, schema
from cstudiod.model.templates import Permissions, Resource, RuntimeKind, TemplateInvalid

TEXT = """\
name: jupyter-lab-template
label: JupyterLab
tags: [python]
permissions:
  groups: [data-scientists]
runtime: docker
blocks:
  - type: code_environment
    name: py-data
    requirements: [pandas==2.*]
  - type: jupyterlab
"""


def _wrong(text: str) -> list[str]:
    with pytest.raises(TemplateInvalid) as refused:
        read_template(text, "t.yaml")
    return [fault.display() for fault in refused.value.faults]


def test_a_file_becomes_a_template() -> None:
    """What people see of it, and its blocks with their lines."""
    template = read_template(TEXT, "t.yaml")
    assert template.name == "jupyter-lab-template"
    assert template.permissions == Permissions(groups=("data-scientists",))
    assert template.runtime is RuntimeKind.DOCKER
    assert [(one.type, one.line) for one in template.blocks] == [
        ("code_environment", 8),
        ("jupyterlab", 11),
    ]


def test_it_is_written_as_it_was_read() -> None:
    """The order of keys and blocks is kept."""
    template = read_template(TEXT, "t.yaml")
    written = dump_template(template)
    assert read_template(written, "t.yaml") == template
    assert written.index("name: py-data") < written.index("type: jupyterlab")


def test_everything_wrong_is_told_at_once() -> None:
    """Each with file, line, block and field, in the order of the file."""
    text = """\
name: Bad Name
lable: x
permissions: {group: [a]}
blocks:
  - type: jupyterlabs
  - type: jupyterlab
    prot: 1
    terminals: "yes"
  - jupyterlab
  -
  - type: entrypoint
    command: serve
    expose: {port: 70000}
"""
    assert _wrong(text) == [
        "t.yaml:1: name: must be 1 to 63 of a-z, 0-9 and `-`, beginning with a letter",
        "t.yaml:2: lable: unknown setting `lable`; did you mean `label`?",
        "t.yaml:3: permissions.group: unknown setting `group`; did you mean `groups`?",
        "t.yaml:5: block 1 (jupyterlabs), type: there is no block `jupyterlabs`; "
        "did you mean `jupyterlab`?",
        "t.yaml:7: block 2 (jupyterlab), prot: unknown setting `prot`; did you mean `port`?",
        "t.yaml:8: block 2 (jupyterlab), terminals: must be true or false",
        "t.yaml:9: blocks[2]: a block is a mapping; write `type: jupyterlab`",
        "t.yaml:10: blocks[3]: the block is empty; give it a `type`",
        "t.yaml:13: block 5 (entrypoint), expose.port: input should be less than or equal to 65535",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a\n", "a template is a mapping"),
        ("name: x\n", "`blocks` is missing"),
        ("name: x\nblocks: []\n", "blocks: must have at least 1 in it"),
        ("name: x\nblocks: hello\n", "must be a list"),
        ("blocks:\n  - type: jupyterlab\n", "`name` is missing"),
        ("name: x\nblocks:\n  - type: file_synchronization\n", "nothing would run"),
        ("name: x\nlabel:\nblocks:\n  - type: jupyterlab\n", "is empty"),
    ],
)
def test_a_file_that_is_no_template(text: str, words: str) -> None:
    """One sentence, no more."""
    (line,) = _wrong(text)
    assert words in line


@pytest.mark.parametrize("paths", [("../x",), ("/x",), ("a//b",), ("a", "a"), ("a", "a/b")])
def test_resources_have_places_of_their_own(paths: tuple[str, ...]) -> None:
    """Below the template's folder, one file each."""
    resources = [Resource(path=path, content=b"") for path in paths]
    with pytest.raises(TemplateInvalid, match="resource") as refused:
        read_template(TEXT, "t.yaml", resources=resources)
    assert [fault.field for fault in refused.value.faults] == ["resources"]


def test_the_schema_names_every_block() -> None:
    """An editor completes types and settings."""
    described = schema()
    blocks = described["properties"]["blocks"]["items"]["oneOf"]
    types = {block["properties"]["type"]["const"]: block for block in blocks}
    assert {"jupyterlab", "entrypoint", "code_environment"} <= set(types)
    assert "port" in types["jupyterlab"]["properties"]
    assert types["code_environment"]["required"] == ["type", "name"]
