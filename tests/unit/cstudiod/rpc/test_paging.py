"""Pages of lists."""

from __future__ import annotations

import pytest
from cstudiod.errors import UsageError
from cstudiod.rpc.paging import page

ITEMS = list(range(1200))


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
