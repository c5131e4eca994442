"""What only the caller's process knows about a target: its folder, its kubeconfig.

The daemon reads what was typed. Its own working folder and `KUBECONFIG` are not
the caller's, so the client sends these along.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cstudio import paths
from cstudio.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Where:
    """What `-n`, `-c` and their like say about a target."""

    namespace: str = ""
    container: str = ""
    context: str = ""
    kubeconfig: str = ""
    pod: str = ""
    all_replicas: bool = False


def absolute(text: str) -> str:
    """Return the absolute path of a local folder, in the contract's form.

    Raises:
        UsageError: there is none: the text is empty, the caller's folder is gone.
    """
    if not text:
        raise UsageError("the local folder is empty", reason="INVALID_PATH", hint="name a folder")
    folder = os.path.join(working_folder(), os.path.expanduser(text))
    return paths.display(os.fsencode(os.path.normpath(folder)))


def working_folder() -> str:
    """Return the caller's folder, to which relative ones are relative.

    Raises:
        UsageError: it was removed.
    """
    try:
        return os.getcwd()
    except FileNotFoundError as error:
        raise UsageError(
            "the current folder was removed", hint="cd to one that is there"
        ) from error


def utf8(text: str) -> str:
    """Return `text` when it can be sent.

    Raises:
        UsageError: it is not UTF-8.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        shown = paths.display(os.fsencode(text))
        raise UsageError(
            f"`{shown}` is not UTF-8", reason="INVALID_ARGUMENT", hint="rename it, or use a link"
        ) from error
    return text


def kubeconfig(given: str, env: Mapping[str, str] | None = None) -> str:
    """Return the caller's kubeconfig as an absolute path, or several, or nothing.

    Raises:
        UsageError: one that was given by name is not there.
    """
    if given and not Path(given).expanduser().is_file():
        raise UsageError(
            f"the kubeconfig `{given}` is not a file",
            reason="INVALID_ARGUMENT",
            hint="name a file after --kubeconfig",
        )
    value = given or (os.environ if env is None else env).get("KUBECONFIG", "")
    files = (Path(part).expanduser().absolute() for part in value.split(os.pathsep) if part)
    return utf8(os.pathsep.join(str(file) for file in files))
