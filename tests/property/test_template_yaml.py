from __future__ import annotations

from typing import Any

from cstudiod.blocks import yaml_text
from hypothesis import given
from hypothesis import strategies as st

_TEXT = st.text()
_PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXT
    | st.sampled_from(
        ["yes", "010", "1e3", "~", "2020-01-01", "0x1f", "1_000", "- a", "a: b", "#"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(_TEXT, _PLAIN, min_size=1, max_size=4))
def test_what_is_written_reads_as_the_same(value: dict[str, Any]) -> None:
    """Whatever plain values a template holds."""
    document = yaml_text.parse(yaml_text.dump(value))
    assert document.faults == ()
    assert document.value == value
