"""A template becomes a blueprint: blocks announce, then contribute, in their order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from cstudiod.blocks import agreements, faults, registry, venvs
from cstudiod.blocks.checking import Checked, check
from cstudiod.blocks.dss import notes
from cstudiod.blocks.file_synchronization import default_zones
from cstudiod.blocks.kinds import Announcement, Contribution, Scene, Trouble
from cstudiod.blocks.registry import Registry
from cstudiod.model.blueprints import (
    Blueprint,
    Entrypoint,
    ImagePlan,
    KubernetesSettings,
    Language,
    LaunchPlan,
    Readiness,
)
from cstudiod.model.templates import Fault, Template, TemplateInvalid
from cstudiod.model.zones import ZoneSync

LOCAL_PROGRAMS = ("code-server", "R", "Rscript")
"""What the local runtime may use of this machine; callers look for them and pass those found."""

Part = tuple[Checked, Contribution]
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Composed:
    """A blueprint, and everything that is wrong with the template; empty: nothing."""

    blueprint: Blueprint
    faults: tuple[Fault, ...]


def blueprint(template: Template, *, programs: Collection[str] = ()) -> Blueprint:
    """Return what a template means.

    Args:
        template: From `templates.read_template` or `dss.archive.import_dss`.
        programs: Which of `LOCAL_PROGRAMS` this machine has.

    Raises:
        TemplateInvalid: with all faults.
    """
    composed = compose(template, registry.installed(), programs=programs)
    if composed.faults:
        raise TemplateInvalid(composed.faults, template.name)
    return composed.blueprint


def compose(
    template: Template, known: Registry, *, programs: Collection[str] = (), complete: bool = True
) -> Composed:
    """Compose what is valid, and collect what is wrong with the rest.

    `complete` is False when blocks of the file were left out because they are wrong.
    """
    valid, found = check(template.blocks, known)
    wrong: list[Fault] = []
    scenes = _scenes(template, valid, frozenset(programs), complete and not found)
    announced = [
        _guarded(one, wrong, partial(_announce, one, scenes[one.index]), Announcement())
        for one in valid
    ]
    shared = _shared(announced)
    parts: list[Part] = []
    for one in valid:
        scene = replace(
            scenes[one.index], environments=shared.environments, zones=shared.zones or ()
        )
        made = _guarded(one, wrong, partial(_contribute, one, scene), Contribution())
        parts.append((one, made))
    result = _assemble(template, parts, shared)
    wrong.extend(_told(parts, lambda made: made.faults))
    wrong.extend(agreements.check(parts, result, complete=complete and not found))
    return Composed(
        blueprint=result, faults=agreements.in_order([*found, *_standing(wrong, valid)])
    )


def _standing(wrong: Sequence[Fault], valid: Sequence[Checked]) -> Iterator[Fault]:
    """Yield what does not come of what was taken out of wrong settings, placed as in the file."""
    by_index = {one.index: one for one in valid}
    for fault in wrong:
        one = by_index.get(fault.block)
        left = one.repaired if one else None
        if one is None or left is None:
            yield fault
        elif left.stands(fault):
            field = left.written(fault.field)
            yield faults.fault(one.block, one.index, fault.message, field, _own(fault, one))


def _own(fault: Fault, one: Checked) -> int:
    """Return a line that a block found by itself; 0: it is its field's."""
    usual = faults.line_of(fault.field, one.block.lines, one.block.line)
    return 0 if fault.line == usual else fault.line


def _scenes(
    template: Template, valid: Sequence[Checked], programs: frozenset[str], complete: bool
) -> dict[int, Scene]:
    types = [block.type for block in template.blocks]
    resources = {resource.path: resource for resource in template.resources}
    return {
        one.index: Scene(
            block=one.index,
            type=one.block.type,
            line=one.block.line,
            lines=one.block.lines,
            earlier=tuple(types[: one.index]),
            types=frozenset(types),
            resources=resources,
            programs=programs,
            complete=complete,
        )
        for one in valid
    }


