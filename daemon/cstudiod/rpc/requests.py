"""From the contract's requests to the model; what cannot be meant is refused here."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Literal

from cstudio_api.v1 import paths_pb2
from cstudio_api.v1 import sync_sessions_pb2 as pb
from cstudio_sync import paths
from cstudio_sync.paths import PathRefused

from cstudiod.errors import UsageError
from cstudiod.model import targets
from cstudiod.model.sync_sessions import Exclusions, Keep, Mode, Spec, Target
from cstudiod.rpc import texts
from cstudiod.rpc.answers import MODES

_MOST_LABELS = 64
_LABEL_LENGTH = 255
_LABEL_KEY = re.compile(r"[a-z][a-z0-9./_-]{0,62}")

Work = Literal["cycle", "push", "pull", "reset"]

_MODES_BACK: dict[int, Mode] = {value: mode for mode, value in MODES.items()}
_KEEPS: dict[int, Keep] = {
    pb.ResolveSyncConflictsRequest.KEEP_LOCAL: Keep.LOCAL,
    pb.ResolveSyncConflictsRequest.KEEP_REMOTE: Keep.REMOTE,
    pb.ResolveSyncConflictsRequest.KEEP_BOTH: Keep.BOTH,
}
_WORKS: dict[int, Work] = {
    pb.SYNC_WORK_UNSPECIFIED: "cycle",
    pb.SYNC_WORK_CYCLE: "cycle",
    pb.SYNC_WORK_PUSH: "push",
    pb.SYNC_WORK_PULL: "pull",
    pb.SYNC_WORK_RESET: "reset",
}


def spec(request: pb.CreateSyncSessionRequest) -> Spec:
    """Return what a create request asks for."""
    session = request.sync_session
    return Spec(
        name=request.sync_session_id or _derived_name(session),
        local=_local_root(session.local_root, request.working_folder),
        target=_target(session.target, request.working_folder),
        mode=mode(session.mode) or Mode.TWO_WAY_SAFE,
        exclusions=exclusions(session.exclusions),
        create=session.create_remote_root,
        paused=request.paused,
        labels=labels(session.labels),
    )


def _derived_name(session: pb.SyncSession) -> str:
    last = session.local_root.rstrip("/").rpartition("/")[2].lower()
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in last).strip("-")
    return (plain if plain[:1].isalpha() else f"s-{plain}")[:63].rstrip("-")


def _local_root(shown: str, working_folder: str) -> str:
    """Return the path that a display string stands for, as `os` wants it."""
    if not shown:
        raise UsageError("a local root must be given", field="local_root")
    path = os.path.join(_unescaped(working_folder), _unescaped(shown))
    if not path.startswith("/"):
        raise UsageError(f"the local root `{shown}` must be absolute", field="local_root")
    if "\0" in path:
        raise UsageError("the local root has a NUL in it", reason="INVALID_PATH")
    return os.path.normpath(path)


def _unescaped(shown: str) -> str:
    try:
        return texts.unescaped(shown)
    except PathRefused as error:
        raise UsageError(f"`{shown}` is not a path: {error}", reason="INVALID_PATH") from error


def _target(target: pb.SyncTarget, working_folder: str) -> Target:
    return targets.parse(
        _unescaped(target.text),
        namespace=target.namespace,
        container=target.container,
        context=target.context,
        kubeconfig=_unescaped(target.kubeconfig),
        pod=target.pod,
        all_replicas=target.all_replicas,
        cwd=_unescaped(working_folder) or "/",
    )


def labels(given: Mapping[str, str]) -> dict[str, str]:
    """Return the labels, within their bounds.

    Raises:
        UsageError: too many, or one that is not written as a label.
    """
    if len(given) > _MOST_LABELS:
        raise UsageError(f"a session has at most {_MOST_LABELS} labels", field="labels")
    for key, value in given.items():
        if not _LABEL_KEY.fullmatch(key):
            raise UsageError(
                f"`{key}` cannot be a label: a-z, digits and ./_- only, a letter first, at most 63",
                field="labels",
            )
        if len(value) > _LABEL_LENGTH:
            raise UsageError(
                f"label `{key}` has more than {_LABEL_LENGTH} characters", field="labels"
            )
    return dict(given)


def exclusions(message: pb.SyncExclusions) -> Exclusions:
    """Return what is to be left alone."""
    defaults = message.defaults if message.HasField("defaults") else True
    return Exclusions(
        patterns=tuple(message.patterns), gitignore=message.gitignore, defaults=defaults
    )


def updated_exclusions(request: pb.UpdateSyncSessionRequest, now: Exclusions) -> Exclusions | None:
    """Return the exclusions that an update asks for; None: as they are."""
    mask = set(request.update_mask.paths)
    new = exclusions(request.sync_session.exclusions)
    if "exclusions" in mask:
        return new
    if not mask & {"exclusions.patterns", "exclusions.gitignore", "exclusions.defaults"}:
        return None
    return Exclusions(
        patterns=new.patterns if "exclusions.patterns" in mask else now.patterns,
        gitignore=new.gitignore if "exclusions.gitignore" in mask else now.gitignore,
        defaults=new.defaults if "exclusions.defaults" in mask else now.defaults,
    )


def mode(value: int) -> Mode | None:
    """Return the mode; None when unspecified.

    Raises:
        UsageError: a number that no mode has.
    """
    if value == pb.SyncSession.MODE_UNSPECIFIED:
        return None
    if value not in _MODES_BACK:
        raise UsageError(f"there is no sync mode {value}", field="mode")
    return _MODES_BACK[value]


def keep(value: int) -> Keep:
    """Return how conflicts are to be resolved."""
    if value not in _KEEPS:
        raise UsageError("say which side to keep: local, remote or both", field="keep")
    return _KEEPS[value]


def work(value: int) -> Work:
    """Return which plan is asked for."""
    return _WORKS.get(value, "cycle")


def raw_path(message: paths_pb2.FilePath) -> bytes:
    """Return the relative path that a message names.

    Raises:
        UsageError: INVALID_PATH.
    """
    try:
        if message.raw:
            return paths.relative(message.raw)
        return paths.parse_display(message.display)
    except PathRefused as error:
        shown = message.display or paths.display(message.raw)
        raise UsageError(
            f"`{shown}` is not a path inside the root: {error}", reason="INVALID_PATH", path=shown
        ) from error


_UPDATABLE = {
    "mode",
    "labels",
    "exclusions",
    "exclusions.patterns",
    "exclusions.gitignore",
    "exclusions.defaults",
}


def check_mask(mask: set[str]) -> None:
    """Refuse an update of nothing, or of what cannot be changed.

    Raises:
        UsageError: names the field.
    """
    for path in sorted(mask - _UPDATABLE):
        raise UsageError(f"`{path}` of a session cannot be changed", field=path)
    if not mask:
        raise UsageError("say what to change in `update_mask`", field="update_mask")
