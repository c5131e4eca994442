"""A target is tried before a session is made of it, and kept for that session.

Whoever makes a session is told at once what is wrong with its target. What was
opened to find that out becomes the session's first connection, so that the
agent is delivered once.
"""

from __future__ import annotations

import asyncio

from cstudiod.errors import TargetError
from cstudiod.model.sync_sessions import Spec
from cstudiod.sync.connection import MakeRemote, Remote, Wake, open_remote
from cstudiod.sync.exclusions import build_for


class Rehearsal:
    """Makes remotes; the first one may be there already. For one session."""

    def __init__(self, make_remote: MakeRemote) -> None:
        """`make_remote` is used for all that were not tried."""
        self._make_remote = make_remote
        self._kept: Remote | None = None
        self._wake: Wake = _nobody

    async def try_out(self, spec: Spec, timeout_seconds: float) -> None:
        """Open the target and keep it open.

        Raises:
            TargetError: it cannot be found, reached or used.
        """
        rules = await asyncio.to_thread(build_for, spec)
        try:
            self._kept = await open_remote(
                spec, rules, lambda: self._wake(), self._make_remote, timeout_seconds
            )
        except TimeoutError:
            raise TargetError(
                f"`{spec.target.display()}` did not answer within {timeout_seconds:.0f} s",
                reason="TIMEOUT",
            ) from None

    async def make(self, spec: Spec, wake: Wake) -> Remote:
        """Return the remote that was tried, the first time; then make new ones."""
        kept, self._kept = self._kept, None
        if kept is None:
            return await self._make_remote(spec, wake)
        self._wake = wake
        wake()  # it may have noticed something before there was anybody to tell
        return kept

    async def close(self) -> None:
        """Let go of what was tried and never used; idempotent."""
        kept, self._kept = self._kept, None
        if kept is not None:
            await kept.close()


def _nobody() -> None:
    """Nobody listens yet."""
