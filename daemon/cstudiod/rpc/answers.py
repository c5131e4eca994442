"""From the model to the contract's answers."""

from __future__ import annotations

from collections.abc import Sequence

from cstudio_api.v1 import daemon_pb2, errors_pb2, paths_pb2
from cstudio_api.v1 import sync_sessions_pb2 as pb
from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER, LINK
from google.protobuf.timestamp_pb2 import Timestamp

from cstudiod.model.sync_sessions import (
    Conflict,
    Content,
    Explanation,
    FlushResult,
    Kept,
    Mode,
    PlannedChange,
    Problem,
    Progress,
    Reason,
    Session,
    Target,
    Version,
    Watches,
)
from cstudiod.rpc import names
from cstudiod.rpc.texts import printable
from cstudiod.services.daemon import Check, Info

MODES = {
    Mode.TWO_WAY_SAFE: pb.SyncSession.MODE_TWO_WAY_SAFE,
    Mode.TWO_WAY_LOCAL_WINS: pb.SyncSession.MODE_TWO_WAY_LOCAL_WINS,
    Mode.TWO_WAY_REMOTE_WINS: pb.SyncSession.MODE_TWO_WAY_REMOTE_WINS,
    Mode.ONE_WAY_SAFE: pb.SyncSession.MODE_ONE_WAY_SAFE,
    Mode.ONE_WAY_REPLICA: pb.SyncSession.MODE_ONE_WAY_REPLICA,
}
_ENTRY_KINDS = {
    FILE: pb.SYNC_KIND_FILE,
    FOLDER: pb.SYNC_KIND_FOLDER,
    LINK: pb.SYNC_KIND_LINK,
}
_SIDES = {
    "local": pb.SYNC_SIDE_LOCAL,
    "remote": pb.SYNC_SIDE_REMOTE,
    "both": pb.SYNC_SIDE_BOTH,
}
_WATCHES = {
    "off": pb.SyncWatch.METHOD_OFF,
    "inotify": pb.SyncWatch.METHOD_INOTIFY,
    "poll": pb.SyncWatch.METHOD_POLL,
}
_ENDPOINTS = {
    "": pb.SyncSession.ENDPOINT_UNSPECIFIED,
    "agent": pb.SyncSession.ENDPOINT_AGENT,
    "shell": pb.SyncSession.ENDPOINT_SHELL,
    "folder": pb.SyncSession.ENDPOINT_FOLDER,
}
_SHOWN_OF_A_PLAN = 1000


def file_path(path: bytes) -> paths_pb2.FilePath:
    """Return both forms of a path."""
    return paths_pb2.FilePath(raw=path, display=paths.display(path))


def _shown(path: str) -> str:
    return paths.display(path.encode("utf-8", "surrogateescape"))


def timestamp(seconds: float) -> Timestamp:
    """Return Unix time as a message."""
    result = Timestamp()
    result.FromNanoseconds(int(seconds * 1_000_000_000))
    return result


def session(value: Session) -> pb.SyncSession:
    """Return a session as the contract shows it."""
    status, asked = value.status, value.spec
    message = pb.SyncSession(
        name=names.session_name(asked.name),
        uid=value.uid,
        local_root=_shown(asked.local),
        target=_target_message(asked.target),
        mode=MODES[asked.mode],
        exclusions=pb.SyncExclusions(
            patterns=asked.exclusions.patterns,
            gitignore=asked.exclusions.gitignore,
            defaults=asked.exclusions.defaults,
        ),
        create_remote_root=asked.create,
        labels=dict(asked.labels),
        state=f"STATE_{status.state.name}",
        files=status.files,
        bytes=status.bytes,
        conflict_count=status.conflict_count,
        problem_count=status.problem_count,
        watch=_watch(status.watch),
        endpoint=_ENDPOINTS[status.endpoint],
        place=printable(status.place),
        create_time=timestamp(value.create_time),
        update_time=timestamp(value.update_time),
        etag=value.etag,
    )
    if status.reason is not None:
        message.reason.CopyFrom(_reason(status.reason))
    if status.progress != Progress():
        message.progress.CopyFrom(_progress(status.progress))
    if status.last_synced is not None:
        message.last_synced_time.CopyFrom(timestamp(status.last_synced))
    return message


def _target_message(target: Target) -> pb.SyncTarget:
    return pb.SyncTarget(
        text=_shown(target.display()),
        kind=f"KIND_{target.kind.name}",
        object=target.name,
        path=_shown(target.path),
        namespace=target.namespace,
        container=target.container,
        context=target.context,
        kubeconfig=_shown(target.kubeconfig),
        pod=target.pod,
        all_replicas=target.all_replicas,
    )


def _watch(watches: Watches) -> pb.SyncWatch:
    return pb.SyncWatch(
        local=_WATCHES[watches.local],
        remote=_WATCHES[watches.remote],
        detail=printable(watches.detail),
    )


