"""Which built images may go."""

from __future__ import annotations

from cstudiod.builders.docker.collect import Image, removable

BASES = [
    Image(id=f"base{at}", references=(f"base:{at}",), template="", created=at) for at in (1, 2, 3)
]


def lab(created: int, base: str = "base3", template: str = "lab") -> Image:
    """Return an image of a template."""
    name = f"{template}{created}"
    return Image(
        id=name,
        references=(f"{template}:{created}",),
        template=template,
        created=created,
        base=base,
    )


def ids(*images: Image, used: set[str] | None = None, keep: int = 2) -> list[str]:
    """Return the ids of those that may go."""
    return [one.id for one in removable(images, used=used or set(), keep=keep)]


def test_the_newest_of_each_template_stay() -> None:
    """Oldest first; one template's do not count for another's."""
    images = [lab(at) for at in (4, 1, 3, 2)] + [lab(1, template="r")]
    assert ids(*images) == ["lab1", "lab2"]
    assert ids(*images, keep=0) == ["lab1", "r1", "lab2", "lab3", "lab4"]


def test_what_studios_use_stays() -> None:
    """Known by id, name or digest."""
    assert ids(lab(1), lab(2), lab(3), used={"lab1", "lab:2"}, keep=0) == ["lab3"]


def test_a_base_stays_while_something_is_made_from_it() -> None:
    """And the newest one always."""
    images = [*BASES, lab(1, "base1"), lab(5, "base2"), lab(6, "base2")]
    assert ids(*images, keep=1) == ["base1", "lab1", "lab5"]
    assert ids(*BASES) == ["base1", "base2"]
    assert ids(*BASES, used={"base:1"}) == ["base2"]
