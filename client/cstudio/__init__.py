"""The client library of cstudio; what is named here is its public API.

Names are loaded when they are first used, so that a program that needs one of
them, the command line above all, does not wait for the rest.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cstudio import errors
    from cstudio.client import (
        BlockingClient,
        Changed,
        Client,
        Deleted,
        StudioChanged,
        StudioDeleted,
        Synced,
        TemplateFile,
        WebAppChanged,
        WebAppDeleted,
    )
    from cstudio.client.sessions import Exclusions
    from cstudio.errors import CstudioError
    from cstudio.targets import Where

__all__ = [
    "BlockingClient",
    "Changed",
    "Client",
    "CstudioError",
    "Deleted",
    "Exclusions",
    "StudioChanged",
    "StudioDeleted",
    "Synced",
    "TemplateFile",
    "WebAppChanged",
    "WebAppDeleted",
    "Where",
    "errors",
]

_HOMES = {
    "BlockingClient": "cstudio.client",
    "Changed": "cstudio.client",
    "Client": "cstudio.client",
    "CstudioError": "cstudio.errors",
    "Deleted": "cstudio.client",
    "Exclusions": "cstudio.client.sessions",
    "StudioChanged": "cstudio.client",
    "StudioDeleted": "cstudio.client",
    "Synced": "cstudio.client",
    "TemplateFile": "cstudio.client",
    "WebAppChanged": "cstudio.client",
    "WebAppDeleted": "cstudio.client",
    "Where": "cstudio.targets",
}


def __getattr__(name: str) -> object:
    if name == "errors":
        return importlib.import_module("cstudio.errors")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module `cstudio` has no `{name}`")
