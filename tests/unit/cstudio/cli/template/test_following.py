"""What is told of a build on its way."""

from __future__ import annotations

import click
import pytest
from cstudio import errors
from cstudio.cli.template import following, pictures
from cstudio_api.v1 import templates_pb2 as pb

Line = pb.FollowTemplateBuildResponse.Line


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (Line(text="FROM x", block=-1), "base | FROM x"),
        (Line(text="RUN y", block=1, block_type="entrypoint"), "2 entrypoint | RUN y"),
        (Line(text="\x1b[31mno", block=0, block_type="r", is_error=True), r"1 r | \u001b[31mno"),
    ],
)
def test_a_line_says_which_block_it_belongs_to(line: Line, text: str) -> None:
    assert click.unstyle(following.labelled(line)) == text


@pytest.mark.parametrize(
    ("step", "steps", "text"),
    [
        (0, 0, "build b3  base"),
        (2, 0, "build b3  step 2  base"),
        (2, 4, "build b3 [########--------]  step 2/4  base"),
        (4, 4, "build b3 [################]  step 4/4  base"),
        (5, 4, "build b3 [################]  step 5/4  base"),
    ],
)
def test_how_far_it_is(step: int, steps: int, text: str) -> None:
    assert following.how_far("b3", "base", step, steps) == text


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (pb.TemplateBuild.STATE_FAILED, errors.CstudioError),
        (pb.TemplateBuild.STATE_CANCELLED, errors.StateError),
    ],
)
def test_a_build_that_made_nothing_is_a_failure(
    state: pb.TemplateBuild.State, kind: type[errors.CstudioError]
) -> None:
    build = pb.TemplateBuild(id="b3", template="lab", state=state)
    with pytest.raises(kind) as caught:
        following.raise_failure(build)
    assert caught.value.hint == "cstudio template logs b3"


def test_one_that_runs_or_succeeded_is_none() -> None:
    following.raise_failure(pb.TemplateBuild(state=pb.TemplateBuild.STATE_RUNNING))
    following.raise_failure(pb.TemplateBuild(state=pb.TemplateBuild.STATE_SUCCEEDED))


def test_how_long_it_took() -> None:
    build = pb.TemplateBuild()
    assert pictures.took(build) == ""
    build.start_time.FromSeconds(100)
    build.end_time.FromMilliseconds(104_200)
    assert pictures.took(build) == "4.2 s"
    build.end_time.FromSeconds(100 + 725)
    assert pictures.took(build) == "12:05 min"
