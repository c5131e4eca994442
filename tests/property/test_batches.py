"""Operations can be done in the order given, however they are cut."""

from __future__ import annotations

import itertools

from cstudio_sync import operations as ops
from cstudio_sync.batches import batches, operations
from cstudio_sync.reconcile import ONE_WAY_REPLICA, Change, reconcile
from hypothesis import given
from hypothesis import strategies as st
from support.tree_strategies import Three, threes
from support.trees import Disk, Tree, differences, is_whole, known_copies


def changes(before: Tree, after: Tree) -> tuple[Change, ...]:
    local = differences(before, after)
    return reconcile(local, before, local, {}, ONE_WAY_REPLICA).remote


@given(threes(), st.booleans())
def test_operations_make_one_tree_of_another(three: Three, copies: bool) -> None:
    """Each finds what it expects, and the tree is whole after every single one."""
    before, after = three.local, three.remote
    found = known_copies(before) if copies else {}
    disk = Disk(dict(before))
    for operation in operations(changes(before, after), known_copies=found, stamps={}):
        assert disk.apply([operation])[0].status == ops.OK
        assert is_whole(disk.tree)
    assert disk.tree == after
    assert not disk.trash


@given(threes())
def test_content_that_stays_on_the_side_is_not_sent(three: Three) -> None:
    before, after = three.local, three.remote
    copies = known_copies(before)
    for operation in operations(changes(before, after), known_copies=copies, stamps={}):
        entry = operation.entry
        replaces_folder = before.get(operation.path) != operation.expected
        if operation.verb == ops.PUT_FILE and entry and entry.size and not replaces_folder:
            holder = copies.get(entry.digest, (b"", b""))[0]
            assert not holder or after.get(holder) != before[holder]


@given(threes(), st.integers(1, 5), st.integers(1, 3))
def test_batches_keep_order_and_bounds(three: Three, count: int, size: int) -> None:
    planned = operations(changes(three.local, three.remote), known_copies={}, stamps={})
    cut = list(batches(planned, count, size))
    assert tuple(itertools.chain(*cut)) == planned
    for batch in cut:
        weight = sum(o.entry.size for o in batch if o.verb == ops.PUT_FILE and o.entry)
        assert 1 <= len(batch) <= count
        assert weight <= size or len(batch) == 1
