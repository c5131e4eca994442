"""What is in an image's hash, what is not, and how a change is told."""

from __future__ import annotations

import dataclasses
import json

import pytest
from cstudiod.builders.docker import inputs
from cstudiod.builders.docker.inputs import Outside
from cstudiod.model.blueprints import (
    ContextFile,
    ContextSource,
    Environment,
    Fragment,
    ImagePlan,
    Prefab,
)

CODE = Fragment(
    block=1, block_type="code_environment", dockerfile="COPY block-2/data.txt /tmp/\nRUN pip\n",
    files=(ContextFile(path="block-2/data.txt", content=b"alpha\n"),), lines={1: 12},
)  # fmt: skip
IDE = Fragment(
    block=2, block_type="visual_studio_code", dockerfile="COPY prefab/code-server /opt/\n",
    prefabs=(Prefab(name="code-server"),), as_root=True,
    sources=(ContextSource(path="block-3/kit", root="dip.home", relative="kit"),),
)  # fmt: skip
DATA = Environment(name="data", block=1, requirements=("alpha", "beta"))
PLAN = ImagePlan(fragments=(CODE, IDE), environments=(DATA,))
OUTSIDE = Outside(
    sources={("dip.home", "kit"): "d1"}, prefabs={("code-server", ""): '{"version":"4"}'}
)


def made(plan: ImagePlan = PLAN, **more: object) -> str:
    """Return a plan's inputs."""
    values: dict[str, object] = {
        "base": "sha256:b", "runner": "r1", "platform": "", "args": {"A": "1"}, "epoch": 0,
        "outside": OUTSIDE, **more,
    }  # fmt: skip
    return inputs.canonical(plan, **values)  # type: ignore[arg-type]


def changed(fragment: Fragment, **more: object) -> Fragment:
    """Return a fragment with some fields changed."""
    return dataclasses.replace(fragment, **more)  # type: ignore[arg-type]


