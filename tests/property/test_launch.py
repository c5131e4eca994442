"""Launch documents: whatever stands in one, it is understood or refused, never a crash."""

from __future__ import annotations

import copy
import json
from typing import Any

from cstudio_runner import readiness, variables
from cstudio_runner.launch import Launch, LaunchRefused, to_json
from cstudio_runner.reading import parse
from hypothesis import given
from hypothesis import strategies as st

WHOLE: dict[str, Any] = {
    "version": 1,
    "base_path": "/code-studios/P/s_${K8S_POD_NAME}",
    "workdir": "/w",
    "state": "/s",
    "env": {"A": "${baseUrl}"},
    "entrypoints": [
        {"name": "a", "label": "A", "command": ["x", "${port}"], "port": 80, "cwd": "d"},
        {"name": "b", "command": "y", "env": {"B": "c"}, "restart": "never", "aliases": False},
    ],
    "ports": [{"port": 80, "listen": 81, "subpath": "$request_uri", "public": True}],
    "nginx": {"address": "127.0.0.1", "port": 82, "secret": "s"},
    "readiness": {
        "tcp": True,
        "url": "http://localhost:80${baseUrlPort80}/",
        "headers": {"A": "b"},
    },
    "timing": {"grace": 1},
}
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["${port}", "http://[", "http://a:b/", "http://localhost:80${x", "/..", "\0"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else ()
    inside = enumerate(value) if isinstance(value, list) else inside
    found = [path] if path else []
    for key, one in inside:
        found += _places(one, (*path, key))
    return found


def _put(document: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value


@given(st.sampled_from(_places(WHOLE)), ODD)
def test_one_odd_value_anywhere(path: tuple[Any, ...], value: Any) -> None:
    """What is accepted can also be used, and written again."""
    document = copy.deepcopy(WHOLE)
    _put(document, path, value)
    try:
        launch = parse(json.dumps(document))
    except LaunchRefused:
        return
    _use(launch)


@given(st.recursive(ODD, lambda inner: st.dictionaries(st.sampled_from(list(WHOLE)), inner)))
def test_any_json(value: Any) -> None:
    document = {**value, "version": 1} if isinstance(value, dict) else value
    try:
        _use(parse(json.dumps(document)))
    except LaunchRefused:
        return


def _use(launch: Launch) -> None:
    environment = {"K8S_POD_NAME": "pod"}
    assert parse(to_json(launch)) == launch
    readiness.plan(launch, environment)
    for entry in launch.entrypoints:
        assert variables.command_of(entry, launch, environment)
        assert variables.environment_of(entry, launch, environment)
