"""What the runner tells about its studio: the data of status.json.

Times are seconds since the epoch. Readers ignore keys that they do not know.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Dict, Optional, Tuple

VERSION = 1

RUNNING = "running"
WAITING = "waiting"
"""Not running; started again at `next_start`."""
ENDED = "ended"
"""Its restart policy lets it be."""
STOPPED = "stopped"


@dataclass(frozen=True)
class Reason:
    """Why something is not as it should be, in the words of the daemon's table of reasons."""

    code: str
    """bad_command, port_in_use, oom_killed, crash_loop, entrypoint_exited, mount_failed."""
    message: str
    """One sentence."""
    evidence: str = ""
    """What it was concluded from, as it was said."""
    next: str = ""
    """What to do about it."""


@dataclass(frozen=True)
class Exit:
    """One end of an entrypoint."""

    at: float
    seconds: float
    """How long it ran."""
    code: Optional[int]
    """Exit status; None when a signal ended it, or it never started."""
    signal: str
    """Name of the signal, like SIGKILL; empty when it exited by itself."""
    tail: Tuple[str, ...]
    """Its last lines, at most 20."""
    reason: Optional[Reason]
    """None when it ended as its restart policy lets it."""


@dataclass(frozen=True)
class EntryStatus:
    """One entrypoint, or nginx."""

    name: str
    label: str
    state: str
    """running, waiting, ended or stopped."""
    pid: Optional[int]
    started: Optional[float]
    next_start: Optional[float]
    restarts: int
    reason: Optional[Reason]
    """Of the last exit, until it has run for `timing.backoff_reset`."""
    exits: Tuple[Exit, ...]
    """The last five, oldest first."""
    log: str
    """Path of its log file; `.1` after it is the one before."""


@dataclass(frozen=True)
class PortLook:
    """Whether something accepts connections at a port."""

    port: int
    """The exposed port; 0 is nginx's own."""
    listen: int
    outcome: str
    """ok, refused, timeout or failed."""
    detail: str = ""


@dataclass(frozen=True)
class UrlLook:
    """What the readiness URL answered."""

    url: str
    """As it was really asked for."""
    outcome: str
    """ok, refused, timeout, failed, status or wrong_prefix."""
    status: int = 0
    """HTTP status of the last answer; 0 without one."""
    detail: str = ""
    redirected_to: str = ""
    other_url: str = ""
    """Tried after a 404: with the prefix if `url` has none, without if it has."""
    other_status: int = 0


@dataclass(frozen=True)
class Look:
    """One look at readiness."""

    at: float
    ready: bool
    message: str
    """A sentence: what is missing, or that nothing is."""
    ports: Tuple[PortLook, ...] = ()
    url: Optional[UrlLook] = None


@dataclass(frozen=True)
class Status:
    """The whole of status.json."""

    pid: int
    token: str
    """Programs of this run have it in their environment as CSTUDIO_RUNNER_TOKEN."""
    started: float
    phase: str
    """starting (never ready yet), ready, unready (was ready), stopping or stopped."""
    base_path: str
    ready: bool
    readiness: Optional[Look]
    entrypoints: Tuple[EntryStatus, ...]
    reason: Optional[Reason]
    """The gravest of the entrypoints'."""
    oom_kills: int = 0
    """How often the kernel killed here for lack of memory since the runner began."""
    output_dropped: int = 0
    """Lines that nobody read in time; they are in the logs."""
    version: int = VERSION

    def to_dict(self) -> Dict[str, Any]:
        """Return what is written as JSON."""
        return asdict(self)
