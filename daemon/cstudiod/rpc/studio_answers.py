"""From what the services know of templates, studios and runs to the contract's messages."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from cstudio_api.v1 import actions_pb2, studios_pb2, templates_pb2, zones_pb2
from cstudio_sync import paths
from google.protobuf.timestamp_pb2 import Timestamp

from cstudiod.model.blueprints import Action
from cstudiod.model.builds import BuildEvent, BuildFailure, BuildState, Level
from cstudiod.model.studios import Reason, StudioState
from cstudiod.model.sync_sessions import PlannedChange
from cstudiod.model.templates import Fault, Resource
from cstudiod.rpc.texts import printable
from cstudiod.services.actions import Run, RunState
from cstudiod.services.build_records import Build
from cstudiod.services.studio_steps import Progress
from cstudiod.services.studio_views import StudioView
from cstudiod.services.templates import TemplateView
from cstudiod.services.zones import ZoneFolder

_BUILD_STATES = {
    BuildState.RUNNING: templates_pb2.TemplateBuild.STATE_RUNNING,
    BuildState.SUCCEEDED: templates_pb2.TemplateBuild.STATE_SUCCEEDED,
    BuildState.UP_TO_DATE: templates_pb2.TemplateBuild.STATE_SUCCEEDED,
    BuildState.FAILED: templates_pb2.TemplateBuild.STATE_FAILED,
    BuildState.CANCELLED: templates_pb2.TemplateBuild.STATE_CANCELLED,
}
STUDIO_STATES = {
    StudioState.STOPPED: studios_pb2.Studio.STATE_STOPPED,
    StudioState.STARTING: studios_pb2.Studio.STATE_STARTING,
    StudioState.RUNNING: studios_pb2.Studio.STATE_RUNNING,
    StudioState.STOPPING: studios_pb2.Studio.STATE_STOPPING,
}
_RUN_STATES = {
    RunState.RUNNING: actions_pb2.ActionRun.STATE_RUNNING,
    RunState.ENDED: actions_pb2.ActionRun.STATE_ENDED,
    RunState.TIMED_OUT: actions_pb2.ActionRun.STATE_TIMED_OUT,
    RunState.CANCELLED: actions_pb2.ActionRun.STATE_CANCELLED,
    RunState.LOST: actions_pb2.ActionRun.STATE_LOST,
}


def _time(seconds: float) -> Timestamp | None:
    if not seconds:
        return None
    stamp = Timestamp()
    stamp.FromNanoseconds(int(seconds * 1e9))
    return stamp


def fault(one: Fault) -> templates_pb2.TemplateFault:
    """Return one thing that is wrong."""
    return templates_pb2.TemplateFault(
        message=printable(one.message),
        file=printable(one.file),
        line=one.line,
        block=one.block,
        block_type=printable(one.block_type),
        field=printable(one.field),
        display=printable(one.display()),
    )


def resource(one: Resource) -> templates_pb2.TemplateResource:
    """Return a resource without its content."""
    return templates_pb2.TemplateResource(
        path=one.path, executable=one.executable, size=len(one.content)
    )


def template(view: TemplateView, *, with_source: bool = True) -> templates_pb2.Template:
    """Return a template."""
    stored, blueprint = view.stored, view.blueprint
    unknown = {note.block for note in blueprint.notes if note.field == "type"}
    return templates_pb2.Template(
        name=stored.name,
        uid=stored.uid,
        label=view.template.label or stored.name,
        description=view.template.description or view.template.short_description,
        source=stored.source if with_source else "",
        resources=[resource(one) for one in view.resources],
        blocks=[
            templates_pb2.TemplateBlock(type=printable(one.type), is_known=number not in unknown)
            for number, one in enumerate(view.template.blocks)
        ],
        groups=stored.permissions.groups,
        for_all=stored.permissions.all,
        runtime=view.template.runtime.value if view.template.runtime else "",
        image=stored.image,
        is_built=stored.is_built,
        build_time=_time(stored.build_time),
        notes=[fault(one) for one in blueprint.notes],
        local_faults=[fault(one) for one in blueprint.local_faults],
        create_time=_time(stored.create_time),
        update_time=_time(stored.update_time),
        etag=view.etag,
        ports=[one.port for one in blueprint.launch.ports],
    )


def build(one: Build) -> templates_pb2.TemplateBuild:
    """Return a build."""
    return templates_pb2.TemplateBuild(
        id=one.id,
        template=one.template,
        state=_BUILD_STATES[one.state],
        is_up_to_date=one.state is BuildState.UP_TO_DATE,
        image=one.reference or one.image or ", ".join(sorted(one.venvs.values())),
        digest=one.digest,
        hash=one.hash,
        fault=_failure(one.failure) if one.failure else None,
        block=one.block,
        step=one.step,
        steps=one.steps,
        start_time=_time(one.start_time),
        end_time=_time(one.end_time),
        requester=one.requester,
        runtime=one.runtime,
    )


def _failure(one: BuildFailure) -> templates_pb2.TemplateFault:
    where = Fault(message=one.message, line=one.line, block=one.block, block_type=one.block_type)
    found = fault(where)
    more = [text for text in (one.statement, one.evidence, one.next) if text]
    found.display = "\n".join([found.display, *(printable(text) for text in more)])
    return found


def line(one: BuildEvent) -> templates_pb2.FollowTemplateBuildResponse.Line:
    """Return one line of a build's log."""
    return templates_pb2.FollowTemplateBuildResponse.Line(
        text=printable(one.text),
        block=one.block,
        block_type=printable(one.block_type),
        step=one.step,
        is_error=one.level is Level.ERROR,
    )


