"""Follows a build to its end: its log with the block of each line, and how far it is."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from cstudio import errors
from cstudio.cli import output, progress
from cstudio.cli.tables import clipped, plain
from cstudio.cli.template import pictures

if TYPE_CHECKING:
    from cstudio_api.v1.templates_pb2 import FollowTemplateBuildResponse, TemplateBuild

    from cstudio.client import BlockingClient


class Teller:
    """Writes a log to stderr, above a line that says how far the build is."""

    def __init__(self, build: TemplateBuild, *, bar: bool) -> None:
        self._id = build.id
        self._bar = bar
        self._step, self._steps, self._label = build.step, build.steps, ""

    def take(self, answer: FollowTemplateBuildResponse) -> None:
        """Tell the next lines."""
        self.close()
        self._steps = answer.steps or self._steps
        for line in answer.lines:
            self._step = line.step or self._step
            self._label = pictures.label(line.block, line.block_type)
            output.talk(labelled(line))
        self._draw()

    def close(self) -> None:
        """Take the line away."""
        if self._bar:
            sys.stderr.write(progress.CLEAR)
            sys.stderr.flush()

    def _draw(self) -> None:
        if self._bar:
            limit = shutil.get_terminal_size().columns - 1
            said = how_far(self._id, self._label, self._step, self._steps)
            sys.stderr.write(clipped(said, limit))
            sys.stderr.flush()


def labelled(line: FollowTemplateBuildResponse.Line) -> str:
    """Return `2 jupyterlab | text`."""
    label = click.style(pictures.label(line.block, line.block_type), dim=True)
    text = plain(line.text)
    return f"{label} | {click.style(text, fg='red') if line.is_error else text}"


def how_far(build: str, label: str, step: int, steps: int) -> str:
    """Return `build b3 [####----]  step 3/9  2 jupyterlab`."""
    cells = f" {progress.cells(step / steps)}" if steps else ""
    count = f"step {step}/{steps}" if steps else (f"step {step}" if step else "")
    return "  ".join(part for part in (f"build {build}{cells}", count, label) if part)


def follow(client: BlockingClient, build: TemplateBuild, *, bar: bool) -> TemplateBuild:
    """Return the build once it has ended; Ctrl-C ends it."""
    teller = Teller(build, bar=bar)
    try:
        for answer in client.templates.follow_build(build.id):
            teller.take(answer)
            if answer.HasField("build"):
                return answer.build
    except KeyboardInterrupt:
        teller.close()
        output.talk(f"ending build {build.id}")
        client.templates.cancel_build(build.id)
        raise
    finally:
        teller.close()
    return client.templates.get_build(build.id)


def raise_failure(build: TemplateBuild) -> None:
    """Raise when a build has not made what it should.

    Raises:
        CstudioError: it failed, with block and line.
        StateError: it was ended.
    """
    from cstudio import words

    state = words.build_state(build.state)
    hint = f"cstudio template logs {build.id}"
    if state == "failed":
        evidence = pictures.evidence(build.fault)
        raise errors.CstudioError(
            f"the build of `{build.template}` failed: {pictures.display(build.fault)}",
            reason="BUILD_FAILED",
            hint=hint,
            metadata={"build": build.id, **({"evidence": evidence} if evidence else {})},
        )
    if state == "cancelled":
        raise errors.StateError(
            f"the build of `{build.template}` was ended", reason="WRONG_STATE", hint=hint
        )