def _announce(one: Checked, scene: Scene) -> Announcement:
    found = one.kind.announce(one.settings, scene)
    if not isinstance(found, Announcement):
        raise TypeError(f"it announced a {type(found).__name__}")
    return found


def _contribute(one: Checked, scene: Scene) -> Contribution:
    found = one.kind.contribute(one.settings, scene)
    if not isinstance(found, Contribution):
        raise TypeError(f"it contributed a {type(found).__name__}")
    return found


def _guarded(one: Checked, wrong: list[Fault], call: Callable[[], T], otherwise: T) -> T:
    """Call a block; what another package's block raises is a fault of the template."""
    try:
        return call()
    except Exception as error:
        if one.is_ours:
            raise
        message = f"the block `{one.block.type}` failed: {type(error).__name__}: {error}"
        wrong.append(faults.fault(one.block, one.index, message))
        return otherwise


def _shared(announced: Sequence[Announcement]) -> Announcement:
    """Return what everybody sees: all environments with what others need in them, the zones."""
    found = tuple(one for announcement in announced for one in announcement.environments)
    for announcement in announced:
        for name, packages in announcement.packages.items():
            found = tuple(venvs.extended(one, name, packages) for one in found)
    mapping = [one.zones for one in announced if one.zones is not None]
    zones: tuple[ZoneSync, ...] = mapping[0] if mapping else default_zones()
    return Announcement(environments=found, zones=zones)


def _told(
    parts: Sequence[Part], which: Callable[[Contribution], tuple[Trouble, ...]]
) -> tuple[Fault, ...]:
    return tuple(
        faults.fault(one.block, one.index, trouble.message, trouble.field, trouble.line)
        for one, made in parts
        for trouble in which(made)
    )


def _assemble(template: Template, parts: Sequence[Part], shared: Announcement) -> Blueprint:
    fragments = tuple(one for _, made in parts for one in made.fragments)
    python = tuple(one for one in shared.environments if one.language is Language.PYTHON)
    return Blueprint(
        image=ImagePlan(fragments=fragments, environments=python),
        launch=_launch(parts),
        sync=shared.zones or (),
        actions=tuple(one for _, made in parts for one in made.actions),
        creation=tuple(one for _, made in parts for one in made.creation),
        notes=(*notes.of(template), *_told(parts, lambda made: made.notes)),
        local_faults=_told(parts, lambda made: made.local_faults),
    )


def _launch(parts: Sequence[Part]) -> LaunchPlan:
    environment: dict[str, str] = {}
    for _, made in parts:
        environment.update(made.environment)
    settings = [made.kubernetes for _, made in parts if made.kubernetes]
    return LaunchPlan(
        entrypoints=_named(tuple(one for _, made in parts for one in made.entrypoints)),
        ports=tuple(one for _, made in parts for one in made.ports),
        files=tuple(one for _, made in parts for one in made.files),
        environment=environment,
        readiness=_readiness(parts),
        kubernetes=settings[0] if settings else KubernetesSettings(),
    )


def _readiness(parts: Sequence[Part]) -> Readiness:
    probes = [made.probe for _, made in parts if made.probe]
    urls = [(made.readiness_url, one.index) for one, made in parts if made.readiness_url]
    url, block = urls[0] if urls else ("", -1)
    if not probes:
        return Readiness(url=url, block=block)
    probe = probes[0]
    return Readiness(
        tcp=probe.tcp, url=url, headers=probe.headers, kubelet_http=probe.http, block=block
    )


def _named(entrypoints: Sequence[Entrypoint]) -> tuple[Entrypoint, ...]:
    """Give every entrypoint a name of its own: its own wish, with a number where taken."""
    taken = {"nginx"}  # the runner's own
    named = []
    for one in entrypoints:
        base = agreements.slug(one.name or one.label or one.block_type)
        name, number = base, 2
        while name in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add(name)
        named.append(replace(one, name=name))
    return tuple(named)
