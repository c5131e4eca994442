"""A folder's fingerprint: equal means no child needs a look.

Both sides compute it, the observer from the disk and the daemon from the
rows it remembers, so it travels instead of the listing. It covers name and
stamp of every child that takes part; a sub-folder counts with its name alone,
since its own fingerprint speaks for its content.
"""

from __future__ import annotations

import hashlib
from typing import Iterable, Tuple

FINGERPRINT_BYTES = 16


def fingerprint(children: Iterable[Tuple[bytes, bytes]]) -> bytes:
    """Return the fingerprint of (name, stamp) pairs in name order.

    A sub-folder is given with an empty stamp.
    """
    state = hashlib.sha256()
    for name, stamp in children:
        state.update(b"%d %d " % (len(name), len(stamp)))
        state.update(name)
        state.update(stamp)
    return state.digest()[:FINGERPRINT_BYTES]
