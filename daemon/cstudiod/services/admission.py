"""What is asked of a new or changed session is checked, and refused in a sentence.

Everything wrong that can be known without the target is said here, before
anything is stored.
"""

from __future__ import annotations

import dataclasses
import os
import re

from cstudiod.errors import ExistsError, TargetError, UsageError
from cstudiod.model.sync_sessions import Mode, Spec, Target, TargetKind
from cstudiod.sync import exclusions
from cstudiod.sync.rehearsal import Rehearsal

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_ONE_WAY = (Mode.ONE_WAY_SAFE, Mode.ONE_WAY_REPLICA)
STUDIO_LABEL = "cstudio-studio"
"""On sessions of studios: the studio's uid. Several studios of a project share its zones."""


def checked(spec: Spec, *, resolve: bool = True) -> Spec:
    """Return the spec with its local root resolved, or refuse it."""
    if not _NAME.fullmatch(spec.name):
        raise UsageError(
            f"`{spec.name}` cannot be a session's name: letters a-z, digits and -, a letter first,"
            " at most 63",
            next="choose another --name",
        )
    exclusions.check(spec.exclusions.patterns)
    if spec.target.all_replicas and spec.mode not in _ONE_WAY:
        raise UsageError(
            "`--all-replicas` is for one-way sessions: several replicas cannot be told apart",
            next="add --mode one-way-replica, or choose one with --pod NAME",
            reason="MODE_FORBIDS",
        )
    return _with_local_root(spec) if resolve else spec


async def try_out(spec: Spec, rehearsal: Rehearsal, timeout_seconds: float) -> None:
    """Try the target, so that a slip is told to the one who made it; change nothing there.

    A folder that is missing is fine when it is to be made.

    Raises:
        TargetError: it cannot be found, reached or used.
    """
    try:
        await rehearsal.try_out(dataclasses.replace(spec, create=False), timeout_seconds)
    except TargetError as error:
        if not (spec.create and error.reason == "FOLDER_NOT_FOUND"):
            raise


def _with_local_root(spec: Spec) -> Spec:
    local = os.path.realpath(spec.local)
    if not os.path.isabs(spec.local):
        raise UsageError(f"the local root `{spec.local}` must be an absolute path")
    if not os.path.exists(local):
        raise UsageError(
            f"the local folder `{spec.local}` does not exist",
            reason="LOCAL_ROOT_MISSING",
            next=f"mkdir -p {spec.local}",
        )
    if not os.path.isdir(local):
        raise UsageError(
            f"`{spec.local}` is a file; a session mirrors a folder",
            reason="LOCAL_ROOT_NOT_A_FOLDER",
            next="name the folder that it is in, and exclude the rest with --exclude",
        )
    spec = dataclasses.replace(spec, local=local)
    if spec.target.kind is TargetKind.FOLDER:
        spec = dataclasses.replace(spec, target=_with_real_path(spec.target))
        _refuse_nested(spec.local, spec.target.path)
    return spec


def _with_real_path(target: Target) -> Target:
    path = os.path.realpath(target.path)
    if os.path.exists(path) and not os.path.isdir(path):
        raise UsageError(
            f"the target `{target.path}` is a file; a session mirrors a folder",
            reason="NOT_A_FOLDER",
        )
    return dataclasses.replace(target, path=path)


def _refuse_nested(local: str, remote: str) -> None:
    if _overlap(local, remote):
        raise UsageError(
            f"`{local}` and `{remote}` are the same folder, or one is inside the other",
            next="choose a target outside",
        )


def _overlap(one: str, other: str) -> bool:
    first, second = one.rstrip("/") + "/", other.rstrip("/") + "/"
    return first.startswith(second) or second.startswith(first)


def refuse_overlap(new: Spec, old: Spec) -> None:
    """Two sessions never write the same files (B15 to B17 of the hard cases)."""
    if _same_place(new.target, old.target) and _overlap(new.target.path, old.target.path):
        raise ExistsError(
            f"`{new.target.display()}` is already mirrored by session `{old.name}`",
            next=f"cstudio sync show {old.name}; to take its place: cstudio sync delete {old.name}",
            session=old.name,
        )
    if STUDIO_LABEL in new.labels and STUDIO_LABEL in old.labels:
        return
    new_writes, old_writes = new.mode not in _ONE_WAY, old.mode not in _ONE_WAY
    if new_writes and old_writes and _overlap(new.local, old.local):
        raise ExistsError(
            f"`{new.local}` is already mirrored two-way by session `{old.name}`",
            next="mirror it one-way, or delete the other session first",
            session=old.name,
        )


def _same_place(one: Target, other: Target) -> bool:
    def key(target: Target) -> tuple[str, ...]:
        return (
            target.kind.value,
            target.name,
            target.namespace,
            target.container,
            target.context,
            target.kubeconfig,
            target.pod,
        )

    return key(one) == key(other)
