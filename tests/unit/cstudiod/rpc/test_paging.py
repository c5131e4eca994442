"""Pages of lists."""

from __future__ import annotations

import pytest
from cstudiod.errors import UsageError
from cstudiod.model.sync_sessions import Conflict
from cstudiod.rpc.paging import page, page_by_path

ITEMS = list(range(1200))


def conflicts(*names: bytes) -> list[Conflict]:
    return [Conflict(path=name, local=None, remote=None, since=0.0) for name in names]


def test_all_pages_together_are_the_list() -> None:
    """Nothing is skipped, nothing comes twice; the last token is empty."""
    found: list[int] = []
    token = ""
    while True:
        items, token = page(ITEMS, 500, token)
        found += items
        if not token:
            break
    assert found == ITEMS


@pytest.mark.parametrize(("size", "count"), [(0, 50), (7, 7), (10_000, 500)])
def test_sizes_have_a_default_and_a_limit(size: int, count: int) -> None:
    """0 is 50, more than 500 is 500."""
    assert len(page(ITEMS, size, "")[0]) == count


@pytest.mark.parametrize(("size", "token"), [(-1, ""), (1, "nonsense"), (1, "cA==x")])
def test_nonsense_is_refused(size: int, token: str) -> None:
    """A negative size, or a token that is none of ours."""
    with pytest.raises(UsageError):
        page(ITEMS, size, token)


@pytest.mark.parametrize(("size", "count"), [(0, 500), (1000, 1000), (10_000, 1200)])
def test_lists_of_paths_have_larger_pages(size: int, count: int) -> None:
    """0 is the default that the list names, ten times that the most."""
    assert len(page(ITEMS, size, "", default=500)[0]) == count


def test_a_page_of_paths_goes_on_after_the_last_one_whatever_was_settled() -> None:
    """The first page is settled meanwhile; the second one begins where it ended."""
    found = conflicts(b"a", b"a/b", b"a/c", b"a-b", b"\xff")
    first, token = page_by_path(found, 2, "")
    assert [one.path for one in first] == [b"a", b"a/b"]
    second, token = page_by_path(found[2:], 2, token)
    assert [one.path for one in second] == [b"a/c", b"a-b"]
    third, token = page_by_path(conflicts(b"\xff"), 2, token)
    assert ([one.path for one in third], token) == ([b"\xff"], "")


def test_pages_of_paths_have_their_size_and_their_end() -> None:
    """0 is 500, and 5,000 the most; the last page has no token."""
    found = conflicts(*(b"%05d" % number for number in range(6000)))
    assert len(page_by_path(found, 0, "")[0]) == 500
    assert len(page_by_path(found, 9000, "")[0]) == 5000
    assert page_by_path(found[:500], 500, "")[1] == ""


@pytest.mark.parametrize(("size", "token"), [(-1, ""), (1, "nonsense"), (1, "cDE=")])
def test_a_token_of_another_list_is_refused(size: int, token: str) -> None:
    """`cDE=` is a good token of `page`."""
    with pytest.raises(UsageError):
        page_by_path(conflicts(b"a"), size, token)
