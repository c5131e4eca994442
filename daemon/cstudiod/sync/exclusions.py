"""What a session leaves alone: from lines that people write to rules as data.

Three sources, evaluated in this order, the last match decides: the defaults
below, the ``.gitignore`` files of the local tree when asked for (deeper ones
later), and the session's own patterns. So a pattern such as ``!.venv/``
brings a default back. The rules are made here alone and sent to the agent.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import pathspec
from cstudio_sync import paths
from cstudio_sync.entries import FOLDER
from cstudio_sync.rules import Matcher, Rule, Rules

from cstudiod.errors import UsageError
from cstudiod.model.sync_sessions import Spec
from cstudiod.store.ancestor import Ancestor
from cstudiod.sync import gitignore

DEFAULT_PATTERNS: Final[Sequence[tuple[str, str]]] = (
    (".git", "changed by git alone, half a repository is a broken one; or a worktree's pointer"),
    (".hg/", "as .git/, for Mercurial"),
    (".svn/", "as .git/, for Subversion"),
    ("__pycache__/", "byte code, made anew on each side"),
    ("*.pyc", "byte code outside of __pycache__"),
    (".mypy_cache/", "a cache that names this machine's paths"),
    (".pytest_cache/", "a cache"),
    (".ruff_cache/", "a cache"),
    (".ipynb_checkpoints/", "Jupyter's own copies"),
    ("node_modules/", "installed per platform, tens of thousands of files"),
    (".venv/", "a virtual environment: its scripts name this machine's paths"),
    (".DS_Store", "macOS Finder's notes"),
    ("lost+found/", "belongs to the file system at the root of a volume"),
    ("*.swp", "vim's swap file"),
    ("*.swo", "vim's second swap file"),
    ("*.swx", "vim's probe for a swap file"),
    ("4913", "vim's probe whether a folder can be written"),
    ("*~", "an editor's backup"),
    (".#*", "emacs' lock, a link to nowhere"),
    ("*___jb_tmp___", "JetBrains' safe write, new content"),
    ("*___jb_old___", "JetBrains' safe write, old content"),
    (".goutputstream-*", "GNOME's safe write"),
    (".nfs*", "NFS keeps a deleted open file under such a name"),
    (".fuse_hidden*", "FUSE keeps a deleted open file under such a name"),
)
"""gitignore lines and why each is there. None brings anything back, and each
is one of the forms that need no regular expression at run time."""

GITIGNORE = b".gitignore"
MAX_GITIGNORE_BYTES = 1024 * 1024
_RULES = "rules"
"""The fact that names the rules whose exclusions are not remembered any more."""
_OWN = "--exclude"
_DEFAULTS = "defaults"


def check(patterns: Iterable[str]) -> None:
    """Refuse patterns that nothing can match.

    Raises:
        UsageError: names the first such pattern and why.
    """
    for pattern in patterns:
        try:
            gitignore.rule(_bytes(pattern))
        except gitignore.Meaningless as error:
            raise UsageError(
                f"the exclusion pattern `{pattern}` matches nothing: {error}",
                reason="INVALID_PATTERN",
                next="write it as a line of a .gitignore file, such as `build/` or `*.log`",
                pattern=pattern,
            ) from error


def build(
    patterns: Sequence[tuple[str, str]], gitignore_files: Mapping[bytes, bytes], defaults: bool
) -> Rules:
    """Make the rules of a session.

    Args:
        patterns: (source, line) of the session's own patterns.
        gitignore_files: folder to the content of its ``.gitignore``.
        defaults: whether `DEFAULT_PATTERNS` count.

    Lines that nothing can match are left out, as git does.
    """
    rules: list[Rule] = []
    if defaults:
        rules += _rules((_DEFAULTS, _bytes(line)) for line, _ in DEFAULT_PATTERNS)
    for folder in sorted(gitignore_files, key=_depth_first_last):
        rules += _rules(_numbered(folder, gitignore_files[folder]), base=folder)
    rules += _rules((source, _bytes(line)) for source, line in patterns)
    return Rules.of(tuple(rules))


def build_for(spec: Spec) -> Rules:
    """Make the rules of `spec`; reads the local tree's ``.gitignore`` files if asked to."""
    own = [(_OWN, pattern) for pattern in spec.exclusions.patterns]
    defaults = spec.exclusions.defaults
    if not spec.exclusions.gitignore:
        return build(own, {}, defaults)
    return build(own, read_gitignore_files(spec.local, own, defaults), defaults)


def forget_excluded(ancestor: Ancestor, rules: Rules) -> None:
    """Drop the remembered paths that `rules` exclude; walks all rows, once for the same rules."""
    if ancestor.facts().get(_RULES) == rules.version:
        return
    excluded = Matcher(rules).excluded
    ancestor.commit(
        [
            (path, None)
            for path, row in ancestor.everything()
            if excluded(path, row.entry.kind == FOLDER)
        ]
    )
    ancestor.remember(**{_RULES: rules.version})


def read_gitignore_files(
    root: str, patterns: Sequence[tuple[str, str]], defaults: bool
) -> dict[bytes, bytes]:
    """Return folder -> content of every ``.gitignore`` that git would read.

    Excluded folders are not entered, links are not followed, and what cannot
    be read says nothing.
    """
    found: dict[bytes, bytes] = {}
    matcher = Matcher(build(patterns, found, defaults))
    waiting = [paths.ROOT]
    while waiting:
        folder = waiting.pop()
        content = _read_regular(os.path.join(os.fsencode(root), folder, GITIGNORE))
        if content is not None:
            found[folder] = content
            matcher = Matcher(build(patterns, found, defaults))
        waiting += [
            child
            for child in _folders_in(os.fsencode(root), folder)
            if not matcher.excludes_child(child, True)
        ]
    return found


def is_matched(path: str, glob: str) -> bool:
    """Tell whether a path, as shown to people, is meant by a glob of theirs.

    The glob is read as a line of a ``.gitignore``: ``*.csv`` is meant anywhere,
    ``data/`` is everything below, ``a/**/b`` crosses folders.
    """
    return pathspec.GitIgnoreSpec.from_lines([glob]).match_file(path)


def _folders_in(root: bytes, folder: bytes) -> Iterator[bytes]:
    try:
        with os.scandir(os.path.join(root, folder)) as listing:
            for entry in listing:
                if entry.is_dir(follow_symlinks=False):
                    yield paths.join(folder, entry.name)
    except OSError:
        return


def _read_regular(path: bytes) -> bytes | None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return None
        return file.read(MAX_GITIGNORE_BYTES)


def _rules(lines: Iterable[tuple[str, bytes]], base: bytes = paths.ROOT) -> Iterator[Rule]:
    for source, line in lines:
        try:
            rule = gitignore.rule(line, base=base, source=source)
        except gitignore.Meaningless:
            continue
        if rule is not None:
            yield rule


def _numbered(folder: bytes, content: bytes) -> Iterator[tuple[str, bytes]]:
    name = paths.display(paths.join(folder, GITIGNORE))
    for number, line in enumerate(gitignore.lines(content), 1):
        yield f"{name}:{number}", line


def _depth_first_last(folder: bytes) -> tuple[int, bytes]:
    return (folder.count(b"/") + 1 if folder else 0), folder


def _bytes(line: str) -> bytes:
    return line.encode("utf-8", "surrogateescape")
