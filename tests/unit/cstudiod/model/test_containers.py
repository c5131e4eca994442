"""Container configurations are read whole, and refused with everything that is wrong."""

from __future__ import annotations

import pytest
from cstudiod.errors import UsageError
from cstudiod.model.containers import ContainerConfiguration, chosen, parse, pushed_to
from cstudiod.model.templates import RuntimeKind

SMALL = ContainerConfiguration(name="small", namespace="studios", pull_secret="regcred")
BIG = ContainerConfiguration(name="big", default=True, memory_limit="8Gi")
BOX = ContainerConfiguration(name="box", runtime=RuntimeKind.DOCKER)
ALL = {one.name: one for one in (SMALL, BIG, BOX)}


def test_what_is_written_is_read() -> None:
    """A table is a configuration; the key is its name."""
    read = parse(
        {
            "small": {"namespace": "studios", "pull_secret": "regcred"},
            "box": {"runtime": "docker"},
            "slow": {"unschedulable_minutes": 15, "node_selector": {"disk": "ssd"}},
        }
    )
    assert read["small"] == SMALL
    assert read["box"] == BOX
    assert read["slow"].node_selector == {"disk": "ssd"}
    assert read["slow"].unschedulable_minutes == 15


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """Unknown keys with the nearest one, unfit values, two defaults."""
    with pytest.raises(UsageError) as caught:
        parse(
            {
                "a": {"namespase": "x", "pull_policy": "Sometimes", "default": True},
                "b": {"runtime": "podman", "labels": {"a": 1}, "default": True},
                "c": "text",
            }
        )
    for part in (
        "[containers.a] has an unknown key `namespase`: did you mean `namespace`?",
        "[containers.a] `pull_policy` must be one of Always, IfNotPresent, Never",
        "[containers.b] `runtime` is neither kubernetes nor docker: podman",
        "[containers.b] `labels` must be a table of texts",
        "[containers.c] is no table",
        "several of [containers] have `default = true`",
    ):
        assert part in caught.value.message


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        (RuntimeKind.KUBERNETES, "", BIG),
        (RuntimeKind.KUBERNETES, "small", SMALL),
        (RuntimeKind.DOCKER, "", BOX),
    ],
)
def test_one_is_chosen(kind: RuntimeKind, name: str, expected: ContainerConfiguration) -> None:
    """The named one, else the default one of that runtime, else the only one."""
    assert chosen(ALL, kind, name) == expected


def test_without_any_there_is_an_empty_one() -> None:
    """Nothing need be configured."""
    assert chosen({}, RuntimeKind.DOCKER) == ContainerConfiguration(
        name="", runtime=RuntimeKind.DOCKER
    )


def test_a_wrong_name_is_refused_with_the_nearest() -> None:
    """And one of another runtime is refused too."""
    with pytest.raises(UsageError) as caught:
        chosen(ALL, RuntimeKind.KUBERNETES, "smal")
    assert "small" in caught.value.next
    with pytest.raises(UsageError):
        chosen(ALL, RuntimeKind.KUBERNETES, "box")


@pytest.mark.parametrize(
    ("registries", "own", "expected"),
    [
        ((), "r:1", "r:1"),
        (("r:2", ""), "", "r:2"),
        (("r:2", "r:2"), "", "r:2"),
        (("r:2",), "r:1", "r:1"),
        (("r:3", "r:2"), "", "several registries are configured: r:2, r:3"),
        ((), "", "no registry to push to"),
    ],
)
def test_where_an_image_is_pushed(registries: tuple[str, ...], own: str, expected: str) -> None:
    """To the one that is meant; never to one that nobody named."""
    found = {
        str(at): ContainerConfiguration(name=str(at), registry=registry)
        for at, registry in enumerate(registries)
    }
    if " " not in expected:
        assert pushed_to(found, own) == expected
        return
    with pytest.raises(UsageError, match=expected) as refused:
        pushed_to(found, own)
    assert "[build]" in refused.value.next
