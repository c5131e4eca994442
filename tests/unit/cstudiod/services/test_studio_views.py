"""Whether a studio is what its template is now."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace
from typing import Any

import pytest
from cstudiod.model.studios import StudioSpec
from cstudiod.model.templates import RuntimeKind
from cstudiod.services.studio_views import is_outdated
from cstudiod.store.studios import StoredStudio

STUDIO = StoredStudio(
    uid="abcdefgh",
    spec=StudioSpec(name="s", project="P", owner="ada", template="t", runtime=RuntimeKind.DOCKER),
    library="s",
    create_time=0,
    is_up=True,
    image="cstudio/t:1",
    template_uid="t",
    template_generation=2,
)


@pytest.mark.parametrize(
    ("studio", "template", "outdated"),
    [
        ({}, {}, False),
        ({}, {"generation": 3}, True),
        ({}, {"uid": "another"}, True),
        ({}, {"image": "cstudio/t:2"}, True),
        ({}, {"image": "registry.example:5000/cstudio/t:1"}, False),
        ({"image": "registry.example/t@sha256:1"}, {"image": "cstudio/t:2"}, False),
        ({"image": ""}, {}, False),
        ({}, {"image": ""}, False),
        ({"is_up": False}, {"generation": 3}, False),
    ],
)
def test_a_studio_is_outdated(
    studio: dict[str, Any], template: dict[str, Any], outdated: bool
) -> None:
    """When its template, or what that builds, is another one since it was started."""
    stored = SimpleNamespace(**{"uid": "t", "generation": 2, "image": "cstudio/t:1", **template})
    view: Any = SimpleNamespace(stored=stored)
    assert is_outdated(dataclasses.replace(STUDIO, **studio), view) is outdated
