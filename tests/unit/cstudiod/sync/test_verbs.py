"""Which conflicts are meant, and what a loser is called."""

from __future__ import annotations

import time

import pytest
from cstudio_sync import paths
from cstudiod.errors import NotFoundError
from cstudiod.model.sync_sessions import Conflict
from cstudiod.sync.verbs import aside_name, chosen

WHEN = time.struct_time((2026, 11, 24, 8, 15, 23, 0, 0, 0))


def _conflicts(*found: bytes) -> list[Conflict]:
    return [Conflict(path=path, local=None, remote=None, since=0.0) for path in found]


OPEN = _conflicts(b"a.csv", b"data/b.csv", b"data/deep/c.txt", b"src")


@pytest.mark.parametrize(
    ("named", "globs", "expected"),
    [
        ([], [], [b"a.csv", b"data/b.csv", b"data/deep/c.txt", b"src"]),
        ([b"a.csv"], [], [b"a.csv"]),
        ([b"data"], [], [b"data/b.csv", b"data/deep/c.txt"]),
        ([], ["*.csv"], [b"a.csv", b"data/b.csv"]),
        ([], ["data/**/*.txt"], [b"data/deep/c.txt"]),
        ([b"src"], ["a.*"], [b"src", b"a.csv"]),
    ],
)
def test_names_and_globs_choose(
    named: list[bytes], globs: list[str], expected: list[bytes]
) -> None:
    """Nothing named means all; a folder means all below it; globs are as git's."""
    assert [one.path for one in chosen(OPEN, named, globs)] == expected


@pytest.mark.parametrize(("named", "globs"), [([b"nope"], []), ([], ["*.nope"])])
def test_what_is_not_in_conflict_is_refused(named: list[bytes], globs: list[str]) -> None:
    """A slip does not silently resolve nothing."""
    with pytest.raises(NotFoundError):
        chosen(OPEN, named, globs)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"report.csv", b"report (remote 2026-11-24 08.15.23).csv"),
        (b"d/Makefile", b"d/Makefile (remote 2026-11-24 08.15.23)"),
        (b".env", b".env (remote 2026-11-24 08.15.23)"),
        (b"a.tar.gz", b"a.tar (remote 2026-11-24 08.15.23).gz"),
    ],
)
def test_a_loser_says_where_it_came_from_and_when(path: bytes, expected: bytes) -> None:
    """The suffix stays, so that programs still know what it is."""
    assert aside_name(path, "remote", WHEN) == expected


def test_a_long_name_stays_a_name() -> None:
    """255 bytes are the limit of every file system that matters."""
    name = aside_name(b"x" * 255, "remote", WHEN)
    assert len(name) <= paths.MAX_NAME_BYTES
    assert paths.relative(name) == name
