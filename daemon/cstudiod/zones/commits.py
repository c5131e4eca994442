"""What a commit of a zone says, and which repositories git may be let into. No IO.

Messages and authors are those seen in public repositories of DSS projects; DSS
commits under its own name what a user's sync changed, with the user as author.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cstudiod.model.zones import Zone

COMMITTER = "cstudio"


@dataclass(frozen=True, kw_only=True)
class Author:
    """Who changed the files."""

    login: str
    email: str = ""


OPTIONS: Mapping[str, str] = {
    "advice.addEmbeddedRepo": "false",
    "core.attributesFile": "",
    "core.excludesFile": "",
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.untrackedCache": "false",
    "gc.auto": "0",
    "init.defaultBranch": "master",
    "maintenance.auto": "false",
    "protocol.allow": "never",
    "safe.directory": "*",
}
"""Nothing that a repository brings along is run; no other configuration than its own is read."""

ENVIRONMENT: Mapping[str, str] = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "HOME": "/dev/null",
    "LC_ALL": "C",
}

_HARMLESS_SECTIONS = frozenset(
    [
        "author",
        "branch",
        "color",
        "committer",
        "gc",
        "init",
        "pack",
        "pull",
        "push",
        "receive",
        "remote",
        "user",
    ]
)
_HARMLESS_CORE = frozenset(
    [
        "autocrlf",
        "bare",
        "bigfilethreshold",
        "compression",
        "eol",
        "filemode",
        "ignorecase",
        "logallrefupdates",
        "precomposeunicode",
        "quotepath",
        "repositoryformatversion",
        "safecrlf",
        "sharedrepository",
        "symlinks",
    ]
)


def foreign_settings(keys: Iterable[str]) -> list[str]:
    """Return the keys of a repository's configuration that could make git run something.

    Whatever is not known to be harmless counts: filters, includes, extensions.
    A zone's files come from containers, so a repository inside one may have
    been written by anybody.
    """
    return sorted({key for key in keys if not _is_harmless(key.lower())})


def _is_harmless(key: str) -> bool:
    section, _, name = key.partition(".")
    return section in _HARMLESS_SECTIONS or (section == "core" and name in _HARMLESS_CORE)


def keeps_history(setting: str, *, is_dss: bool, has_repository: bool) -> bool:
    """Decide whether a versioned zone's changes are committed.

    Args:
        setting: ``zones.git``.
        is_dss: The zone is where DSS has it.
        has_repository: Its repository exists.
    """
    return setting == "on" or (setting == "auto" and is_dss and has_repository)


def message(zone: Zone, studio: str, project: str) -> str:
    """Return a commit's message: ``Update projectlibversioned bundle of S in P``."""
    where = _plain(project) or "no project"
    if zone in (Zone.NOTEBOOKS, Zone.RECIPES):
        return f"Update {zone.value} of {where}"
    return f"Update {zone.target.replace('-', '')} bundle of {_plain(studio)} in {where}"


def creation_message(studio: str, project: str, uid: str) -> str:
    """Return the message of the first commit of a studio's own zone."""
    return f"Created Code Studio {_plain(studio)} ({_plain(project)}.{uid})"


def identities(author: Author, host: str) -> dict[str, str]:
    """Return git's variables that name author and committer."""
    login = _person(author.login) or "unknown"
    return {
        "GIT_AUTHOR_NAME": login,
        "GIT_AUTHOR_EMAIL": _person(author.email) or f"{login.replace(' ', '.')}@{host}",
        "GIT_COMMITTER_NAME": COMMITTER,
        "GIT_COMMITTER_EMAIL": f"{COMMITTER}@{host}",
    }


def _plain(text: str) -> str:
    return " ".join(text.split())


def _person(text: str) -> str:
    """Return a name without what git takes away from names, so that something is left."""
    return re.sub(r"[\x00-\x1f<>]", "", text).strip(" .,:;\"'\\")
