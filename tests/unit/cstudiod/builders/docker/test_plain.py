"""What buildx says becomes events with blocks, and failures with lines."""

from __future__ import annotations

from cstudiod.builders.docker.plain import PlainReader
from cstudiod.model.blueprints import Fragment, ImagePlan
from cstudiod.model.builds import BuildEvent, BuildFailure, Level
from cstudiod.model.dockerfiles import render

PLAN = ImagePlan(
    fragments=(
        Fragment(block=3, block_type="append_dockerfile", dockerfile="RUN make", lines={1: 17}),
    )
)
# Counted: 1 FROM, 2 WORKDIR, 3 RUN make, 4 WORKDIR.
BUILD = """#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
#5 [1/4] FROM docker.io/library/base
#6 [2/4] WORKDIR /home/dataiku
#6 CACHED
#7 [3/4] RUN make
#7 0.212 cc main.c
#7 0.300 E: bad
"""


def read(text: str) -> tuple[list[BuildEvent], PlainReader]:
    """Read all lines of a build."""
    reader = PlainReader(render(PLAN, "base"))
    return [reader.read(line) for line in text.splitlines()], reader


def test_lines_belong_to_the_block_of_their_step() -> None:
    """Steps that take no time are not numbered by buildx."""
    events, _ = read(BUILD)
    assert [(one.text, one.block, one.step, one.steps) for one in events] == [
        ("[internal] load build definition from Dockerfile", -1, 0, 0),
        ("DONE 0.0s", -1, 0, 0),
        ("Step 1/4 : FROM docker.io/library/base", -1, 1, 4),
        ("Step 2/4 : WORKDIR /home/dataiku", 3, 2, 4),
        ("CACHED", 3, 2, 4),
        ("Step 3/4 : RUN make", 3, 3, 4),
        ("cc main.c", 3, 3, 4),
        ("E: bad", 3, 3, 4),
    ]
    assert events[-1].level is Level.ERROR


FAILED = """#7 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 2
------
 > [3/4] RUN make:
0.212 cc main.c
------
Dockerfile:6
--------------------
ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2
"""


def test_a_failed_step_is_told_with_its_lines() -> None:
    """And the template's line."""
    events, reader = read(BUILD + FAILED)
    assert events
    assert reader.failure(1) == BuildFailure(
        message="`RUN make` ended with exit status 2", block=3, block_type="append_dockerfile",
        line=17, statement="RUN make",
        evidence="cc main.c\nE: bad",
    )  # fmt: skip


def test_a_line_that_cannot_be_parsed_is_found_in_the_template() -> None:
    """It is refused before any step."""
    _, reader = read(
        "ERROR: failed to solve: dockerfile parse error on line 6: unknown instruction: FOO\n"
    )
    failure = reader.failure(1)
    assert (failure.block, failure.line) == (3, 17)
    assert "unknown instruction: FOO" in failure.message


def test_a_docker_without_buildx_is_a_sentence() -> None:
    """Three ways in which it says so."""
    for said in (
        "docker: 'buildx' is not a docker command.",
        "docker: unknown command: docker buildx",
        "unknown flag: --progress\nUsage:  docker [OPTIONS] COMMAND [ARG...]",
    ):
        assert "no buildx" in read(said)[1].failure(1).message


def test_what_is_not_known_is_told_as_it_came() -> None:
    """With the exit status."""
    assert "exit status 9" in read("hm")[1].failure(9).message