def studio(view: StudioView) -> studios_pb2.Studio:
    """Return a studio."""
    stored, spec = view.stored, view.stored.spec
    return studios_pb2.Studio(
        name=spec.name,
        uid=stored.uid,
        project=spec.project,
        owner=spec.owner,
        template=spec.template,
        runtime=spec.runtime.value,
        configuration=spec.configuration,
        state=STUDIO_STATES[view.state],
        stage=printable(view.stage),
        reason=studio_reason(view.reason),
        ports=[
            studios_pb2.StudioPort(port=one.port, label=one.label, html=one.html, url=one.url)
            for one in view.ports
        ],
        zones=[
            studios_pb2.StudioZone(
                zone=one.zone.value,
                local=printable(one.local),
                remote=printable(one.remote),
                one_way=one.one_way,
                session=one.session,
                state=one.state,
                conflict_count=one.conflict_count,
                problem_count=one.problem_count,
            )
            for one in view.zones
        ],
        outdated=view.outdated,
        state_time=_time(stored.state_time),
        create_time=_time(stored.create_time),
        idle_stop_time=_time(view.idle_stop_time),
        image=stored.image,
        etag=view.etag,
        restarts=view.restarts,
        conflict_count=sum(one.conflict_count for one in view.zones),
        problem_count=sum(one.problem_count for one in view.zones),
        progress=_progress(view.progress),
    )


def studio_reason(reason: Reason | None) -> studios_pb2.StudioReason | None:
    """Return why a studio, or a web app, does not run as asked."""
    if reason is None:
        return None
    return studios_pb2.StudioReason(
        code=reason.code,
        message=printable(reason.message),
        evidence=printable(reason.evidence),
        next=printable(reason.next),
    )


def _progress(one: Progress | None) -> studios_pb2.StudioProgress | None:
    return studios_pb2.StudioProgress(**dataclasses.asdict(one)) if one else None


def plan(changes: Sequence[tuple[str, PlannedChange]]) -> studios_pb2.StudioPlan:
    """Return what a single shot did."""
    return studios_pb2.StudioPlan(
        changes=[
            studios_pb2.StudioPlan.Change(
                zone=zone, path=paths.display(one.path), action=one.action, side=one.side
            )
            for zone, one in changes
        ]
    )


def zone(one: ZoneFolder) -> zones_pb2.Zone:
    """Return a zone's folder."""
    return zones_pb2.Zone(
        zone=one.zone.value,
        scope=one.zone.scope.value,
        owner=one.owner,
        folder=printable(one.folder),
        exists=one.exists,
        files=one.files,
        bytes=one.bytes,
        is_versioned=one.zone.is_versioned,
    )


def action(one: Action) -> actions_pb2.Action:
    """Return an action."""
    message = actions_pb2.Action(
        name=one.name,
        label=one.label or one.name,
        description=one.description,
        icon=one.icon,
        command=one.command,
        wait=one.wait,
    )
    if one.timeout_seconds:
        message.timeout.FromMilliseconds(int(one.timeout_seconds * 1000))
    return message


def run(one: Run) -> actions_pb2.ActionRun:
    """Return a run."""
    return actions_pb2.ActionRun(
        id=one.id,
        studio=one.studio,
        project=one.project,
        action=one.action,
        command=one.command,
        state=_RUN_STATES[one.state],
        exit_status=one.exit_status,
        detail=printable(one.detail),
        requester=one.requester,
        start_time=_time(one.start_time),
        end_time=_time(one.end_time),
        output_bytes=one.output_bytes,
        dropped_bytes=one.dropped_bytes,
    )
