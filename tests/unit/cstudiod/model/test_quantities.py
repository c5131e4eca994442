"""Quantities as Kubernetes writes them."""

from __future__ import annotations

import pytest
from cstudiod.model.quantities import number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("500m", 0.5),
        ("2", 2),
        ("0.5", 0.5),
        ("2Gi", 2**31),
        ("1k", 1000),
        ("1e3", 1000),
        ("1E", 1e18),
    ],
)
def test_numbers(text: str, value: float) -> None:
    """Decimal and binary suffixes."""
    assert number(text) == value


@pytest.mark.parametrize("text", ["", "lots", "1 GB", "-1", "1mi", "Gi"])
def test_what_is_none(text: str) -> None:
    """It is said, with an example."""
    with pytest.raises(ValueError, match="500m"):
        number(text)
