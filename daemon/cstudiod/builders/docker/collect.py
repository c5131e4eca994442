"""Which built images may go. No IO."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image that cstudio built, as the engine lists it."""

    id: str
    references: tuple[str, ...]
    template: str
    """Empty: a base image."""
    created: int
    """Unix time in seconds."""
    base: str = ""
    """The id of the base image that it was made from."""
    bytes: int = 0


def removable(images: Sequence[Image], *, used: Collection[str], keep: int) -> tuple[Image, ...]:
    """Return the images that nobody needs, oldest first.

    Args:
        images: All that cstudio built.
        used: Ids, names and digests of images that studios use, running or stopped.
        keep: How many of each template stay, the newest, besides those in use.

    A base image stays while an image that stays was made from it; of the others
    the newest one stays.
    """
    of_template: dict[str, list[Image]] = defaultdict(list)
    for one in sorted(images, key=lambda image: (image.created, image.id), reverse=True):
        of_template[one.template].append(one)
    bases = of_template.pop("", [])
    staying = {
        one.id
        for several in of_template.values()
        for number, one in enumerate(several)
        if number < keep or _is_used(one, used)
    }
    needed = {one.base for one in images if one.id in staying}
    staying |= {one.id for one in bases[:1]}
    staying |= {one.id for one in bases if one.id in needed or _is_used(one, used)}
    gone = [one for one in images if one.id not in staying]
    return tuple(sorted(gone, key=lambda image: (image.created, image.id)))


def _is_used(image: Image, used: Collection[str]) -> bool:
    return image.id in used or any(one in used for one in image.references)
