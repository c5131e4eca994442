"""Follows a studio until it runs, or has stopped; says each stage on the way."""

from __future__ import annotations

import contextlib
import enum
import shutil
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cstudio import errors, words
from cstudio.cli import output, progress
from cstudio.cli.studio import showing
from cstudio.cli.tables import clipped, plain
from cstudio.client import StudioChanged, StudioDeleted

if TYPE_CHECKING:
    from cstudio_api.v1.studios_pb2 import Studio

    from cstudio.client import BlockingClient


class Verdict(enum.Enum):
    """How a start or a stop stands."""

    GOES_ON = enum.auto()
    DONE = enum.auto()
    FAILED = enum.auto()


@dataclass(frozen=True, kw_only=True)
class Begun:
    """What was begun with a studio, judged by each of its states from then on.

    What is as it was when that began says nothing yet.
    """

    first: Studio
    """As the call answered that began it."""

    def start(self, studio: Studio) -> Verdict:
        """Return how a start stands."""
        match words.studio_state(studio.state):
            case "RUNNING":
                return Verdict.FAILED if is_kept_up(studio) else Verdict.DONE
            case "STOPPED":
                return Verdict.GOES_ON if self._is_as_it_was(studio) else Verdict.FAILED
            case _:
                return Verdict.GOES_ON

    def stop(self, studio: Studio) -> Verdict:
        """Return how a stop stands."""
        match words.studio_state(studio.state):
            case "STOPPED":
                return Verdict.DONE
            case "RUNNING" | "STARTING":
                return Verdict.GOES_ON if self._is_as_it_was(studio) else Verdict.FAILED
            case _:
                return Verdict.GOES_ON

    def restart(self, studio: Studio) -> Verdict:
        """Return how a restart stands: it stops in between, which is no failure."""
        state = words.studio_state(studio.state)
        if state in ("STARTING", "STOPPING") or self._is_as_it_was(studio):
            return Verdict.GOES_ON
        if studio.HasField("reason"):
            return Verdict.FAILED
        return Verdict.DONE if state == "RUNNING" else Verdict.GOES_ON

    def _is_as_it_was(self, studio: Studio) -> bool:
        first = self.first
        return (studio.state, studio.state_time) == (first.state, first.state_time)


def is_kept_up(studio: Studio) -> bool:
    """Tell whether a studio failed to start, and is up for a look alone."""
    return studio.HasField("reason") and bool(studio.stage)


def until_running(client: BlockingClient, studio: Studio, *, bar: bool) -> Studio:
    """Return a starting studio once it runs.

    Raises:
        TargetError: it does not, with the reason, the evidence and the next step.
    """
    settled, verdict = _settle(client, studio, Begun(first=studio).start, bar)
    if verdict is Verdict.FAILED:
        raise showing.failure(settled, "did not start", errors.TargetError)
    return settled


def until_restarted(client: BlockingClient, studio: Studio, *, bar: bool) -> Studio:
    """Return a studio that is restarted once it runs.

    Raises:
        TargetError: it does not, with the reason, the evidence and the next step.
    """
    settled, verdict = _settle(client, studio, Begun(first=studio).restart, bar)
    if verdict is Verdict.FAILED:
        raise showing.failure(settled, "was not restarted", errors.TargetError)
    return settled


def until_stopped(client: BlockingClient, studio: Studio, *, bar: bool) -> Studio:
    """Return a stopping studio once it has stopped.

    Raises:
        StateError: it goes on, with the reason, the evidence and the next step.
    """
    settled, verdict = _settle(client, studio, Begun(first=studio).stop, bar)
    if verdict is Verdict.FAILED:
        raise showing.failure(settled, "did not stop", errors.StateError)
    return settled


def _settle(
    client: BlockingClient, studio: Studio, judge: Callable[[Studio], Verdict], bar: bool
) -> tuple[Studio, Verdict]:
    """Return the studio and the verdict once it goes on no more."""
    verdict = Verdict.GOES_ON
    with contextlib.closing(_states(client, studio, bar=bar)) as states:
        for studio in states:
            verdict = judge(studio)
            if verdict is not Verdict.GOES_ON:
                break
    return studio, verdict


def _states(client: BlockingClient, studio: Studio, *, bar: bool) -> Generator[Studio, None, None]:
    """Yield a studio as it is now, and each time that it changes; say its stages.

    Ctrl-C stops following; what was begun goes on.
    """
    stages = Stages(studio, bar=bar)
    try:
        stages.show(studio)
        yield studio
        for event in client.studios.watch(studio.name, studio.project):
            if isinstance(event, StudioDeleted):
                raise errors.NotFoundError(f"`{studio.name}` was deleted", reason="NOT_FOUND")
            if isinstance(event, StudioChanged):
                stages.show(event.studio)
                yield event.studio
    except KeyboardInterrupt:
        stages.close()
        output.talk(f"`{studio.name}` goes on by itself\nhint: cstudio studio show {studio.name}")
        raise
    finally:
        stages.close()


class Stages:
    """Says what is being done: a line that is drawn anew, or a line a stage."""

    def __init__(self, studio: Studio, *, bar: bool) -> None:
        self._name = studio.name
        self._bar = bar
        self._begun = time.monotonic()
        self._said = ""

    def show(self, studio: Studio) -> None:
        """Say the stage, and trouble on the way."""
        text = said(studio)
        if not text or text == self._said:
            return
        self._said = text
        after = f"{time.monotonic() - self._begun:5.1f} s"
        if not self._bar:
            output.talk(f"{after}  {text}")
            return
        limit = shutil.get_terminal_size().columns - 1
        line = clipped(f"{self._name}  {text}", limit)
        sys.stderr.write(progress.CLEAR + line)
        sys.stderr.flush()

    def close(self) -> None:
        """Take the line away."""
        if self._bar:
            sys.stderr.write(progress.CLEAR)
            sys.stderr.flush()


def said(studio: Studio) -> str:
    """Return what is being done in a studio; nothing when it rests."""
    state = words.studio_state(studio.state)
    if state not in ("STARTING", "STOPPING"):
        return ""
    trouble = studio.reason.message
    return plain(": ".join(part for part in (studio.stage or state.lower(), trouble) if part))
