"""The launch document: what it becomes, and everything that is wrong with it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cstudio_runner.launch import (
    Entrypoint,
    Launch,
    LaunchRefused,
    Nginx,
    Port,
    Readiness,
    Timing,
    to_json,
)
from cstudio_runner.reading import parse

BASE = "/code-studios/P/s"
FULL = Launch(
    base_path=BASE + "_${K8S_POD_NAME}",
    workdir="/w",
    state="/tmp/s",
    env={"A": "b"},
    entrypoints=(
        Entrypoint("lab", ("jupyter", "--port=${port}"), "JupyterLab", port=8888, aliases=False),
        Entrypoint("docs", "exec make docs", cwd="docs", env={"X": "1"}, restart="never"),
    ),
    ports=(
        Port(8888, 40001, "JupyterLab", subpath="$request_uri"),
        Port(5000, 5000, html=False, public=True),
    ),
    nginx=Nginx(address="0.0.0.0", port=10080, secret="abc-1"),
    readiness=Readiness((8888,), "http://localhost:8888${baseUrlPort8888}/api", {"A-B": "c"}),
    timing=Timing(grace=3.5),
)


@pytest.mark.parametrize("launch", [FULL, Launch(base_path=BASE)])
def test_a_document_means_what_was_written(launch: Launch) -> None:
    assert parse(to_json(launch)) == launch


def test_what_is_left_out_has_a_default() -> None:
    document = {
        "version": 1,
        "base_path": BASE,
        "entrypoints": [{"name": "a", "command": "x", "port": 80}, {"name": "b", "command": ["y"]}],
        "ports": [{"port": 80}],
        "nginx": True,
        "readiness": {"tcp": True},
    }
    assert parse(json.dumps(document)) == Launch(
        base_path=BASE,
        entrypoints=(Entrypoint("a", "x", port=80), Entrypoint("b", ("y",))),
        ports=(Port(80, 80),),
        nginx=Nginx(),
        readiness=Readiness((80,)),
    )


def _problems(**document: Any) -> list[str]:
    with pytest.raises(LaunchRefused) as refused:
        parse(json.dumps({"version": 1, "base_path": BASE, **document}))
    return list(refused.value.problems)


def test_everything_wrong_is_told_at_once() -> None:
    assert _problems(
        base_path="/a b",
        workdir="here",
        colour="red",
        env={"A-B": "x", "C": 1},
        entrypoints=[
            {"name": "nginx", "command": []},
            {"name": "a/b", "command": "x", "restart": "sometimes", "cmd": "y"},
            "lab",
        ],
        ports=[{"port": 0}, {"port": 8888, "subpath": "/x", "public": "yes"}],
        nginx={"address": "localhost", "secret": "$x"},
        readiness={"tcp": "all", "url": "ftp://x", "headers": {"a b": "c"}},
        timing={"grace": -1},
    ) == [
        "entrypoints[0].name `nginx` is the runner's own",
        "entrypoints[0].command is neither a list of words nor a command line",
        "entrypoints[1].name 'a/b' is not made of letters, digits, `.`, `_` and `-`",
        "entrypoints[1].restart is not one of `always`, `on-failure`, `never`",
        "entrypoints[1].cmd is unknown",
        "entrypoints[2] is not an object",
        "entrypoints[2].name '' is not made of letters, digits, `.`, `_` and `-`",
        "entrypoints[2].command is neither a list of words nor a command line",
        "base_path is not made of `/` and names of letters, digits and `._~-`",
        "workdir is not an absolute path",
        "env has the impossible name 'A-B'",
        "env.C is not a text",
        "ports[0].port is not a port (1 to 65535)",
        "ports[1].subpath is not one of `/`, `$request_uri`, `/$request_uri`, `$uri$is_args$args`",
        "ports[1].public is not true or false",
        "nginx.address is not an IP address",
        "nginx.secret has characters other than letters, digits and `._~-`",
        "readiness.tcp is neither true, false nor a list of ports",
        "readiness.headers has the impossible name 'a b'",
        "timing.grace is not a number of seconds above 0, at most a day",
        "colour is unknown",
        "readiness.url is not an http or https address",
    ]


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (
            {"entrypoints": [{"name": "a", "command": "x"}] * 2},
            "the entrypoint `a` is there twice",
        ),
        (
            {"ports": [{"port": 80}, {"port": 80, "listen": 81}]},
            "the port 80 is there twice",
        ),
        (
            {"ports": [{"port": 80}, {"port": 81, "listen": 80}]},
            "a listener on port 80 is there twice",
        ),
        (
            {"ports": [{"port": 20080}], "nginx": True},
            "a listener on port 20080 is there twice",
        ),
        (
            {"entrypoints": [{"name": "a", "command": "x", "port": 80}]},
            "entrypoints: `a` serves port 80, which is not in `ports`",
        ),
        ({"readiness": {"tcp": [9]}}, "readiness.tcp: port 9 is not in `ports`"),
        (
            {"readiness": {"url": "http://localhost${baseUrlPort9}/"}},
            "readiness.url has the unknown variable `${baseUrlPort9}`",
        ),
        (
            {"readiness": {"url": "http://a:99999/"}},
            "readiness.url is not an http or https address",
        ),
        ({"base_path": "/x/${HOME}"}, "base_path has the unknown variable `${HOME}`"),
        (
            {"base_path": "/x/../y"},
            "base_path is not made of `/` and names of letters, digits and `._~-`",
        ),
        ({"base_path": ""}, "base_path is missing"),
        ({"ports": [{}]}, "ports[0].port is missing"),
        ({"version": 2}, "version is 2; this runner knows 1"),
        (
            {"entrypoints": [{"name": "a", "command": ["a", 1]}]},
            "entrypoints[0].command is neither a list of words nor a command line",
        ),
        (
            {"entrypoints": [{"name": "a", "command": "x", "label": "a\nb"}]},
            "entrypoints[0].label has a line break or another control character",
        ),
    ],
)
def test_one_problem(document: dict[str, Any], problem: str) -> None:
    assert _problems(**document) == [problem]


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"'])
def test_what_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(LaunchRefused):
        parse(text)
