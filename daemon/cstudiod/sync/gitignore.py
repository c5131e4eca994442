"""One line of a gitignore file becomes one rule, exactly as git reads it.

Written after git's ``dir.c`` and ``wildmatch.c``, byte by byte, and held to
``git check-ignore`` by a property test. pathspec was tried: its verdicts
differ from git's on classes (``[[:alpha:]]``, ``[a\\]b]``, ``[!a]`` against a
slash), on ``x/**/``, on tabs at a line's end and on what a negated line says
about paths below it.

A regular expression here is a Latin-1 text: one character stands for one byte.
"""

from __future__ import annotations

import re

from cstudio_sync.paths import ROOT
from cstudio_sync.rules import ANY_FOLDER, ANY_NAME_PART, Rule

_NAMED_CLASSES = {
    "alnum": "[0-9A-Za-z]",
    "alpha": "[A-Za-z]",
    "blank": "[ \\t]",
    "cntrl": "[\\x00-\\x1f\\x7f]",
    "digit": "[0-9]",
    "graph": "[!-~]",
    "lower": "[a-z]",
    "print": "[ -~]",
    "punct": "[!-/:-@[-`{-~]",
    "space": "[ \\t\\n\\r]",
    "upper": "[A-Z]",
    "xdigit": "[0-9A-Fa-f]",
}
_EVERY_BYTE = "".join(map(chr, range(256)))


class Meaningless(ValueError):
    """A line that is a pattern, but one that nothing can match."""


def lines(content: bytes) -> list[bytes]:
    """Return a gitignore file's lines, without line ends and byte order mark."""
    if content.startswith(b"\xef\xbb\xbf"):
        content = content[3:]
    return [line.removesuffix(b"\r") for line in content.split(b"\n")]


def rule(line: bytes, *, base: bytes = ROOT, source: str = "") -> Rule | None:
    """Return what a line means; None for comments and blank lines.

    Raises:
        Meaningless: nothing can match it.
    """
    written = _without_trailing_spaces(line.decode("latin-1"))
    if not written or written.startswith("#"):
        return None
    pattern = written.removeprefix("!")
    folders_only = pattern.endswith("/")
    pattern = pattern.removesuffix("/")
    if not pattern.removeprefix("/"):
        raise Meaningless("it names nothing")
    return Rule(
        regex=_path_regex(pattern) if "/" in pattern else ANY_FOLDER + _Glob(pattern, 0).regex(),
        exclude=not written.startswith("!"),
        folders_only=folders_only,
        base=base,
        pattern=written.encode("latin-1").decode("utf-8", "backslashreplace"),
        source=source,
    )


def _without_trailing_spaces(line: str) -> str:
    """Drop spaces, and only spaces, at the end; a backslash keeps the one after it."""
    kept = re.match(r"(?:\\.|[^\\ ]| +(?=[^ ])|\\\Z)*", line, re.DOTALL)
    assert kept is not None
    return kept.group()


def _path_regex(pattern: str) -> str:
    """Translate a pattern with a slash in it: it is about the path from the base.

    git compares the part before the first special character by itself, and
    looks at the rest as if a pattern began there: that is why ``a**/b``
    matches ``ab`` and ``ax/y/b``.
    """
    pattern = pattern.removeprefix("/")
    special = re.search(r"[*?[\\]", pattern)
    start = special.start() if special else len(pattern)
    return re.escape(pattern[:start]) + _Glob(pattern[start:], 0).regex()


class _Glob:
    """A reader of one glob, as `wildmatch` with ``WM_PATHNAME``."""

    def __init__(self, text: str, position: int) -> None:
        self._text = text
        self._position = position

    def regex(self) -> str:
        parts: list[str] = []
        while (char := self._take()) != "":
            parts.append(self._translated(char))
        return "".join(parts)

    def _next(self) -> str:
        return self._text[self._position : self._position + 1]

    def _take(self) -> str:
        char = self._next()
        self._position += 1
        return char

    def _translated(self, char: str) -> str:
        match char:
            case "*":
                return self._stars()
            case "?":
                return "[^/]"
            case "[":
                return self._class()
            case "\\":
                return re.escape(self._escaped())
            case _:
                return re.escape(char)

    def _escaped(self) -> str:
        char = self._take()
        if not char:
            raise Meaningless("it ends in a backslash")
        return char

    def _stars(self) -> str:
        first = self._position - 1
        while self._text.startswith("*", self._position):
            self._position += 1
        rest = self._text[self._position :]
        starts = first == 0 or self._text[first - 1] == "/"
        if self._position - first < 2 or not starts:
            return ANY_NAME_PART
        if rest.startswith("/"):
            self._position += 1
            return ANY_FOLDER
        return ".*" if not rest or rest.startswith("\\/") else ANY_NAME_PART

    # ------------------------------------------------------------- classes

    def _class(self) -> str:
        """Read from after ``[`` to after ``]``; a slash is never matched."""
        negated = self._next() in ("!", "^")
        if negated:
            self._position += 1
        chosen = self._members()
        if negated:
            chosen = set(_EVERY_BYTE) - chosen
        return _class_regex(chosen - {"/"})

    def _members(self) -> set[str]:
        chosen: set[str] = set()
        previous = ""
        char = self._member()
        while True:
            if char == "\\":
                previous = self._member()
                chosen.add(previous)
            elif char == "-" and previous and self._next() not in ("", "]"):
                chosen |= self._range(previous)
                previous = ""
            elif char == "[" and (named := self._named()) is not None:
                chosen |= named
                previous = ""
            else:
                chosen.add(char)
                previous = char
            char = self._member()
            if char == "]":
                return chosen

    def _member(self) -> str:
        char = self._take()
        if not char:
            raise Meaningless("a '[' is not closed")
        return char

    def _range(self, first: str) -> set[str]:
        last = self._member()
        if last == "\\":
            last = self._member()
        return {chr(code) for code in range(ord(first), ord(last) + 1)}

    def _named(self) -> set[str] | None:
        """Read ``[:name:]`` from after its ``[``; None when it is not one."""
        if not self._text.startswith(":", self._position):
            return None
        stop = self._text.find("]", self._position + 1)
        if stop < 0:
            raise Meaningless("a '[' is not closed")
        inner = self._text[self._position + 1 : stop]
        if not inner.endswith(":"):
            return None
        members = _NAMED_CLASSES.get(inner[:-1])
        if members is None:
            raise Meaningless(f"there is no class '[:{inner[:-1]}:]'")
        self._position = stop + 1
        return set(re.findall(members, _EVERY_BYTE))


def _class_regex(chosen: set[str]) -> str:
    if not chosen:
        raise Meaningless("a class has no members")
    codes = sorted(map(ord, chosen))
    if codes == [code for code in range(256) if code != ord("/")]:
        return "[^/]"
    parts = []
    start = previous = codes[0]
    for code in [*codes[1:], 999]:
        if code != previous + 1:
            parts.append(f"\\x{start:02x}" + (f"-\\x{previous:02x}" if previous > start else ""))
            start = code
        previous = code
    return "[" + "".join(parts) + "]"
