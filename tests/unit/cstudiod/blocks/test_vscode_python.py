"""The extension that makes code environments interpreters of VS Code."""

from __future__ import annotations

import json

from cstudiod.blocks import vscode_python
from cstudiod.blocks.visual_studio_code import BUILT_IN
from support.template_samples import made

CODE = "  - {type: code_environment, name: py}\n"
VSCODE = "  - {type: visual_studio_code}\n"


def test_it_is_whole() -> None:
    """What the manifest names is there, and debugs what the launch configuration asks for."""
    files = vscode_python.files()
    manifest = json.loads(files["package.json"])
    assert manifest["main"].removeprefix("./") in files
    (debugger,) = manifest["contributes"]["debuggers"]
    launched = {file.path: file.content for file in made(CODE + VSCODE).launch.files}
    (asked,) = json.loads(launched["${workdir}/.vscode/launch.json"])["configurations"]
    assert debugger["type"] == asked["type"]
    known = debugger["configurationAttributes"][asked["request"]]["properties"]
    assert set(asked) - {"name", "type", "request"} <= set(known)


def test_it_comes_with_python_alone() -> None:
    """An image without a code environment, or with one of R, does not have it."""
    r = "  - {type: code_environment, name: r, language: R}\n"
    copied = f" {BUILT_IN}/{vscode_python.FOLDER}"
    for blocks, expected in ((CODE, True), (r, False), ("", False)):
        dockerfile = made(blocks + VSCODE).image.fragments[-1].dockerfile
        assert (copied in dockerfile) == expected
