"""Names of sessions."""

from __future__ import annotations

import itertools
import re

import pytest
from cstudio.client import naming


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("/home/ada/src", "src"),
        ("/home/ada/My Project", "my-project"),
        ("/data/2024", "sync-2024"),
        (r"/caf\xe9", "caf-xe9"),
        ("/home/ada/日本", "sync"),
        ("/", "sync"),
        ("/" + "x" * 90, "x" * 48),
    ],
)
def test_a_session_is_named_after_its_folder(folder: str, name: str) -> None:
    assert next(naming.candidates(folder)) == name


def test_taken_names_are_counted_up() -> None:
    assert list(itertools.islice(naming.candidates("/src"), 3)) == ["src", "src-2", "src-3"]


def test_every_candidate_is_a_name_that_the_contract_allows() -> None:
    for folder in ("/a", "/-", "/9", "/" + "ü" * 70, "/" + "z" * 300):
        for name in naming.candidates(folder):
            assert re.fullmatch(r"[a-z][a-z0-9-]{0,62}", name)


def test_names_and_resources_are_the_same_thing() -> None:
    assert naming.resource("api") == naming.resource("syncSessions/api") == "syncSessions/api"
    assert naming.short("syncSessions/api") == "api"