def _reason(reason: Reason) -> pb.SyncReason:
    message = pb.SyncReason(
        code=error_reason(reason.code),
        message=printable(reason.message),
        next=printable(reason.next),
        since=timestamp(reason.since),
    )
    if reason.path:
        message.path.CopyFrom(file_path(reason.path))
    if reason.retry_time:
        message.retry_time.CopyFrom(timestamp(reason.retry_time))
    return message


def error_reason(code: str) -> str:
    """Return the contract's name of a reason; one it does not know is a bug."""
    name = f"ERROR_REASON_{code}"
    return name if name in errors_pb2.ErrorReason.keys() else "ERROR_REASON_BUG"  # noqa: SIM118 - it is no mapping


def _progress(progress: Progress) -> pb.SyncProgress:
    message = pb.SyncProgress(
        phase=progress.phase,
        files_done=progress.files_done,
        files_total=progress.files_total,
        bytes_done=progress.bytes_done,
        bytes_total=progress.bytes_total,
        bytes_per_second=progress.rate,
    )
    if progress.current:
        message.current_path.CopyFrom(file_path(progress.current))
    return message


def flushed(result: FlushResult, value: Session) -> pb.FlushSyncSessionResponse:
    """Return what a flush found."""
    return pb.FlushSyncSessionResponse(
        in_step=result.in_step,
        conflict_count=result.conflict_count,
        problem_count=result.problem_count,
        sync_session=session(value),
    )


def planned(change: PlannedChange) -> pb.SyncPlannedChange:
    """Return one line of a plan."""
    return pb.SyncPlannedChange(
        path=file_path(change.path),
        side=_SIDES[change.side],
        action=f"ACTION_{change.action.upper()}",
        size=change.size,
        reason=printable(change.reason),
    )


def plan(changes: Sequence[PlannedChange]) -> pb.SyncPlan:
    """Return a plan, clipped, with the number of lines left out."""
    shown = changes[:_SHOWN_OF_A_PLAN]
    return pb.SyncPlan(
        changes=[planned(change) for change in shown],
        omitted_change_count=len(changes) - len(shown),
    )


def conflict(value: Conflict) -> pb.SyncConflict:
    """Return one conflict."""
    message = pb.SyncConflict(path=file_path(value.path), since=timestamp(value.since))
    if value.local is not None:
        message.local.CopyFrom(_version(value.local))
    if value.remote is not None:
        message.remote.CopyFrom(_version(value.remote))
    return message


def content(value: Content) -> pb.SyncContent:
    """Return what one side of a conflict has."""
    return pb.SyncContent(
        state=f"STATE_{value.state.name}", text=value.text, is_lossy=value.is_lossy
    )


def _version(version: Version) -> pb.SyncVersion:
    entry = version.entry
    message = pb.SyncVersion(
        kind=_ENTRY_KINDS[entry.kind],
        size=entry.size,
        digest=entry.digest.hex(),
        executable=entry.executable,
    )
    if entry.kind == LINK:
        message.link_target.CopyFrom(file_path(entry.target))
    if version.mtime_ns > 0:
        message.modify_time.FromNanoseconds(version.mtime_ns)
    return message


def problem(value: Problem) -> pb.SyncProblem:
    """Return one problem."""
    return pb.SyncProblem(
        path=file_path(value.path),
        side=_SIDES[value.side],
        reason=value.reason,
        detail=printable(value.detail),
    )


def explanation(value: Explanation) -> pb.ExplainSyncPathResponse:
    """Return why a path is, or is not, in step."""
    return pb.ExplainSyncPathResponse(
        path=file_path(value.path),
        verdict=f"VERDICT_{value.verdict.upper()}",
        rule=printable(value.rule),
        rule_source=printable(value.rule_source),
        detail=printable(value.detail),
    )


def kept(value: Kept) -> pb.SyncTrashItem:
    """Return one thing in the trash."""
    return pb.SyncTrashItem(
        id=value.id,
        path=file_path(value.path),
        side=_SIDES[value.side],
        kind=_ENTRY_KINDS[value.kind],
        size=value.size,
        digest=value.digest,
        time=timestamp(value.time),
        why=printable(value.why),
    )


def info(value: Info) -> daemon_pb2.DaemonInfo:
    """Return what the daemon is."""
    message = daemon_pb2.DaemonInfo(
        version=value.version,
        pid=value.pid,
        start_time=timestamp(value.start_time),
        state_folder=_shown(value.state_dir),
        socket=_shown(value.socket),
        log_file=_shown(value.log_file),
        sync_session_count=value.session_count,
        runtimes=[
            daemon_pb2.Runtime(
                name=one.name,
                available=one.available,
                version=one.version,
                reason=printable(one.reason),
                next=printable(one.next),
            )
            for one in value.runtimes
        ],
    )
    message.uptime.FromNanoseconds(int(value.uptime_seconds * 1_000_000_000))
    return message


def check(value: Check) -> daemon_pb2.Check:
    """Return one line of the doctor's report."""
    return daemon_pb2.Check(
        name=value.name,
        status=f"STATUS_{value.status.upper()}",
        detail=printable(value.detail),
        next=printable(value.next),
    )
