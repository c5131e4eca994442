from __future__ import annotations

import pytest
from cstudiod.model.blueprints import Fragment, ImagePlan
from cstudiod.model.dockerfiles import Statement, render, statements


def _cut(text: str) -> list[tuple[str, int, int]]:
    return [(one.keyword, one.line, one.last) for one in statements(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("# FROM x\n\n  # y", []),
        ("run a\nCOPY b c", [("RUN", 1, 1), ("COPY", 2, 2)]),
        ("RUN a \\\n  && b\nENV X=1", [("RUN", 1, 2), ("ENV", 3, 3)]),
        ("RUN a \\\n# FROM x\n\n  b\nUSER x", [("RUN", 1, 4), ("USER", 5, 5)]),
        ("RUN a \\", [("RUN", 1, 1)]),
        ("RUN <<E\nFROM x\nE\nUSER y", [("RUN", 1, 3), ("USER", 4, 4)]),
        ("RUN <<E\nFROM x", [("RUN", 1, 2)]),
    ],
)
def test_a_text_is_cut_into_instructions(text: str, expected: list[tuple[str, int, int]]) -> None:
    """Continued lines, comments inside them and here-documents belong to one instruction."""
    assert _cut(text) == expected


def test_a_statement_says_where_it_is() -> None:
    """Lines count from 1."""
    assert list(statements("\nRUN x")) == [Statement(line=2, last=2, keyword="RUN")]


PLAN = ImagePlan(
    fragments=(
        Fragment(block=0, block_type="jupyterlab", dockerfile="RUN a\n", as_root=True),
        Fragment(
            block=2,
            block_type="append_dockerfile",
            dockerfile="RUN b \\\n  c\nRUN d",
            lines={1: 30, 2: 31, 3: 32},
        ),
    )
)

TEXT = """\
FROM base:1

# block 1: jupyterlab
USER root
WORKDIR /opt/dataiku
RUN a

# block 3: append_dockerfile
USER dataiku
WORKDIR /home/dataiku
RUN b \\
  c
RUN d

USER dataiku
WORKDIR /home/dataiku
"""


def test_blocks_follow_each_other_and_the_studio_is_not_root() -> None:
    """A later line sees what an earlier block did; user and folder are each block's own."""
    assert render(PLAN, "base:1").text == TEXT


def test_every_line_and_step_has_its_block() -> None:
    """What the builder says of a line or a step is told of a block and a template line."""
    made = render(PLAN, "base:1")
    assert len(made.lines) == len(TEXT.splitlines())
    assert [made.origin_of_line(line).line for line in (11, 12, 13)] == [30, 31, 32]
    steps = [(one.block, one.block_type, one.line) for one in made.steps]
    root = (0, "jupyterlab", 0)
    appended = [(2, "append_dockerfile", line) for line in (30, 30, 30, 32)]
    ours = (-1, "", 0)
    assert steps == [ours, root, root, root, *appended, ours, ours]
    assert made.origin_of_step(99).block == -1
