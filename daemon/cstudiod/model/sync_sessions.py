"""A sync session: what was asked for, and what is true of it now."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from cstudio_sync.entries import Entry


class Mode(enum.Enum):
    """Which side may change what; the rules are in `cstudio_sync.reconcile`."""

    TWO_WAY_SAFE = "two-way-safe"
    TWO_WAY_LOCAL_WINS = "two-way-local-wins"
    TWO_WAY_REMOTE_WINS = "two-way-remote-wins"
    ONE_WAY_SAFE = "one-way-safe"
    ONE_WAY_REPLICA = "one-way-replica"


class State(enum.Enum):
    """What a session does at this moment."""

    CONNECTING = "connecting"
    SCANNING = "scanning"
    SYNCING = "syncing"
    WATCHING = "watching"
    PAUSED = "paused"
    DISCONNECTED = "disconnected"
    HALTED = "halted"


class TargetKind(enum.Enum):
    """The forms a target may be written in."""

    POD = "pod"
    DEPLOYMENT = "deploy"
    STATEFUL_SET = "sts"
    DOCKER = "docker"
    FOLDER = "folder"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A place to mirror into, as the user knows it."""

    kind: TargetKind
    path: str
    """Absolute path there."""
    name: str = ""
    """Pod, workload or container; empty for a folder."""
    namespace: str = ""
    container: str = ""
    context: str = ""
    kubeconfig: str = ""
    """Absolute path of the file, pinned at creation; empty: in-cluster or the default."""
    pod: str = ""
    """Which replica of a workload, when it has several."""
    all_replicas: bool = False

    def display(self) -> str:
        """Return the form the user typed: ``deploy/api:/app``."""
        match self.kind:
            case TargetKind.FOLDER:
                return self.path
            case TargetKind.DOCKER:
                return f"docker:{self.name}:{self.path}"
            case _:
                return f"{self.kind.value}/{self.name}:{self.path}"


@dataclass(frozen=True, kw_only=True)
class Exclusions:
    """What a session leaves alone, in the order in which it is evaluated."""

    patterns: tuple[str, ...] = ()
    """gitignore lines, from `--exclude` and `--exclude-from`."""
    gitignore: bool = False
    """Honour the `.gitignore` files of the local tree."""
    defaults: bool = True
    """Leave out what `cstudiod.sync.exclusions.DEFAULT_PATTERNS` lists."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What was asked for; changed by Update alone."""

    name: str
    """``[a-z][a-z0-9-]{0,62}``."""
    local: str
    """Absolute, resolved path of the local root."""
    target: Target
    mode: Mode = Mode.TWO_WAY_SAFE
    exclusions: Exclusions = Exclusions()
    create: bool = False
    """Make the remote folder when it is missing."""
    paused: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a session is not simply watching, and what to do about it."""

    code: str
    """A value of the contract's `ErrorReason` without its prefix."""
    message: str
    since: float
    """Unix time in seconds."""
    path: bytes = b""
    next: str = ""
    """The command that goes on."""
    retry_time: float = 0.0
    """Unix time of the next attempt; 0 when nothing is tried by itself."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the work in hand is; all zero when there is none."""

    phase: str = ""
    files_done: int = 0
    files_total: int = 0
    bytes_done: int = 0
    bytes_total: int = 0
    current: bytes = b""
    rate: float = 0.0
    """Bytes a second, lately."""


@dataclass(frozen=True, kw_only=True)
class Watches:
    """How changes are noticed: ``inotify``, ``poll`` or ``off``."""

    local: str = "off"
    remote: str = "off"
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Status:
    """What is true now; output only."""

    state: State = State.CONNECTING
    reason: Reason | None = None
    files: int = 0
    """Files and links that both sides agree on."""
    bytes: int = 0
    conflict_count: int = 0
    problem_count: int = 0
    watch: Watches = Watches()
    endpoint: str = ""
    """``agent``, ``shell``, ``folder``; empty before the first connection."""
    place: str = ""
    """Where the target was found: ``pod api-7c9 (container app)``."""
    last_synced: float | None = None
    """Unix time at which both sides were last known to be in step."""
    progress: Progress = Progress()
    last_change: float = 0.0
    """Unix time at which a change of one side was last done on the other; 0: not yet."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """One session, whole: a value that watchers are shown."""

    uid: str
    spec: Spec
    status: Status
    create_time: float
    update_time: float
    etag: str


@dataclass(frozen=True, kw_only=True)
class Version:
    """One side of a conflict."""

    entry: Entry
    mtime_ns: int


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """A path on which the sides disagree; None is absence."""

    path: bytes
    local: Version | None
    remote: Version | None
    since: float


class ContentState(enum.Enum):
    """What there is to show of one side of a conflict."""

    TEXT = "text"
    BINARY = "binary"
    TOO_LARGE = "too_large"
    ABSENT = "absent"
    NOT_A_FILE = "not_a_file"
    CHANGED = "changed"
    """It is not what was listed any more."""


@dataclass(frozen=True, kw_only=True)
class Content:
    """One side of a conflict, as far as it can be shown."""

    state: ContentState
    text: str = ""
    is_lossy: bool = False
    """Bytes that are not UTF-8 are shown as ``\\xNN``."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A path that is not in step, and why."""

    path: bytes
    side: str
    """``local``, ``remote`` or ``both``."""
    reason: str
    """`cstudio_sync.entries.Problem`, an outcome's status, or a planner's note."""
    detail: str


class Keep(enum.Enum):
    """How a conflict is resolved."""

    LOCAL = "local"
    REMOTE = "remote"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class PlannedChange:
    """One line of a dry run."""

    path: bytes
    side: str
    """The side that would be changed."""
    action: str
    """``create``, ``update``, ``delete``, ``conflict``, ``adopt``, ``leave``."""
    size: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class FlushResult:
    """What a flush found when it was done."""

    in_step: bool
    conflict_count: int
    problem_count: int


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why a path is, or is not, in step."""

    path: bytes
    verdict: str
    """``in_step``, ``excluded``, ``conflict``, ``problem``, ``pending``, ``absent``."""
    rule: str = ""
    """The pattern that decides, as written."""
    rule_source: str = ""
    """Where it stands: ``--exclude``, ``defaults``, or a file and line."""
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """Something the trash holds."""

    id: str
    path: bytes
    side: str
    """Where it was: ``local`` or ``remote``."""
    kind: str
    size: int
    digest: str
    time: float
    why: str
    executable: bool = False
    target: bytes = b""
    """Where a link leads."""

    @property
    def entry(self) -> Entry:
        """What it was."""
        return Entry(self.kind, bytes.fromhex(self.digest), self.size, self.executable, self.target)
