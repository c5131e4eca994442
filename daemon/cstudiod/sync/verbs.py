"""What a person may ask of a running session.

Each verb is a coroutine over the mirror that the session's own task runs
between two cycles. None of them guesses: what they touch is compared with
what was seen, as in every other change.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence

from cstudio_sync import operations as ops
from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER, LINK, Entry, Seen
from cstudio_sync.operations import Operation
from cstudio_sync.reconcile import (
    ONE_WAY_REPLICA,
    ONE_WAY_SAFE,
    TWO_WAY_LOCAL_WINS,
    TWO_WAY_REMOTE_WINS,
    reconcile,
)

from cstudiod.errors import NotFoundError, StateError, UsageError
from cstudiod.model.sync_sessions import Conflict, FlushResult, Keep, Kept, PlannedChange
from cstudiod.ports import Want
from cstudiod.store.ancestor import Row
from cstudiod.sync import plans
from cstudiod.sync.applier import Side
from cstudiod.sync.exclusions import is_matched
from cstudiod.sync.mirror import Mirror

ONE_WAY = (ONE_WAY_SAFE, ONE_WAY_REPLICA)
_KINDS = {FILE: "file", LINK: "link"}
_FLUSH_ROUNDS = 40
_FLUSH_PAUSE_SECONDS = 0.05


async def flush(mirror: Mirror) -> FlushResult:
    """Bring everything that was written before the call to the other side.

    What is written later is not waited for: somebody may write all the time.

    Raises:
        StateError: something would not come to rest.
    """
    await mirror.catch_up()
    mirror.retry_failed()
    rescan = mirror.take_noticed()
    before = mirror.ancestor.get(mirror.waiting)
    missing = set(mirror.waiting)
    for _ in range(_FLUSH_ROUNDS):
        if rescan:
            await mirror.look(cold_remote=mirror.fresh_remote)
            missing |= mirror.waiting
        rescan = await mirror.settle()
        missing = _still_missing(mirror, missing, before)
        if not rescan and (mirror.is_settled or not missing):
            break
        await asyncio.sleep(_FLUSH_PAUSE_SECONDS)
    else:
        _refuse_restless(missing)
    conflicts, problems = mirror.ledger.conflict_count, len(mirror.problems())
    return FlushResult(
        in_step=not conflicts and not problems, conflict_count=conflicts, problem_count=problems
    )


def _still_missing(mirror: Mirror, missing: set[bytes], before: Mapping[bytes, Row]) -> set[bytes]:
    """Return the paths that wait although nothing newer than `before` was agreed on, unlisted."""
    waiting = missing & mirror.waiting
    now = mirror.ancestor.get(waiting)
    listed = {problem.path for problem in mirror.problems()} if waiting else set()
    return {
        path
        for path in waiting
        if now.get(path) == before.get(path)
        and path not in listed
        and mirror.ledger.conflict(path) is None
    }


def _refuse_restless(missing: set[bytes]) -> None:
    some = ", ".join(f"`{paths.display(path)}`" for path in sorted(missing)[:3])
    raise StateError(
        f"what was there when you asked keeps changing: {some or 'everything is looked at again'}",
        reason="TIMEOUT",
        next="try again when whoever writes there has come to rest",
    )


async def once(mirror: Mirror, work: plans.Work, *, dry_run: bool) -> list[PlannedChange]:
    """Push, pull or reset; return what was (or would be) done."""
    if work == "pull" and mirror.mode in ONE_WAY:
        raise UsageError(
            "a one-way session never writes the local side, so there is nothing to pull",
            reason="MODE_FORBIDS",
            next="change the mode first: cstudio sync update NAME --mode two-way-safe",
        )
    await mirror.catch_up()
    mirror.take_noticed()
    plan = plans.plan_for(mirror, work)
    if not dry_run:
        if work == "reset":
            mirror.void({*mirror.local.differences.map, *mirror.remote.differences.map})
            await mirror.settle()
        else:
            await mirror.perform(plan)
            await mirror.settle()
    return plans.lines(plan)


async def bring_back(mirror: Mirror) -> None:
    """Undo the deletions that a halt stopped: the other side's copies come back."""
    plan = mirror.plan()
    gone = {change.path for change in (*plan.local, *plan.remote) if change.new is None}
    if not gone:
        raise StateError("there is nothing to bring back: no deletion is waiting")
    mirror.void(gone)
    await mirror.settle()


# ------------------------------------------------------------------ conflicts


def chosen(
    conflicts: Sequence[Conflict], named: Sequence[bytes], globs: Sequence[str]
) -> list[Conflict]:
    """Return the conflicts that are meant; nothing named means all.

    A name means the conflict there and all below it.

    Raises:
        NotFoundError: a name that no conflict has.
    """
    if not named and not globs:
        return list(conflicts)
    found: dict[bytes, Conflict] = {}
    for name in named:
        hits = [one for one in conflicts if one.path == name or paths.is_below(one.path, name)]
        if not hits:
            shown = paths.display(name)
            raise NotFoundError(
                f"`{shown}` is not in conflict",
                reason="CONFLICT_NOT_FOUND",
                next="see `cstudio sync conflicts NAME`",
                path=shown,
            )
        found.update((one.path, one) for one in hits)
    for glob in globs:
        hits = [one for one in conflicts if is_matched(paths.display(one.path), glob)]
        if not hits:
            raise NotFoundError(
                f"no conflict matches `{glob}`",
                reason="CONFLICT_NOT_FOUND",
                next="see `cstudio sync conflicts NAME`",
                glob=glob,
            )
        found.update((one.path, one) for one in hits)
    return list(found.values())