def test_the_hash_is_over_canonical_json() -> None:
    """Sorted, without spaces, so that the same content is the same text everywhere."""
    text = made()
    assert text == json.dumps(
        json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert len(inputs.content_hash(text)) == 64


def test_where_a_block_stands_in_file_and_template_counts_not() -> None:
    """Blocks that build nothing may come and go before it."""
    moved = changed(
        CODE, block=7, lines={1: 99}, dockerfile="COPY block-8/data.txt /tmp/\nRUN pip\n",
        files=(ContextFile(path="block-8/data.txt", content=b"alpha\n"),),
    )  # fmt: skip
    plan = ImagePlan(fragments=(moved, IDE), environments=(dataclasses.replace(DATA, block=7),))
    assert made(plan) == made()


CHANGES: list[tuple[ImagePlan, dict[str, object], tuple[str, ...]]] = [
    (PLAN, {}, ()),
    (PLAN, {"base": "sha256:c"}, ("the base image is another one",)),
    (PLAN, {"runner": "r2"}, ("cstudio's runner is another one",)),
    (PLAN, {"platform": "linux/arm64"}, ("the platform was the default and is linux/arm64",)),
    (PLAN, {"epoch": 1}, ("a refresh was asked for",)),
    (PLAN, {"args": {"A": "2"}}, ("build argument A changed",)),
    (PLAN, {"args": {"B": "1"}}, ("build argument A was removed", "build argument B was added")),
    (
        PLAN,
        {"outside": dataclasses.replace(OUTSIDE, sources={("dip.home", "kit"): "d2"})},
        ("block visual_studio_code: resource block/kit changed",),
    ),
    (
        PLAN,
        {"outside": dataclasses.replace(OUTSIDE, prefabs={("code-server", ""): "5"})},
        ("block visual_studio_code: program code-server changed",),
    ),
    (
        dataclasses.replace(PLAN, fragments=(changed(CODE, as_root=True), IDE)),
        {},
        ("block code_environment: it runs as root now",),
    ),
    (
        dataclasses.replace(PLAN, fragments=(changed(CODE, dockerfile="RUN pip -v"), IDE)),
        {},
        (
            "block code_environment: dockerfile: - COPY block/data.txt /tmp/; - RUN pip;"
            " + RUN pip -v",
        ),
    ),
    (
        dataclasses.replace(
            PLAN,
            fragments=(
                changed(CODE, files=(dataclasses.replace(CODE.files[0], executable=True),)),
                IDE,
            ),
        ),
        {},
        ("block code_environment: file block/data.txt changed",),
    ),
    (dataclasses.replace(PLAN, fragments=(IDE,)), {}, ("block code_environment was removed",)),
    (
        dataclasses.replace(PLAN, fragments=(CODE, IDE, changed(CODE, block_type="r"))),
        {},
        ("block r was added",),
    ),
    (
        dataclasses.replace(PLAN, fragments=(changed(CODE, block_type="r"), IDE)),
        {},
        ("block code_environment was replaced by block r",),
    ),
    (
        dataclasses.replace(
            PLAN, environments=(dataclasses.replace(DATA, requirements=("alpha", "gamma==2")),)
        ),
        {},
        ("environment data: requirements: - beta, + gamma==2",),
    ),
    (
        dataclasses.replace(
            PLAN, environments=(dataclasses.replace(DATA, requirements=("beta", "alpha")),)
        ),
        {},
        ("environment data: requirements: another order",),
    ),
    (
        dataclasses.replace(PLAN, environments=(dataclasses.replace(DATA, python="3.12"),)),
        {},
        ("environment data: python: was the default, is 3.12",),
    ),
    (dataclasses.replace(PLAN, environments=()), {}, ("environment data was removed",)),
]


@pytest.mark.parametrize(("plan", "more", "told"), CHANGES)
def test_every_change_is_another_image_and_is_named(
    plan: ImagePlan, more: dict[str, object], told: tuple[str, ...]
) -> None:
    """By block and field; without a change there is no other image."""
    assert inputs.changes(made(), made(plan, **more)) == told
    assert (made(plan, **more) == made()) == (not told)


def test_blocks_are_numbered_as_in_the_template() -> None:
    """Where that is known: two may be of one type."""
    last = changed(CODE, block=9, dockerfile="RUN last")
    before = made(dataclasses.replace(PLAN, fragments=(CODE, CODE)))
    after = made(dataclasses.replace(PLAN, fragments=(CODE, last, IDE)))
    told = inputs.changes(before, after, [2, 10, 11])
    assert told[0].startswith("block 10 (code_environment): dockerfile:")
    assert told[-1] == "block 11 (visual_studio_code) was added"


def test_the_order_of_blocks_counts() -> None:
    """A later block sees what an earlier one installed."""
    turned = dataclasses.replace(PLAN, fragments=(IDE, CODE))
    assert made(turned) != made()
    assert inputs.changes(made(), made(turned))


def test_what_could_be_a_secret_is_kept_as_a_digest() -> None:
    """Values of arguments, and addresses with a password."""
    secret = dataclasses.replace(DATA, requirements=("x @ https://me:s3cret@host/x.whl",))
    text = made(dataclasses.replace(PLAN, environments=(secret,)), args={"TOKEN": "t0ken"})
    assert "s3cret" not in text
    assert "t0ken" not in text


def test_images_are_named_by_their_hash() -> None:
    """With or without a registry."""
    hash = "0123456789abcdef" * 4
    assert inputs.reference("", "lab", hash) == "cstudio/lab:0123456789abcdef"
    assert inputs.reference("r:5000/t/", "lab", hash) == "r:5000/t/cstudio/lab:0123456789abcdef"


def test_a_digest_of_files_does_not_depend_on_their_order() -> None:
    """But on names, executable bits and contents."""
    one, two = ("a", False, "1"), ("b", True, "2")
    assert inputs.digest_of([one, two]) == inputs.digest_of([two, one])
    others = [("a", True, "1"), ("a", False, "2"), ("c", False, "1")]
    assert len({inputs.digest_of([other]) for other in (one, *others)}) == 4
