"""The cluster's half of client/README.md: what stands there is typed, and what it promises is seen.

With the smallest of the examples in place of JupyterLab, whose packages other tests install.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from support import containers, kubernetes
from support.cli import Cstudio
from support.registry import registry
from support.workshop import fetched

pytestmark = [pytest.mark.docker, pytest.mark.cluster, pytest.mark.timeout(300)]

ROOT = Path(__file__).resolve().parents[2]
STEP_SECONDS = 200
BUILD = f'[build]\nparent = "{containers.PYTHON}"\n\n'
SHOWN, TYPED = "jupyter", "http-server"


def section() -> str:
    """Return what the README says of clusters."""
    text = (ROOT / "client/README.md").read_text()
    found = re.search(r"^### The same on a cluster\n(.*?)^#{2,3} ", text, re.M | re.S)
    assert found is not None
    return found.group(1)


def block(kind: str) -> str:
    """Return the first block of a kind in it."""
    found = re.search(rf"^```{kind}\n(.*?)^```", section(), re.M | re.S)
    assert found is not None
    return found.group(1)


def commands() -> list[list[str]]:
    """Return the words of each command; `open` shows its address instead of a browser."""
    lines = (line.partition(" #")[0].replace(SHOWN, TYPED) for line in block("sh").splitlines())
    found = [shlex.split(line)[1:] for line in lines if line]
    return [[*words, "--print"] if words[0] == "open" else words for words in found]


def test_the_tour(cstudio: Cstudio, tmp_path: Path) -> None:
    """From a configuration to a studio in a pod that answers on this machine."""
    with kubernetes.namespace("cstudio-tour") as namespace, registry(tmp_path) as address:
        settings = block("toml").replace('"studios"', f'"{namespace.name}"')
        settings = settings.replace("registry.example.com", address)
        (cstudio.state / "config.toml").write_text(BUILD + settings)
        cstudio.run("template", "create", str(ROOT / f"client/examples/templates/{TYPED}.yaml"))
        said = {words[0]: cstudio.run(*words, timeout=STEP_SECONDS).stdout for words in commands()}
        assert fetched(said["open"].strip())[0] == 200
        studio = cstudio.json("studio", "show", "lab")
        assert (studio["runtime"], studio["state"], studio["reason"]) == (
            "kubernetes",
            "RUNNING",
            None,
        )
        pods = namespace.kubectl("get", "pods", "-o", "name").stdout.decode()
        inside = cstudio.run("studio", "exec", "lab", "--", "cat", input="a line\n")
        assert inside.stdout == "a line\n"
        assert cstudio.run("studio", "exec", "lab", "--", "hostname").stdout.strip() in pods
        builds = cstudio.json("template", "builds", TYPED)
        assert builds[-1]["digest"], "the README's build was pushed"
        cstudio.run("studio", "delete", "lab", "--yes", timeout=STEP_SECONDS)
        assert namespace.kubectl("get", "deploy", "-o", "name").stdout == b""
