"""Is the remote root still the replica that the ancestor describes?

Pure: remembered facts against those found now. A planted id that is still on
the same folder proves it, whatever container looks at it. Where nothing can be
planted, only the same incarnation with the same folder counts as proof.
"""

from __future__ import annotations

from collections.abc import Mapping

from cstudiod.ports import Facts, Place


def remembered(facts: Facts, place: Place) -> dict[str, str]:
    """Return what is to be remembered about a replica."""
    return {
        "remote_replica": facts.replica,
        "remote_device": str(facts.device),
        "remote_inode": str(facts.inode),
        "remote_incarnation": place.incarnation,
    }


def is_same(known: Mapping[str, str], facts: Facts, place: Place) -> bool:
    """Tell whether what was remembered describes the replica found now."""
    if known.get("remote_inode") != str(facts.inode):
        return False
    if facts.replica:
        return not facts.replica_is_new and known.get("remote_replica") == facts.replica
    return known.get("remote_incarnation") == place.incarnation and known.get(
        "remote_device"
    ) == str(facts.device)


def lost_power(known: Mapping[str, str], boot: str) -> bool:
    """Tell whether this machine went down while the session was at work.

    Then files may be older than what is remembered of them: they were renamed,
    but their content and names were not on the disk yet.

    Args:
        known: what the ancestor remembers.
        boot: the present `Facts.boot`.
    """
    return known.get("local_boot", boot) != boot and not known.get("ended")