async def resolve(mirror: Mirror, named: Sequence[bytes], globs: Sequence[str], keep: Keep) -> int:
    """Settle conflicts as `keep` says; return how many were settled.

    A version that changed since it was listed stays in conflict.
    """
    conflicts = chosen(mirror.ledger.conflicts(), named, globs)
    if keep is not Keep.LOCAL and mirror.mode in ONE_WAY:
        raise UsageError(
            "a one-way session never writes the local side; only `--keep local` is possible",
            reason="MODE_FORBIDS",
        )
    if keep is Keep.BOTH:
        for conflict in conflicts:
            await _set_aside(mirror, conflict)
    mode = TWO_WAY_REMOTE_WINS if keep is Keep.REMOTE else TWO_WAY_LOCAL_WINS
    local, remote, ancestor = mirror.differing()
    closure = {
        path
        for path in {*local, *remote}
        if any(path == one.path or paths.is_below(path, one.path) for one in conflicts)
    }
    plan = reconcile(closure, ancestor, local, remote, mode, mirror.fresh_remote)
    await mirror.perform(plan)
    await mirror.settle()
    return sum(mirror.ledger.conflict(one.path) is None for one in conflicts)


async def _set_aside(mirror: Mirror, conflict: Conflict) -> None:
    """Give the loser another name beside the winner, on its own side.

    The remote version loses, unless it is a folder.
    """
    loser = mirror.remote
    if conflict.remote is not None and conflict.remote.entry.kind == FOLDER:
        loser = mirror.local
    seen = loser.differences.get(conflict.path)
    if seen is None or seen.entry is None:
        return
    name = aside_name(conflict.path, loser.name, time.gmtime())
    operation = Operation(
        ops.MOVE_FILE, name, seen.entry, source=conflict.path, source_stamp=seen.stamp
    )
    if seen.entry.kind == LINK:
        operation = Operation(ops.PUT_LINK, name, seen.entry)
    outcome = (await loser.endpoint.apply([operation]))[0]
    if outcome.status != ops.OK:
        raise StateError(
            f"`{paths.display(conflict.path)}` changed just now and stays in conflict",
            next="look at it again: cstudio sync conflicts NAME",
        )
    await mirror.recheck(loser, [conflict.path, name])


def aside_name(path: bytes, side: str, when: time.struct_time) -> bytes:
    """Return ``report (remote 2026-11-24 08.15.23).csv`` for ``report.csv``."""
    parent, name = paths.split(path)
    stem, dot, suffix = name.rpartition(b".")
    if not stem:
        stem, dot, suffix = name, b"", b""
    mark = time.strftime(f" ({side} %Y-%m-%d %H.%M.%S)", when).encode()
    room = paths.MAX_NAME_BYTES - len(mark) - len(dot) - len(suffix)
    return paths.join(parent, stem[: max(room, 1)] + mark + dot + suffix)


# ---------------------------------------------------------------------- trash


async def restore(mirror: Mirror, kept: Kept) -> None:
    """Bring a trashed version back to the side that it came from.

    What is at its path now goes to the trash first. From there on it is an
    ordinary change.

    Raises:
        NotFoundError: the trash does not hold it any more.
        StateError: the path changed meanwhile, or its folder is gone for good.
    """
    side = mirror.local if kept.side == mirror.local.name else mirror.remote
    if side is mirror.local and mirror.mode in ONE_WAY:
        raise UsageError("a one-way session never writes the local side", reason="MODE_FORBIDS")
    now = await _look_at(side, kept.path)
    if now.entry is not None and now.entry.kind == FOLDER:
        raise StateError(
            f"`{paths.display(kept.path)}` is a folder now, so a {_KINDS[kept.kind]} cannot come"
            " back there",
            next="rename the folder, then restore again",
        )
    await _make_parents(side, kept.path)
    token = await _stage_kept(side, kept) if kept.kind == FILE else ""
    operation = Operation(
        ops.PUT_FILE if kept.kind == FILE else ops.PUT_LINK,
        kept.path,
        kept.entry,
        expected=now.entry,
        stamp=now.stamp,
        staged=token,
        keep=now.entry is not None,
    )
    outcome = (await side.endpoint.apply([operation]))[0]
    if outcome.status != ops.OK:
        raise StateError(
            f"`{paths.display(kept.path)}` could not be written: {outcome.detail or outcome.status}"
        )
    if outcome.kept and now.entry is not None:
        mirror.observer.kept(side.name, kept.path, now.entry, outcome.kept, "restore")
    await mirror.recheck(side, [kept.path, *paths.parents(kept.path)])
    await mirror.settle()


async def drop_kept(mirror: Mirror) -> None:
    """Remove the remote trash: the session is to be forgotten."""
    await mirror.remote.endpoint.drop_kept()


async def _look_at(side: Side, path: bytes) -> Seen:
    async for batch in side.endpoint.observe([path]):
        for seen in batch:
            if seen.path == path:
                return seen
    return Seen(path)


async def _make_parents(side: Side, path: bytes) -> None:
    missing = [
        Operation(ops.MAKE_FOLDER, parent, Entry(FOLDER))
        for parent in reversed(list(paths.parents(path)))
        if (await _look_at(side, parent)).entry is None
    ]
    if missing:
        await side.endpoint.apply(missing)


async def _stage_kept(side: Side, kept: Kept) -> str:
    want = Want(path=kept.path, entry=kept.entry, stamp=b"")
    try:
        token = await side.endpoint.stage(want, _whole(side, kept.id), None)
    except KeyError:
        token = ""
    if not token:
        raise NotFoundError(
            f"the trash no longer holds `{kept.id}`", reason="TRASH_ITEM_NOT_FOUND", id=kept.id
        )
    return token


async def _whole(side: Side, token: str) -> AsyncIterator[bytes | int]:
    async for piece in side.endpoint.read_kept(token):
        yield piece
