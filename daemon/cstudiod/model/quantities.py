"""Kubernetes quantities as numbers: ``500m`` is 0.5, ``2Gi`` is 2147483648."""

from __future__ import annotations

import re

_QUANTITY = re.compile(r"(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?P<suffix>m|[kKMGTPE]i?)?")
_DECIMAL = {"m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}


def number(text: str) -> float:
    """Return a quantity's value.

    Raises:
        ValueError: it is none.
    """
    found = _QUANTITY.fullmatch(text.strip())
    factor = None if found is None else (_DECIMAL | _BINARY).get(found["suffix"] or "")
    if found is None or factor is None:
        raise ValueError(f"`{text}` is no quantity such as 500m, 2 or 4Gi")
    return float(found["number"]) * factor
