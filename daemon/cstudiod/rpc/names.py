"""Resource names of the contract: `syncSessions/{id}`."""

from __future__ import annotations

from cstudiod.errors import UsageError

_SESSIONS = "syncSessions/"


def session_name(session_id: str) -> str:
    """Return the resource name of a session."""
    return _SESSIONS + session_id


def session_id(name: str) -> str:
    """Return the id in a resource name.

    Raises:
        UsageError: it is not the name of a session.
    """
    if not name.startswith(_SESSIONS) or "/" in name[len(_SESSIONS) :] or name == _SESSIONS:
        raise UsageError(f"`{name}` is not a session's name: it must be `{_SESSIONS}ID`", name=name)
    return name[len(_SESSIONS) :]
