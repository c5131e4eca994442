"""Exclusion rules, as data and as a fast matcher.

The daemon makes the rules (gitignore lines become regular expressions there)
and sends them to the agent; both sides ask the same `Matcher`, so there is
one place that decides. Rules are evaluated as git walks: parents first, and
what is below an excluded folder is excluded; otherwise the last rule that
matches decides.

A regular expression is a Latin-1 text, one character a byte, and must match
the whole path relative to the rule's base. Three forms are recognised and
need no regular expression at run time: ``(?:.*/)?NAME``,
``(?:.*/)?[^/]*SUFFIX`` and ``(?:.*/)?PREFIX[^/]*``; that is what nearly all
patterns in the wild are.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import (
    Any,
    Callable,
    Dict,
    FrozenSet,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Pattern,
    Tuple,
)

from cstudio_sync.paths import ROOT, TEMPORARY_PREFIX, parents, split

ANY_FOLDER = "(?:.*/)?"
"""How the regular expression of a rule starts that looks at names alone."""
ANY_NAME_PART = "[^/]*"
_REMEMBERED_FOLDERS = 10_000


class Rule(NamedTuple):
    """One line that excludes, or brings back."""

    regex: str
    """Matches the whole path, relative to `base`; Latin-1."""
    exclude: bool = True
    """False: what an earlier rule excluded takes part again."""
    folders_only: bool = False
    base: bytes = ROOT
    """The folder whose ``.gitignore`` it came from; it says nothing outside."""
    pattern: str = ""
    """The line as written, for people."""
    source: str = ""
    """Where it stands, for people: ``--exclude``, ``defaults``, or file and line."""


class Rules(NamedTuple):
    """All rules of a session, in order, with a version of their own."""

    version: str = ""
    rules: Tuple[Rule, ...] = ()

    @classmethod
    def of(cls, rules: Tuple[Rule, ...]) -> Rules:
        """Return rules with the version that stands for exactly these."""
        return cls(_version(rules), rules)

    def to_dict(self) -> Dict[str, Any]:
        """Return plain values for JSON."""
        return {"version": self.version, "rules": [_to_list(rule) for rule in self.rules]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Rules:
        """Return what `to_dict` was made from.

        Raises:
            ValueError: it was not.
        """
        try:
            rules = tuple(_from_list(one) for one in values["rules"])
            return cls(str(values["version"]), rules)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError("these are no rules: %r" % error) from error


NO_RULES = Rules()


def _version(rules: Tuple[Rule, ...]) -> str:
    packed = json.dumps([_to_list(rule)[:4] for rule in rules])
    return hashlib.sha256(packed.encode("ascii")).hexdigest()[:16]


def _to_list(rule: Rule) -> List[Any]:
    base = rule.base.decode("latin-1")
    return [rule.regex, rule.exclude, rule.folders_only, base, rule.pattern, rule.source]


def _from_list(values: List[Any]) -> Rule:
    regex, exclude, folders_only, base, pattern, source = values
    return Rule(
        str(regex),
        bool(exclude),
        bool(folders_only),
        base.encode("latin-1"),
        str(pattern),
        str(source),
    )


def compile(rules: Rules) -> Matcher:
    """Return the matcher of `rules`.

    Raises:
        ValueError: a regular expression is none.
    """
    return Matcher(rules)


class Matcher:
    """Decides which paths take part; remembers nothing but a few folders.

    The engine's own temporaries never take part. Not thread-safe.
    """

    def __init__(self, rules: Rules) -> None:
        """Raises ValueError when a regular expression is none."""
        self.rules = rules
        self.version = rules.version
        self._by_base: Dict[bytes, List[Tuple[int, Rule]]] = {}
        for number, rule in enumerate(rules.rules):
            self._by_base.setdefault(rule.base, []).append((number, rule))
        self._is_nested = any(self._by_base)
        """There are rules that say something in one folder only."""
        self._chains: Dict[Tuple[bytes, ...], _Groups] = {}
        self._folder = b""
        """Whose children `_groups` is about; ends in a slash."""
        self._groups = self._groups_for((ROOT,))
        self._inside_excluded: Dict[bytes, bool] = {}

    def excluded(self, path: bytes, is_folder: bool) -> bool:
        """Tell whether a path, or any folder above it, is excluded."""
        if path == ROOT:
            return False
        return self._is_inside_excluded(split(path)[0]) or self.excludes_child(path, is_folder)

    def excludes_child(self, path: bytes, is_folder: bool) -> bool:
        """The same for a path whose parent is known to take part."""
        cut = path.rfind(b"/") + 1
        if self._is_nested and path[:cut] != self._folder:
            self._enter(path[:cut])
        name = path[cut:]
        groups = self._groups.folders if is_folder else self._groups.files
        for exclude, literals, suffixes, prefixes, search in groups:
            if (
                name in literals
                or name.endswith(suffixes)
                or name.startswith(prefixes)
                or (search is not None and search(path, name))
            ):
                return exclude
        return False

    def deciding_rule(self, path: bytes, is_folder: bool) -> Optional[Rule]:
        """Return the rule that excludes a path or brings it back; None: no rule.

        For a path inside an excluded folder it is the rule that excludes that
        folder. Slow, for explanations.
        """
        for above in reversed(list(parents(path))):
            rule = self._last_match(above, True)
            if rule is not None and rule.exclude:
                return rule
        return self._last_match(path, is_folder)

    def _last_match(self, path: bytes, is_folder: bool) -> Optional[Rule]:
        for rule in reversed(self.rules.rules):
            if _matches_alone(rule, path, is_folder):
                return rule
        return None

    def _is_inside_excluded(self, folder: bytes) -> bool:
        if folder == ROOT:
            return False
        known = self._inside_excluded.get(folder)
        if known is None:
            if len(self._inside_excluded) >= _REMEMBERED_FOLDERS:
                self._inside_excluded.clear()
            known = self._walk_to(folder)
        return known

    def _walk_to(self, folder: bytes) -> bool:
        inside = False
        for above in [*reversed(list(parents(folder))), folder]:
            inside = inside or self.excludes_child(above, True)
            self._inside_excluded[above] = inside
        return inside

    def _enter(self, folder: bytes) -> None:
        above = folder[:-1]
        chain = (ROOT, *parents(above), above) if above else (ROOT,)
        self._groups = self._groups_for(tuple(base for base in chain if base in self._by_base))
        self._folder = folder

    def _groups_for(self, bases: Tuple[bytes, ...]) -> _Groups:
        groups = self._chains.get(bases)
        if groups is None:
            numbered = sorted(one for base in bases for one in self._by_base.get(base, ()))
            groups = self._chains[bases] = _grouped([rule for _, rule in numbered])
        return groups


def _matches_alone(rule: Rule, path: bytes, is_folder: bool) -> bool:
    if rule.folders_only and not is_folder:
        return False
    start = _inside(rule.base)
    if start and not path.startswith(rule.base + b"/"):
        return False
    return _compiled([rule.regex]).fullmatch(path, start) is not None


# ------------------------------------------------------------------------- groups

_Search = Callable[[bytes, bytes], object]
"""Of a path and its name: anything true when a regular expression matches."""
_Group = Tuple[bool, FrozenSet[bytes], Tuple[bytes, ...], Tuple[bytes, ...], Optional[_Search]]
"""Whether it excludes; names, suffixes and prefixes; and what needs a search."""


class _Groups(NamedTuple):
    """What is asked about the children of a folder; the first match decides."""

    files: Tuple[_Group, ...]
    folders: Tuple[_Group, ...]


def _grouped(rules: List[Rule]) -> _Groups:
    own = Rule(ANY_FOLDER + re.escape(TEMPORARY_PREFIX.decode("ascii")) + ANY_NAME_PART)
    runs = _runs([*rules, own])
    return _Groups(
        tuple(_group([rule for rule in run if not rule.folders_only]) for run in runs),
        tuple(_group(run) for run in runs),
    )


def _runs(rules: List[Rule]) -> List[List[Rule]]:
    """Part rules by sign and base, the last ones first.

    The order of rules matters only between those that exclude and those that
    bring back.
    """
    runs: List[Dict[bytes, List[Rule]]] = []
    exclude = None
    for rule in rules:
        if rule.exclude is not exclude:
            runs.append({})
            exclude = rule.exclude
        runs[-1].setdefault(rule.base, []).append(rule)
    return [same_base for run in reversed(runs) for same_base in run.values()]


def _group(rules: List[Rule]) -> _Group:
    """Sort rules of one sign and base by what they cost."""
    literals, suffixes, prefixes, names, paths = [], [], [], [], []
    for rule in rules:
        name = _name_part(rule.regex)
        if name is None:
            paths.append(rule.regex)
        elif (literal := _literal(name)) is not None:
            literals.append(literal)
        elif (suffix := _literal_after(name)) is not None:
            suffixes.append(suffix)
        elif (prefix := _literal_before(name)) is not None:
            prefixes.append(prefix)
        else:
            names.append(name)
    exclude = bool(rules) and rules[0].exclude
    search = _search(names, paths, _inside(rules[0].base) if rules else 0)
    return exclude, frozenset(literals), tuple(suffixes), tuple(prefixes), search


def _search(names: List[str], paths: List[str], start: int) -> Optional[_Search]:
    in_name, in_path = _compiled(names).fullmatch, _compiled(paths).fullmatch
    if not names and not paths:
        return None
    if not paths:
        return lambda path, name: in_name(name)
    if not names:
        return lambda path, name: in_path(path, start)
    return lambda path, name: in_name(name) or in_path(path, start)


def _inside(base: bytes) -> int:
    """Return where a path below `base` starts being relative to it."""
    return len(base) + 1 if base else 0


def _compiled(regexes: List[str]) -> Pattern[bytes]:
    try:
        combined = "|".join("(?:%s)" % regex for regex in regexes).encode("latin-1")
        return re.compile(combined, re.DOTALL)
    except (re.error, UnicodeError, OverflowError) as error:
        raise ValueError("an exclusion rule is no regular expression: %s" % error) from error


def _name_part(regex: str) -> Optional[str]:
    """Return what a name must match when only the name matters, else None."""
    if not regex.startswith(ANY_FOLDER):
        return None
    name = regex[len(ANY_FOLDER) :]
    plain = name.replace("[^/]", "")
    return None if "/" in plain or re.search(r"(?<!\\)\.", plain) else name


def _literal_after(name: str) -> Optional[bytes]:
    return _literal(name[len(ANY_NAME_PART) :]) if name.startswith(ANY_NAME_PART) else None


def _literal_before(name: str) -> Optional[bytes]:
    return _literal(name[: -len(ANY_NAME_PART)]) if name.endswith(ANY_NAME_PART) else None


def _literal(regex: str) -> Optional[bytes]:
    """Return the only text that a regular expression matches; None: it matches more."""
    if re.search(r"(?<!\\)(?:\\\\)*(?:[][.^$*+?{}|()]|\\\w)", regex):
        return None
    return re.sub(r"\\(.)", r"\1", regex, flags=re.DOTALL).encode("latin-1")
