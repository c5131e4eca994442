"""What a launch document says of files and of waiting for them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cstudio_runner.launch import File, Launch, LaunchRefused, to_json
from cstudio_runner.reading import parse


def _document(**more: Any) -> str:
    return json.dumps({"version": 1, "base_path": "/code-studios/P/s", **more})


def test_files_and_the_word_to_wait_for_come_back_as_they_were() -> None:
    file = File("/a/kernel.json", "${baseUrl}", executable=True, keep=True, verbatim=True)
    launch = Launch(base_path="/code-studios/P/s", files=(file,), hold="w0rd")
    assert parse(to_json(launch)) == launch


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"files": [{"content": "x"}]}, "files[0].path is missing"),
        ({"files": [{"path": "a", "content": ""}]}, "files[0].path is not an absolute path"),
        ({"files": [{"path": "/a", "mode": 1}]}, "files[0].mode is unknown"),
        ({"hold": "a b"}, "hold has characters other than letters, digits and `._~-`"),
    ],
)
def test_what_is_wrong_with_them_is_told(more: dict[str, Any], problem: str) -> None:
    with pytest.raises(LaunchRefused) as caught:
        parse(_document(**more))
    assert caught.value.problems == (problem,)
