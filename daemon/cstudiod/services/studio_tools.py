"""What every studio's life is made with, and how a start that cannot work is told."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from cstudiod.model.studios import Reason
from cstudiod.model.sync_sessions import Target
from cstudiod.ports import Channel, StudioRuntime
from cstudiod.services.builds import Builds
from cstudiod.services.studio_zones import StudioZones
from cstudiod.services.templates import Templates
from cstudiod.store.studios import StoredStudio

OpenCommand = Callable[[Target, tuple[str, ...]], "contextlib.AbstractAsyncContextManager[Channel]"]


E = TypeVar("E", bound=BaseException)


class StartFailed(Exception):
    """A start has ended, and why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.message)
        self.reason = reason


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


def first_of(group: BaseExceptionGroup[E]) -> E:
    """Return the first error of a group, however deep it is."""
    error = group.exceptions[0]
    return first_of(error) if isinstance(error, BaseExceptionGroup) else error


def ended() -> Reason:
    """Return why a studio is down of which nothing more is known."""
    return Reason(
        code="entrypoint_exited", message="it has ended", next="cstudio studio logs --previous"
    )


def removed() -> Reason:
    """Return why a studio is down that is not there any more."""
    return Reason(
        code="removed", message="somebody removed it from outside", next="cstudio studio start"
    )
