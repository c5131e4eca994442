"""What a user types as a target, completed with what only this process knows.

The daemon reads targets; the client adds the caller's folder to a relative
one, and the caller's kubeconfig, since both are the daemon's own otherwise.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cstudio import paths
from cstudio.errors import UsageError

_WORKLOAD = re.compile(
    r"(?:pods?|po|deploy|deployments?(?:\.apps)?|sts|statefulsets?(?:\.apps)?)/[^/:]*(?::|$)", re.I
)
_WITH_PATH = re.compile(r"[\w.-]+(?:/[^/:]*)?:")


@dataclass(frozen=True, kw_only=True)
class Where:
    """What `-n`, `-c` and their like say about a target."""

    namespace: str = ""
    container: str = ""
    context: str = ""
    kubeconfig: str = ""
    pod: str = ""
    all_replicas: bool = False


def is_workload(text: str) -> bool:
    """Tell whether `text` names something in a cluster."""
    return _WORKLOAD.match(text) is not None


def is_folder(text: str) -> bool:
    """Tell whether `text` is a plain folder; what else it is, the daemon reads."""
    if text.startswith(("/", ".", "~")):
        return True
    return not is_workload(text) and _WITH_PATH.match(text) is None and text != ""


def target_text(text: str) -> str:
    """Return the target to send: a folder is made absolute, the rest stays as typed."""
    if is_folder(text):
        return absolute(text)
    return paths.display(os.fsencode(text))


def absolute(text: str) -> str:
    """Return the absolute path of a local folder, in the contract's form."""
    path = Path(text).expanduser() if text.startswith("~") else Path(text)
    return paths.display(os.path.abspath(os.fsencode(path)))


def kubeconfig(given: str, env: Mapping[str, str] | None = None) -> str:
    """Return the caller's kubeconfig as an absolute path, or several, or nothing.

    Raises:
        UsageError: one that was given by name is not there.
    """
    if given and not Path(given).expanduser().is_file():
        raise UsageError(
            f"the kubeconfig `{given}` is not a file", hint="name a file after --kubeconfig"
        )
    value = given or (os.environ if env is None else env).get("KUBECONFIG", "")
    files = (Path(part).expanduser().absolute() for part in value.split(os.pathsep) if part)
    return os.pathsep.join(str(file) for file in files)
