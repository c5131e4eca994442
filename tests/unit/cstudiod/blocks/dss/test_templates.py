from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from cstudiod.blocks.composition import blueprint
from cstudiod.blocks.dss.templates import export_dss, import_dss, name_of
from cstudiod.blocks.templates import dump_template, read_template
from cstudiod.errors import UsageError
from cstudiod.model.blueprints import Subpath
from cstudiod.model.templates import Block, RuntimeKind, Template
from cstudiod.model.zones import Zone
from support import dss_samples
from support.dss_samples import archive, contents


def test_an_exported_template_is_imported() -> None:
    """Its blocks are ours, in their order, and mean what they meant."""
    template = import_dss(archive())
    assert template.name == "angular-flask"
    assert (template.label, template.tags, template.is_editor) == (
        "Angular & Flask",
        ("web",),
        True,
    )
    assert [block.type for block in template.blocks] == [
        "file_synchronization",
        "kubernetes_parameters",
        "append_dockerfile",
        "code_environment",
        "visual_studio_code",
        "entrypoint",
        "dss_block",
    ]
    made = blueprint(template)
    assert [(row.zone, row.one_way) for row in made.sync] == [
        (Zone.CODE_STUDIO_VERSIONED, False),
        (Zone.RECIPES, True),
        (Zone.USER_VERSIONED, False),
    ]
    assert made.launch.kubernetes.labels == {"team": "blue"}
    angular = made.launch.ports[-1]
    assert (angular.port, angular.subpath) == (4200, Subpath.KEEP)
    assert angular.written_subpath == "/$request_uri"
    assert made.image.environments[0].name == "my_env_1"


def test_what_has_no_effect_is_named() -> None:
    """Unknown blocks and unknown keys are told, not dropped."""
    notes = [note.display() for note in blueprint(import_dss(archive())).notes]
    told = "\n".join(notes)
    assert "`pycdstdioblk_some-plugin_some-block` is not known here" in told
    assert "codeServerVersion" in told
    assert "somethingNew" in told
    assert "`my_env_1` gets no packages" in told


def test_it_is_exported_again_without_loss() -> None:
    """Every document says the same, every file has the same bytes."""
    before = archive(**{"extra/readme.txt": b"kept too"})
    assert contents(export_dss(import_dss(before))) == contents(before)


def test_a_template_file_between_the_two_loses_nothing() -> None:
    """Imported, kept as YAML, read again, exported."""
    template = import_dss(archive())
    text = dump_template(template)
    again = read_template(text, "t.yaml", resources=template.resources)
    assert again == template
    assert contents(export_dss(again)) == contents(archive())


def test_what_was_changed_here_is_exported_changed() -> None:
    """The kept original does not win over an edit."""
    template = import_dss(archive())
    text = dump_template(template).replace("port: 4200", "port: 4300")
    edited = read_template(text, "t.yaml", resources=template.resources)
    blocks = contents(export_dss(edited))["template.json"]["params"]["blocks"]
    assert blocks[5]["params"]["exposedPort"]["port"] == 4300
    assert blocks[4] == dss_samples.BLOCKS[4]


def _without_lines(template: Template) -> Template:
    blocks = tuple(Block(type=one.type, settings=one.settings) for one in template.blocks)
    return dataclasses.replace(template, blocks=blocks)


OURS = """\
name: mine
label: Something Else
runtime: local
blocks:
  - type: file_synchronization
    zones:
      - {zone: recipes, folder: a/b, target: r}
    default_excludes: false
  - {type: code_environment, name: py, requirements: [pandas], label: P}
  - {type: jupyterlab, modules: [jupyterlab-git], port: 8889}
  - type: entrypoint
    command: [python3, x.py]
    scripts: [{content: "hi", target: x.sh}]
    expose: {port: 8000, subpath: $request_uri}
  - {type: custom_action, name: a, command: b, timeout: 10m}
  - type: starter_files
    files: [{zone: user_versioned, path: x, content: y}]
"""


def test_ours_go_out_and_come_back() -> None:
    """Also what DSS has no settings for."""
    template = read_template(OURS, "t.yaml")
    exported = export_dss(template)
    again = import_dss(exported)
    assert again.name == "mine"
    assert again.runtime is RuntimeKind.LOCAL
    assert blueprint(dataclasses.replace(again, foreign={})) == blueprint(_without_lines(template))
    assert contents(export_dss(again)) == contents(exported)
    documents = contents(exported)
    assert documents["exportSpec.json"]["usedCodeEnvRefs"] == [
        {"envLang": "PYTHON", "envName": "py"}
    ]
    assert documents["template.json"]["params"]["blocks"][2]["params"]["port"] == 8889


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ({"type": "manual", "params": {}}, "only block_based"),
        ({"type": "block_based"}, "no params.blocks"),
        ({"type": "block_based", "params": {"blocks": [1]}}, r"blocks\[0\] is no block"),
        ({"type": "block_based", "params": {"blocks": [{"type": "x", "params": 1}]}}, "no object"),
        ([1], "no JSON object"),
        ({"type": "block_based", "a": json.loads("[" * 40 + "]" * 40)}, "levels deep"),
        ({"type": "block_based", "a": float("nan")}, "no number of JSON"),
    ],
)
def test_what_is_no_template_is_refused(template: Any, words: str) -> None:
    """With what is wrong with it."""
    with pytest.raises(UsageError, match=words):
        import_dss(archive(template))


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Streamlit", "streamlit"),
        ("dataiku_pulse", "dataiku-pulse"),
        ("1x", "template-1x"),
        ("", "template"),
        ("é!", "template"),
        ("a" * 80, "a" * 63),
    ],
)
def test_a_label_becomes_a_name(label: str, name: str) -> None:
    """Valid, whatever it was."""
    assert name_of(label) == name
