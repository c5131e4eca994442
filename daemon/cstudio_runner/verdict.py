"""Ready or not, from status.json: a decision that imports little, as probes are frequent."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Tuple

STALE_SECONDS = 90.0
"""status.json is written at least at every look at readiness; older than this, the runner hangs."""


def verdict(status: Optional[Mapping[str, Any]], alive: bool, age: float) -> Tuple[bool, str]:
    """Tell whether a studio is ready, and why not in one sentence.

    Args:
        status: What status.json holds; None when there is none.
        alive: The runner runs.
        age: Seconds since status.json was written.
    """
    if not alive or status is None:
        return False, "the runner does not run here"
    if age > STALE_SECONDS:
        return False, "the runner has not written its status for %d s" % age
    if status.get("ready") is True:
        return True, "ready"
    reason, look = status.get("reason"), status.get("readiness")
    if isinstance(reason, dict):
        return False, str(reason.get("message"))
    if status.get("phase") in ("stopping", "stopped"):
        return False, "the studio is stopping"
    return False, str(look.get("message")) if isinstance(look, dict) else "starting"
