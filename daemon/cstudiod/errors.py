"""Everything the daemon refuses or fails with, and whose fault it is.

    CstudioError
    ├── UsageError          the caller's words are off
    │   ├── NotFoundError
    │   ├── ExistsError
    │   └── StaleError      an etag or resume token is too old
    ├── StateError          right words, wrong moment
    ├── LocalRootError      the local root cannot be used
    ├── TargetError         the pod, container, cluster or network
    └── BugError            ours

A message says what happened with which thing; `next` is what to type. The
reason is a value of the contract's `ErrorReason` without its prefix. Nothing
here knows gRPC: `rpc.faults` maps.
"""

from __future__ import annotations


class CstudioError(Exception):
    """The root: a message, a machine-readable reason, a next step."""

    reason = "BUG"

    def __init__(
        self, message: str, *, reason: str | None = None, next: str = "", **metadata: str
    ) -> None:
        """`metadata` holds every value of the message once more, by name."""
        super().__init__(message)
        self.message = message
        self.next = next
        self.reason = reason or type(self).reason
        self.metadata = metadata


class UsageError(CstudioError):
    """The request cannot be meant so; nothing was changed."""

    reason = "INVALID_ARGUMENT"


class NotFoundError(UsageError):
    """No resource has that name."""

    reason = "NOT_FOUND"


class ExistsError(UsageError):
    """The name, or the place, is taken."""

    reason = "ALREADY_EXISTS"


class StaleError(UsageError):
    """The caller's etag or resume token is older than the resource."""

    reason = "STALE"


class StateError(CstudioError):
    """The resource is not in a state that allows this."""

    reason = "WRONG_STATE"


class LocalRootError(CstudioError):
    """The local root is missing, is no folder, or is owned by another session."""

    reason = "LOCAL_ROOT_MISSING"


class TargetError(CstudioError):
    """The place a session points at cannot be reached or used."""

    reason = "UNREACHABLE"

    def __init__(
        self,
        message: str,
        *,
        reason: str | None = None,
        next: str = "",
        permanent: bool = False,
        **metadata: str,
    ) -> None:
        """`permanent`: trying again without a change elsewhere is useless."""
        super().__init__(message, reason=reason, next=next, **metadata)
        self.permanent = permanent


class BugError(CstudioError):
    """A state that cannot be: please report it."""
