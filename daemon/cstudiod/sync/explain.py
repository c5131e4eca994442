"""Why a path is, or is not, in step: one answer, the first that holds."""

from __future__ import annotations

from cstudio_sync import paths
from cstudio_sync.entries import FOLDER
from cstudio_sync.rules import Matcher, Rules, compile

from cstudiod.model.sync_sessions import Explanation
from cstudiod.store.ancestor import Ancestor
from cstudiod.sync.mirror import Mirror


def explain(path: bytes, rules: Rules, ancestor: Ancestor, mirror: Mirror | None) -> Explanation:
    """Return the verdict on `path`; `mirror` is None while there is no connection."""
    excluded = _excluded(path, compile(rules), ancestor)
    if excluded is not None:
        return excluded
    row = ancestor.get([path]).get(path)
    if mirror is None:
        verdict = "in_step" if row else "absent"
        return Explanation(
            path=path, verdict=verdict, detail="as it was when last connected; not connected now"
        )
    return _open_matter(path, mirror) or _plain(path, row is not None, mirror)


def _excluded(path: bytes, matcher: Matcher, ancestor: Ancestor) -> Explanation | None:
    row = ancestor.get([path]).get(path)
    kinds = (row.entry.kind == FOLDER,) if row else (False, True)
    for is_folder in kinds:
        if matcher.excluded(path, is_folder):
            rule = matcher.deciding_rule(path, is_folder)
            return Explanation(
                path=path,
                verdict="excluded",
                rule=rule.pattern if rule else "",
                rule_source=rule.source if rule else "",
                detail="a rule excludes it"
                if not (is_folder and not row)
                else "a rule excludes it when it is a folder",
            )
    return None


def _open_matter(path: bytes, mirror: Mirror) -> Explanation | None:
    for above in (path, *paths.parents(path)):
        if mirror.ledger.conflict(above) is not None:
            where = "" if above == path else f" (the conflict is at `{paths.display(above)}`)"
            return Explanation(
                path=path, verdict="conflict", detail=f"both sides changed it{where}"
            )
        for problem in mirror.problems():
            if problem.path == above:
                return Explanation(
                    path=path,
                    verdict="problem",
                    detail=f"{problem.reason} on the {problem.side} side: {problem.detail}",
                )
    return None


def _plain(path: bytes, remembered: bool, mirror: Mirror) -> Explanation:
    local = mirror.local.differences.get(path)
    remote = mirror.remote.differences.get(path)
    if local is not None or remote is not None:
        return Explanation(path=path, verdict="pending", detail="seen, and on its way")
    if remembered:
        return Explanation(path=path, verdict="in_step", detail="equal on both sides")
    return Explanation(path=path, verdict="absent", detail="neither side has it")
