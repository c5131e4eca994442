"""Where the folder of a zone is: the data directory of DSS, or as configured.

With nothing configured the folders are, under the root, those of a DSS data
directory (documentation of Dataiku DSS and public project repositories; where
DSS keeps the files of users is not known, those two are ours):

===================== =============================================
code_studio_versioned ``config/projects/PROJECT/code_studios/STUDIO``
code_studio_resources ``lib/code_studio/PROJECT/LIBRARY``
project_lib_versioned ``config/projects/PROJECT/lib``
project_lib_resources ``lib/projects/PROJECT``
recipes               ``config/projects/PROJECT/recipes``
notebooks             ``config/projects/PROJECT/ipython_notebooks``
user_versioned        ``config/users/USER/versioned``
user_resources        ``lib/users/USER``
===================== =============================================

A folder is a `Place`: a base, whose path is trusted and may contain links, and
the way down from it, on which links are never followed.
"""

from __future__ import annotations

import difflib
import re
import string
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from cstudiod.errors import UsageError
from cstudiod.model.zones import Zone

PLACEHOLDERS = ("project", "studio", "library", "user")
NAME_BYTES = 255
"""What file systems take as one name."""

DSS: Mapping[Zone, str] = {
    Zone.CODE_STUDIO_VERSIONED: "config/projects/{project}/code_studios/{studio}",
    Zone.CODE_STUDIO_RESOURCES: "lib/code_studio/{project}/{library}",
    Zone.PROJECT_LIB_VERSIONED: "config/projects/{project}/lib",
    Zone.PROJECT_LIB_RESOURCES: "lib/projects/{project}",
    Zone.RECIPES: "config/projects/{project}/recipes",
    Zone.NOTEBOOKS: "config/projects/{project}/ipython_notebooks",
    Zone.USER_VERSIONED: "config/users/{user}/versioned",
    Zone.USER_RESOURCES: "lib/users/{user}",
}
REPOSITORIES: Mapping[Zone, str] = {
    Zone.CODE_STUDIO_VERSIONED: "config/projects/{project}",
    Zone.PROJECT_LIB_VERSIONED: "config/projects/{project}",
    Zone.RECIPES: "config/projects/{project}",
    Zone.NOTEBOOKS: "config/projects/{project}",
    Zone.USER_VERSIONED: "config/users/{user}",
}
"""The folder whose git repository has a zone's history: DSS has one a project."""


