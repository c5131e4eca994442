"""What studios, projects and runtimes are called; names stand in paths that browsers ask for."""

from __future__ import annotations

import re

from cstudiod.errors import UsageError
from cstudiod.model.templates import RuntimeKind

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}")
_PROJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


def check_names(name: str, project: str) -> None:
    """Refuse names that a path or a label cannot hold.

    Raises:
        UsageError: with both, if both are off.
    """
    problems = []
    if not _NAME.fullmatch(name):
        problems.append(f"`{name}` cannot be a studio's name: letters, digits, - and _, at most 63")
    if not _PROJECT.fullmatch(project):
        problems.append(
            f"`{project}` cannot be a project's key: letters, digits, `.`, - and _, at most 63"
        )
    if problems:
        raise UsageError("; ".join(problems), next="choose another name")


def named_runtime(name: str) -> RuntimeKind:
    """Return the runtime of a name.

    Raises:
        UsageError: there is none.
    """
    try:
        return RuntimeKind(name)
    except ValueError:
        raise UsageError(
            f"there is no runtime `{name}`", next="--runtime local, docker or kubernetes"
        ) from None
