from __future__ import annotations

import dataclasses
import json
from typing import Any

from cstudiod.blocks import yaml_text
from cstudiod.blocks.dss.templates import export_dss, import_dss
from cstudiod.blocks.templates import dump_template
from cstudiod.model.templates import Block, Template
from hypothesis import given
from hypothesis import strategies as st
from support import dss_samples
from support.dss_samples import archive, contents

_KEYS = st.text(max_size=8) | st.sampled_from(
    ["label", "cstudio", "dss", "name", "type", "zone", "port", "params", "path", "block"]
)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(
        ["recipes", "/", "$request_uri", "PYTHON", "R", "__RECIPES__/x", "a: b", "yes"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=6,
)
_SAMPLES = [
    *dss_samples.BLOCKS,
    {"type": "custom_action", "params": {"name": "a", "command": "b"}},
    {"type": "jupyterlab", "params": {}},
    {"type": "dss_block", "params": {"dss_type": "x"}},
    {"type": "streamlit"},
]


@st.composite
def _mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A block of a sample, with some parameters replaced, removed or added."""
    item = json.loads(json.dumps(draw(st.sampled_from(_SAMPLES))))
    params = item.get("params", {})
    keys = st.sampled_from(sorted(params)) if params else _KEYS
    for key in draw(st.lists(keys | _KEYS, max_size=3)):
        if draw(st.booleans()):
            params[key] = draw(_JSON)
        else:
            params.pop(key, None)
    if draw(st.booleans()):
        item["beside"] = draw(_JSON)
    return {**item, "params": params} if "params" in item else item


@given(
    st.lists(_mutated(), max_size=4),
    st.dictionaries(_KEYS.filter(lambda key: key not in ("type", "params")), _JSON, max_size=3),
    st.dictionaries(
        st.binary(max_size=2).map(bytes.hex).filter(bool), st.binary(max_size=9), max_size=2
    ),
)
def test_nothing_is_ever_lost(
    items: list[dict[str, Any]], head: dict[str, Any], files: dict[str, bytes]
) -> None:
    """Whatever the JSON: imported and exported it is equal, by way of YAML too."""
    document = {**head, "type": "block_based", "params": {"blocks": items}}
    resources = {f"template-resources/{path}": content for path, content in files.items()}
    before = archive(document, resources)
    template = import_dss(before)
    after = contents(export_dss(template))
    assert json.dumps(after["template.json"], sort_keys=True) == json.dumps(
        document, sort_keys=True
    )
    assert after == contents(before)
    assert contents(export_dss(_through_yaml(template))) == after


def _through_yaml(template: Template) -> Template:
    """Write a template and read it as values: it need not be valid as a whole."""
    value = yaml_text.parse(dump_template(template)).value
    listed = value["blocks"]
    blocks = tuple(
        Block(type=one["type"], settings={key: item for key, item in one.items() if key != "type"})
        for one in listed
    )
    return dataclasses.replace(template, blocks=blocks, foreign=value.get("dss", {}))
