"""What Docker says while it builds becomes events with blocks, and failures with lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from cstudiod.builders.docker.told import Reader
from cstudiod.model.blueprints import Fragment, ImagePlan
from cstudiod.model.builds import BuildEvent, BuildFailure, Level
from cstudiod.model.dockerfiles import render

PLAN = ImagePlan(
    fragments=(
        Fragment(block=3, block_type="append_dockerfile", dockerfile="RUN make", lines={1: 17}),
    )
)
# Step 1 FROM, 2 USER, 3 WORKDIR, 4 RUN make, 5 USER, 6 WORKDIR.


def read(*items: Mapping[str, Any]) -> tuple[list[BuildEvent], Reader]:
    """Read a stream."""
    reader = Reader(render(PLAN, "base"))
    return [event for item in items for event in reader.read(item)], reader


def stream(*texts: str) -> list[dict[str, str]]:
    """Return what Docker sends for these texts."""
    return [{"stream": text} for text in texts]


SILENT = ("Step 2/6 : USER dataiku\n", "Step 3/6 : WORKDIR /home/dataiku\n")


def test_lines_belong_to_the_block_of_their_step() -> None:
    """Pieces are joined to lines; empty ones are left out."""
    texts = ["Step 1/6 : FROM base", "\n", " ---> abc\n", *SILENT, "Step 4/6 : RUN make\n", "half "]
    events, _ = read(*stream(*texts, "line\n", "\x1b[91moops\n\x1b[0m", "ERROR: bad\n"))
    shown = [event for event in events if event.step not in (2, 3)]
    assert [(event.text, event.block, event.step, event.level) for event in shown] == [
        ("Step 1/6 : FROM base", -1, 1, Level.INFO),
        (" ---> abc", -1, 1, Level.INFO),
        ("Step 4/6 : RUN make", 3, 4, Level.INFO),
        ("half line", 3, 4, Level.INFO),
        ("oops", 3, 4, Level.WARNING),
        ("ERROR: bad", 3, 4, Level.ERROR),
    ]
    assert {event.steps for event in events} == {6}


def test_a_command_that_talks_like_docker_is_not_believed() -> None:
    """A build inside a step has steps too."""
    texts = ["Step 1/6 : FROM base\n", *SILENT, "Step 4/6 : RUN make\n", "Step 1/2 : FROM x\n"]
    events, _ = read(*stream(*texts, "Step 5/2 : RUN y\n"))
    assert [event.step for event in events] == [1, 2, 3, 4, 4, 4]


def test_what_comes_last_without_an_end_is_not_lost() -> None:
    """It is told when the stream ends."""
    events, reader = read(*stream("tail"))
    assert events == []
    assert [event.text for event in reader.rest()] == ["tail"]


def test_progress_bars_are_left_out() -> None:
    """Of pulls and pushes; what began and ended is told."""
    events, reader = read(
        {"status": "Pulling from library/debian", "id": "12"},
        {"status": "Downloading", "progressDetail": {"current": 1}, "id": "ab"},
        {"status": "Pull complete", "progressDetail": {}, "id": "ab"},
        {"aux": {"Tag": "12", "Digest": "sha256:d", "Size": 5}},
        {"aux": {"ID": "sha256:i"}},
    )
    assert [event.text for event in events] == [
        "12: Pulling from library/debian",
        "ab: Pull complete",
    ]
    assert (reader.image, reader.digest) == ("sha256:i", "sha256:d")


def test_a_failed_step_is_told_with_its_lines() -> None:
    """Its own, not those of steps before it."""
    texts = ["Step 1/6 : FROM base\n", "before\n", *SILENT, "Step 4/6 : RUN make\n"]
    events, reader = read(*stream(*texts, "make: *** [all] Error 2\n"))
    assert events
    said = "The command '/bin/sh -c make' returned a non-zero code: 2"
    assert reader.failure({"errorDetail": {"code": 2, "message": said}, "error": said}) == (
        BuildFailure(
            message="`RUN make` ended with exit status 2", block=3, block_type="append_dockerfile",
            line=17, statement="RUN make", evidence="make: *** [all] Error 2",
        )
    )  # fmt: skip


def test_what_is_no_error_is_no_failure() -> None:
    """Most of the stream."""
    assert read()[1].failure({"stream": "ERROR: not by itself"}) is None


PLAIN = [
    (
        "COPY failed: file not found in build context or excluded by .dockerignore:"
        " stat a/b: file does not exist",
        "COPY found nothing at `a/b`",
    ),
    ("COPY failed: stat a/b: file does not exist", "COPY found nothing at `a/b`"),
    (
        "pull access denied for nowhere, repository does not exist or may require 'docker login'",
        "there is no image `nowhere`",
    ),
    ("manifest for debian:13x not found: manifest unknown", "there is no image `debian:13x`"),
    ("Get http://r:9/v2/: dial tcp r:9: connect: connection refused", "could not be reached"),
    ("unauthorized: authentication required", "refused the credentials"),
    ("denied: requested access to the resource is denied", "refused the credentials"),
    ("the --mount option requires BuildKit. Refer to", "needs BuildKit"),
    ("write /x: no space left on device", "the disk is full"),
    ("something new", "Docker said: something new"),
]


@pytest.mark.parametrize(("said", "words"), PLAIN)
def test_what_the_engine_itself_says_is_a_sentence(said: str, words: str) -> None:
    """And the engine's words are the evidence."""
    failure = read()[1].failure({"error": said})
    assert failure is not None
    assert words in failure.message
    assert failure.evidence == said


@pytest.mark.parametrize(
    "said",
    [
        "dockerfile parse error line 6: unknown instruction: FOO",
        'failed to parse Dockerfile: dockerfile parse error on line 6: unknown instruction: "FOO"',
    ],
)
def test_a_line_that_cannot_be_parsed_is_found_in_the_template(said: str) -> None:
    """The Dockerfile's line 6 is line 17 of the template."""
    failure = read()[1].refused(said)
    assert (failure.block, failure.line) == (3, 17)
    assert failure.message.startswith("the Dockerfile is not valid: unknown instruction")
    assert failure.statement == "RUN make"


def test_another_refusal_is_nobodys_block() -> None:
    """It is told as it came."""
    failure = read()[1].refused("no such network: x")
    assert (failure.block, failure.message) == (-1, "Docker said: no such network: x")