@dataclass(frozen=True, kw_only=True)
class Whose:
    """Whose zones are meant; what a zone's scope does not need may be empty."""

    project: str = ""
    """The project's key."""
    studio: str = ""
    """The studio's id, which never changes."""
    library: str = ""
    """The studio's name for folders, made when it was created: `library_name`."""
    user: str = ""
    """The login of the studio's owner."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder on this machine."""

    base: Path
    """Configured, absolute; links in it are the administrator's."""
    inside: str = ""
    """The way down from `base`, with ``/``; empty: the base itself."""

    @property
    def path(self) -> Path:
        """The folder's path."""
        return self.base / self.inside

    def down(self, folder: str) -> Place:
        """Return the folder below this one.

        Raises:
            UsageError: `folder` is no relative path that stays below.
        """
        check_relative(folder)
        return Place(base=self.base, inside="/".join(filter(None, (self.inside, folder))))


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Which folder each zone has; see the module."""

    root: Path
    patterns: Mapping[Zone, str] = field(default_factory=lambda: DSS)

    def place(self, zone: Zone, whose: Whose) -> Place:
        """Return the zone's folder.

        Raises:
            UsageError: a name that the folder needs is missing or not fit for a folder.
        """
        pattern = self.patterns[zone]
        fixed, variable = _split(pattern)
        base = Path(fixed).expanduser() if _is_absolute(pattern) else self.root
        inside = variable if _is_absolute(pattern) else "/".join(filter(None, (fixed, variable)))
        return Place(base=base, inside=_fill(inside, whose))

    def repository(self, zone: Zone, whose: Whose) -> Place | None:
        """Return the folder that has the zone's git repository; None: it has no history.

        A zone that is mapped to a folder of its own has its repository there.
        """
        if not zone.is_versioned:
            return None
        if not self.is_dss(zone):
            return self.place(zone, whose)
        return Place(base=self.root, inside=_fill(REPOSITORIES[zone], whose))

    def is_dss(self, zone: Zone) -> bool:
        """Tell whether the zone is where DSS has it."""
        return self.patterns[zone] == DSS[zone]


def layout(root: Path, mapped: Mapping[str, str]) -> Layout:
    """Return the layout under `root`, with the zones in `mapped` elsewhere.

    Args:
        root: Absolute.
        mapped: Zone id -> folder, absolute (or ``~/…``) or relative to `root`,
            with the placeholders ``{project}``, ``{studio}``, ``{library}``, ``{user}``.

    Raises:
        UsageError: zones, placeholders or folders that cannot be; all at once.
    """
    wrong = [problem for item in mapped.items() if (problem := _pattern_problem(*item))]
    if wrong:
        raise UsageError("; ".join(wrong), next="correct [zones.map] in the configuration file")
    chosen = {Zone(zone): folder.rstrip("/") or "/" for zone, folder in mapped.items()}
    return Layout(root=root, patterns={**DSS, **chosen})


def library_name(name: str, taken: Collection[str] = ()) -> str:
    """Return the folder name of a studio called `name`: ``Sage Dashboard``, ``Sage_Dashboard``.

    Args:
        name: What people call the studio.
        taken: Folder names that other studios of the project have; the case counts not.
    """
    plain = re.sub(r"[^\w-]", "_", unicodedata.normalize("NFC", name))
    while len(plain.encode()) > NAME_BYTES - 8:
        plain = plain[:-1]
    plain = plain or "_"
    others = {one.casefold() for one in taken}
    number, candidate = 1, plain
    while candidate.casefold() in others:
        number += 1
        candidate = f"{plain}_{number}"
    return candidate


def name_problem(what: str, name: str) -> str:
    """Return why `name` cannot be one folder's name, as a sentence; empty: it can.

    Keys of digits alone and letters of any script are fine.
    """
    if not name:
        return f"the {what} is missing"
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in name):
        return f"the {what} {name!a} contains a character that cannot be printed"
    if "/" in name or "\\" in name or name.startswith("."):
        return f"the {what} `{name}` must not start with a dot or contain a slash"
    if len(name.encode()) > NAME_BYTES:
        return f"the {what} `{name[:20]}…` is longer than {NAME_BYTES} bytes"
    return ""


def check_relative(path: str) -> None:
    """Check that `path` is relative, plain and stays below where it starts.

    Raises:
        UsageError: it is not.
    """
    parts = path.split("/")
    if path.startswith("/") or not all(parts) or {".", ".."} & set(parts) or "\0" in path:
        raise UsageError(
            f"{path!a} must be a path below the zone: relative, without `.`, `..` and `//`"
        )
    try:
        path.encode()
    except UnicodeEncodeError as error:
        raise UsageError(f"{path!a} is not valid text") from error


def _fill(pattern: str, whose: Whose) -> str:
    named = {one: str(getattr(whose, one)) for one in PLACEHOLDERS if "{" + one + "}" in pattern}
    problems = [problem for what, name in named.items() if (problem := name_problem(what, name))]
    if problems:
        raise UsageError("; ".join(problems))
    return pattern.format(**named)


def _is_absolute(pattern: str) -> bool:
    return pattern.startswith(("/", "~"))


def _split(pattern: str) -> tuple[str, str]:
    """Return the leading part without placeholders, and the rest."""
    parts = PurePosixPath(pattern).parts
    first = next((at for at, part in enumerate(parts) if "{" in part), len(parts))
    return str(PurePosixPath(*parts[:first])) if first else "", "/".join(parts[first:])


def _pattern_problem(zone: str, pattern: str) -> str:
    """Return what is wrong with one line of the map, as a sentence; empty: nothing."""
    known = [one.value for one in Zone]
    if zone not in known:
        near = difflib.get_close_matches(zone, known, 1)
        return f"there is no zone `{zone}`" + (f", did you mean `{near[0]}`?" if near else "")
    try:
        fields = [
            name + (spec or "") + (how or "")
            for _, name, spec, how in string.Formatter().parse(pattern)
            if name is not None
        ]
    except ValueError:
        return f"the folder of {zone} has a brace without its other half: `{pattern}`"
    if unknown := [name for name in fields if name not in PLACEHOLDERS]:
        known_names = ", ".join(PLACEHOLDERS)
        return f"the folder of {zone} names {{{unknown[0]}}}; known are {known_names}"
    if not pattern or "\0" in pattern:
        return f"the folder of {zone} is empty or contains a NUL"
    if ".." in pattern.split("/"):
        return f"the folder of {zone} must not contain `..`: `{pattern}`"
    return ""
