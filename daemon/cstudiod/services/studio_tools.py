"""What every studio's life is made with, and how a start that cannot work is told."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from cstudiod.errors import CstudioError
from cstudiod.machines import publishing
from cstudiod.model.studios import Reason
from cstudiod.model.sync_sessions import Target
from cstudiod.ports import Channel, StudioRuntime
from cstudiod.services.builds import Builds
from cstudiod.services.studio_uses import Uses
from cstudiod.services.studio_zones import StudioZones
from cstudiod.services.templates import Templates, TemplateView
from cstudiod.store.studios import StoredStudio

OpenCommand = Callable[[Target, tuple[str, ...]], "contextlib.AbstractAsyncContextManager[Channel]"]
_REMOVED = "removed"
_TOLD = 5
"""How many paths a sentence names."""

E = TypeVar("E", bound=BaseException)


class StartFailed(Exception):
    """A start has ended, and why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.message)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How long a life waits, in seconds."""

    again: float = 1.0
    """Before something is tried once more."""
    watch_again: float = 2.0
    """Before a runtime is asked again that could not be reached."""
    remove_grace: float = 10.0
    discard: float = 5.0
    """For files that may be lost, on their way back."""
    crashes: int = 3
    """So many ends in `crash_seconds` are too many."""
    crash_seconds: float = 600.0


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What every studio's life needs."""

    templates: Templates
    builds: Builds
    zones: StudioZones
    runtime: Callable[[StoredStudio], StudioRuntime]
    open_command: OpenCommand
    registry: Callable[[StoredStudio], str]
    """Where its image must be pushed to in order to be found; empty: nowhere."""
    clock: Callable[[], float]
    uses: Uses
    timing: Timing = Timing()

    def view(self, studio: StoredStudio) -> TemplateView:
        """Return what a studio's template means to it now.

        Raises:
            CstudioError: it means nothing any more.
        """
        found = self.templates.get(studio.spec.template)
        if not studio.zones_of:
            return found
        return dataclasses.replace(found, blueprint=publishing.published(found.blueprint))


def first_of(group: BaseExceptionGroup[E]) -> E:
    """Return the first error of a group, however deep it is."""
    error = group.exceptions[0]
    return first_of(error) if isinstance(error, BaseExceptionGroup) else error


def of_error(error: CstudioError) -> Reason:
    """Return an error of ours as a reason."""
    return Reason(
        code=error.reason.lower(),
        message=error.message,
        next=error.next,
        evidence=str(error.metadata.get("evidence", "")),
    )


def passing(error: StartFailed | CstudioError) -> Reason:
    """Return an error of ours as a reason that may go by itself."""
    reason = error.reason if isinstance(error, StartFailed) else of_error(error)
    return dataclasses.replace(reason, fatal=False)


def bug(error: BaseException) -> Reason:
    """Return how a mistake of ours is told."""
    what = f"{type(error).__name__}: {error}"[:300]
    return Reason(code="bug", message=f"cstudio made a mistake ({what}); the log says more")


def ended(name: str) -> Reason:
    """Return why a studio is down of which nothing more is known."""
    return Reason(
        code="entrypoint_exited",
        message="it has ended",
        next=f"cstudio studio logs {name} --previous",
    )


def removed(name: str) -> Reason:
    """Return why a studio is down that is not there any more."""
    return Reason(
        code=_REMOVED,
        message="somebody removed it from outside",
        next=f"cstudio studio start {name}",
    )


def is_made_anew(studio: StoredStudio, reason: Reason) -> bool:
    """Tell whether what is down by a reason comes back: nobody looks after a web app's replica."""
    return bool(studio.zones_of) and studio.was_ready and reason.code == _REMOVED


def unsynced(name: str, troubles: Sequence[str]) -> Reason:
    """Return why a studio is not stopped."""
    more = len(troubles) - _TOLD
    told = "; ".join(troubles[:_TOLD]) + (f"; and {more} more" if more > 0 else "")
    return Reason(
        code="unsynced",
        message=f"not stopped, for this would be lost: {told}",
        next=f"cstudio studio stop {name} --discard",
        fatal=False,
    )


def late(name: str, seconds: float, stage: str) -> Reason:
    """Return why a start is given up of which nothing more is known."""
    return Reason(
        code="readiness_timeout",
        message=f"it was not ready within {seconds / 60:g} minutes",
        evidence=stage,
        next=f"cstudio studio logs {name}",
    )
