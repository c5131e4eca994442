"""`cstudio studio zones|push|pull|reset|conflicts`: the files of a studio."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from cstudio import errors
from cstudio.cli import output
from cstudio.cli.names import project_option, studio_argument, zones_argument
from cstudio.cli.session import connected
from cstudio.cli.shooting import Pictures, shoot

if TYPE_CHECKING:
    from cstudio_api.v1.studios_pb2 import Studio, StudioPlan, StudioZone
    from cstudio_api.v1.sync_sessions_pb2 import SyncConflict

    from cstudio.client import BlockingClient

yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Show the plan, change nothing.")


@click.command()
@studio_argument
@project_option
@output.format_option
def zones(name: str, project: str, form: str) -> None:
    """List the zones of a studio, and how they are.

    Each is a sync session while the studio runs: cstudio sync show SESSION
    """
    from cstudio.cli.studio import pictures, shapes

    with connected() as client:
        found = client.studios.get(name, project).zones
    output.show(
        form,
        data=lambda: [shapes.zone(one) for one in found],
        table=lambda: pictures.zones(found),
        names=lambda: [one.zone for one in found],
    )
    if form == "table" and not found:
        output.talk(f"`{name}` has no zones")


@click.command()
@studio_argument
@zones_argument
@project_option
@yes_option
@dry_run_option
@output.format_option
def push(name: str, zones: Sequence[str], project: str, yes: bool, dry_run: bool, form: str) -> int:
    """Make a studio's zones like the server's, once.

    All, or those that are named. What is overwritten or deleted goes to the trash.
    """
    with connected() as client:
        shot = client.studios.push
        return shoot(
            lambda dry: shot(name, project, zones=zones, dry_run=dry),
            "push",
            yes,
            dry_run,
            form,
            _plan(),
        )


@click.command()
@studio_argument
@zones_argument
@project_option
@yes_option
@dry_run_option
@output.format_option
def pull(name: str, zones: Sequence[str], project: str, yes: bool, dry_run: bool, form: str) -> int:
    """Make the server's zones like a studio's, once.

    All, or those that are named. What is overwritten or deleted goes to the trash.
    """
    with connected() as client:
        shot = client.studios.pull
        return shoot(
            lambda dry: shot(name, project, zones=zones, dry_run=dry),
            "pull",
            yes,
            dry_run,
            form,
            _plan(),
        )


@click.command()
@studio_argument
@zones_argument
@project_option
@yes_option
@dry_run_option
@output.format_option
def reset(
    name: str, zones: Sequence[str], project: str, yes: bool, dry_run: bool, form: str
) -> int:
    """Push, and forget what differed.

    The studio's zones become the server's, conflicts are no more. What is overwritten
    or deleted goes to the trash.
    """
    with connected() as client:
        shot = client.studios.reset
        return shoot(
            lambda dry: shot(name, project, zones=zones, dry_run=dry),
            "reset",
            yes,
            dry_run,
            form,
            _plan(),
        )


@click.command()
@studio_argument
@project_option
@output.format_option
def conflicts(name: str, project: str, form: str) -> None:
    """List what changed on both sides.

    In all zones of a running studio.
    """
    from cstudio.cli import shapes as sync_shapes
    from cstudio.cli.studio import pictures, shapes

    with connected() as client:
        found = _conflicts(client, client.studios.get(name, project))
    output.show(
        form,
        data=lambda: [shapes.conflict(zone, one) for zone, one in found],
        table=lambda: pictures.conflicts(found),
        names=lambda: [sync_shapes.path(one.path) for _, one in found],
    )
    if form == "table":
        sessions = dict.fromkeys(zone.session for zone, _ in found)
        hints = [
            f"hint: cstudio sync resolve {one} PATH --keep local|remote|both" for one in sessions
        ]
        output.talk("\n".join(["decide what stays", *hints]) if hints else "no conflicts")


def _conflicts(client: BlockingClient, studio: Studio) -> list[tuple[StudioZone, SyncConflict]]:
    """Return the conflicts of every zone, with the zone.

    Raises:
        StateError: its zones have no sessions, so that nobody can know.
    """
    live = [zone for zone in studio.zones if zone.session]
    if studio.zones and not live:
        raise errors.StateError(
            f"`{studio.name}` does not run; of what conflicted when it stopped both versions are in"
            " its zones: `NAME` and `NAME (remote …)`",
            reason="STUDIO_NOT_RUNNING",
            hint=f"cstudio studio start {studio.name} --wait",
        )
    return [(zone, one) for zone in live for one in client.sessions.conflicts(zone.session)]


def _plan() -> Pictures[StudioPlan]:
    from cstudio.cli.studio import pictures, shapes

    return Pictures(
        data=lambda plan: {"changes": [shapes.change(one) for one in plan.changes]},
        table=lambda plan: pictures.plan(plan.changes),
        names=lambda plan: [one.path for one in plan.changes],
        summary=lambda plan: pictures.summary(plan.changes),
    )
