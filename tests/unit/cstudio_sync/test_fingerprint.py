"""A folder's fingerprint changes with every name and stamp, and with nothing else."""

from __future__ import annotations

from cstudio_sync.fingerprint import FINGERPRINT_BYTES, fingerprint


def test_it_changes_with_names_stamps_and_count() -> None:
    folders: list[list[tuple[bytes, bytes]]] = [
        [],
        [(b"a", b"1")],
        [(b"a", b"2")],
        [(b"b", b"1")],
        [(b"a", b"")],
        [(b"a", b"1"), (b"b", b"1")],
    ]
    found = {fingerprint(children) for children in folders}
    assert len(found) == len(folders)
    assert {len(one) for one in found} == {FINGERPRINT_BYTES}


def test_no_name_can_pass_for_another_name_and_its_stamp() -> None:
    assert fingerprint([(b"a", b"bc")]) != fingerprint([(b"ab", b"c")])
    assert fingerprint([(b"a", b"1 0 b")]) != fingerprint([(b"a", b""), (b"b", b"")])


def test_it_is_the_same_on_every_side() -> None:
    """Both sides compute it: the value is part of the protocol."""
    assert fingerprint([(b"a", b"1"), (b"d", b"")]).hex() == "618c06047e13b974c3289faede8e1182"
