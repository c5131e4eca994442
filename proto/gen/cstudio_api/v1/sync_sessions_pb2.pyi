import datetime

from cstudio_api.v1 import errors_pb2 as _errors_pb2
from cstudio_api.v1 import paths_pb2 as _paths_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SyncSide(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SYNC_SIDE_UNSPECIFIED: _ClassVar[SyncSide]
    SYNC_SIDE_LOCAL: _ClassVar[SyncSide]
    SYNC_SIDE_REMOTE: _ClassVar[SyncSide]
    SYNC_SIDE_BOTH: _ClassVar[SyncSide]

class SyncKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SYNC_KIND_UNSPECIFIED: _ClassVar[SyncKind]
    SYNC_KIND_FILE: _ClassVar[SyncKind]
    SYNC_KIND_FOLDER: _ClassVar[SyncKind]
    SYNC_KIND_LINK: _ClassVar[SyncKind]

class SyncWork(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SYNC_WORK_UNSPECIFIED: _ClassVar[SyncWork]
    SYNC_WORK_CYCLE: _ClassVar[SyncWork]
    SYNC_WORK_PUSH: _ClassVar[SyncWork]
    SYNC_WORK_PULL: _ClassVar[SyncWork]
    SYNC_WORK_RESET: _ClassVar[SyncWork]
SYNC_SIDE_UNSPECIFIED: SyncSide
SYNC_SIDE_LOCAL: SyncSide
SYNC_SIDE_REMOTE: SyncSide
SYNC_SIDE_BOTH: SyncSide
SYNC_KIND_UNSPECIFIED: SyncKind
SYNC_KIND_FILE: SyncKind
SYNC_KIND_FOLDER: SyncKind
SYNC_KIND_LINK: SyncKind
SYNC_WORK_UNSPECIFIED: SyncWork
SYNC_WORK_CYCLE: SyncWork
SYNC_WORK_PUSH: SyncWork
SYNC_WORK_PULL: SyncWork
SYNC_WORK_RESET: SyncWork

class SyncSession(_message.Message):
    __slots__ = ("name", "uid", "local_root", "target", "mode", "exclusions", "create_remote_root", "labels", "state", "reason", "progress", "files", "bytes", "conflict_count", "problem_count", "watch", "endpoint", "place", "last_synced_time", "create_time", "update_time", "etag")
    class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MODE_UNSPECIFIED: _ClassVar[SyncSession.Mode]
        MODE_TWO_WAY_SAFE: _ClassVar[SyncSession.Mode]
        MODE_TWO_WAY_LOCAL_WINS: _ClassVar[SyncSession.Mode]
        MODE_TWO_WAY_REMOTE_WINS: _ClassVar[SyncSession.Mode]
        MODE_ONE_WAY_SAFE: _ClassVar[SyncSession.Mode]
        MODE_ONE_WAY_REPLICA: _ClassVar[SyncSession.Mode]
    MODE_UNSPECIFIED: SyncSession.Mode
    MODE_TWO_WAY_SAFE: SyncSession.Mode
    MODE_TWO_WAY_LOCAL_WINS: SyncSession.Mode
    MODE_TWO_WAY_REMOTE_WINS: SyncSession.Mode
    MODE_ONE_WAY_SAFE: SyncSession.Mode
    MODE_ONE_WAY_REPLICA: SyncSession.Mode
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[SyncSession.State]
        STATE_CONNECTING: _ClassVar[SyncSession.State]
        STATE_SCANNING: _ClassVar[SyncSession.State]
        STATE_SYNCING: _ClassVar[SyncSession.State]
        STATE_WATCHING: _ClassVar[SyncSession.State]
        STATE_PAUSED: _ClassVar[SyncSession.State]
        STATE_DISCONNECTED: _ClassVar[SyncSession.State]
        STATE_HALTED: _ClassVar[SyncSession.State]
    STATE_UNSPECIFIED: SyncSession.State
    STATE_CONNECTING: SyncSession.State
    STATE_SCANNING: SyncSession.State
    STATE_SYNCING: SyncSession.State
    STATE_WATCHING: SyncSession.State
    STATE_PAUSED: SyncSession.State
    STATE_DISCONNECTED: SyncSession.State
    STATE_HALTED: SyncSession.State
    class Endpoint(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ENDPOINT_UNSPECIFIED: _ClassVar[SyncSession.Endpoint]
        ENDPOINT_AGENT: _ClassVar[SyncSession.Endpoint]
        ENDPOINT_SHELL: _ClassVar[SyncSession.Endpoint]
        ENDPOINT_FOLDER: _ClassVar[SyncSession.Endpoint]
    ENDPOINT_UNSPECIFIED: SyncSession.Endpoint
    ENDPOINT_AGENT: SyncSession.Endpoint
    ENDPOINT_SHELL: SyncSession.Endpoint
    ENDPOINT_FOLDER: SyncSession.Endpoint
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    LOCAL_ROOT_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    EXCLUSIONS_FIELD_NUMBER: _ClassVar[int]
    CREATE_REMOTE_ROOT_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    BYTES_FIELD_NUMBER: _ClassVar[int]
    CONFLICT_COUNT_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    WATCH_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    PLACE_FIELD_NUMBER: _ClassVar[int]
    LAST_SYNCED_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    name: str
    uid: str
    local_root: str
    target: SyncTarget
    mode: SyncSession.Mode
    exclusions: SyncExclusions
    create_remote_root: bool
    labels: _containers.ScalarMap[str, str]
    state: SyncSession.State
    reason: SyncReason
    progress: SyncProgress
    files: int
    bytes: int
    conflict_count: int
    problem_count: int
    watch: SyncWatch
    endpoint: SyncSession.Endpoint
    place: str
    last_synced_time: _timestamp_pb2.Timestamp
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    etag: str
    def __init__(self, name: _Optional[str] = ..., uid: _Optional[str] = ..., local_root: _Optional[str] = ..., target: _Optional[_Union[SyncTarget, _Mapping]] = ..., mode: _Optional[_Union[SyncSession.Mode, str]] = ..., exclusions: _Optional[_Union[SyncExclusions, _Mapping]] = ..., create_remote_root: bool = ..., labels: _Optional[_Mapping[str, str]] = ..., state: _Optional[_Union[SyncSession.State, str]] = ..., reason: _Optional[_Union[SyncReason, _Mapping]] = ..., progress: _Optional[_Union[SyncProgress, _Mapping]] = ..., files: _Optional[int] = ..., bytes: _Optional[int] = ..., conflict_count: _Optional[int] = ..., problem_count: _Optional[int] = ..., watch: _Optional[_Union[SyncWatch, _Mapping]] = ..., endpoint: _Optional[_Union[SyncSession.Endpoint, str]] = ..., place: _Optional[str] = ..., last_synced_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ...) -> None: ...

class SyncTarget(_message.Message):
    __slots__ = ("text", "kind", "object", "path", "namespace", "container", "context", "kubeconfig", "pod", "all_replicas")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[SyncTarget.Kind]
        KIND_POD: _ClassVar[SyncTarget.Kind]
        KIND_DEPLOYMENT: _ClassVar[SyncTarget.Kind]
        KIND_STATEFUL_SET: _ClassVar[SyncTarget.Kind]
        KIND_DOCKER: _ClassVar[SyncTarget.Kind]
        KIND_FOLDER: _ClassVar[SyncTarget.Kind]
    KIND_UNSPECIFIED: SyncTarget.Kind
    KIND_POD: SyncTarget.Kind
    KIND_DEPLOYMENT: SyncTarget.Kind
    KIND_STATEFUL_SET: SyncTarget.Kind
    KIND_DOCKER: SyncTarget.Kind
    KIND_FOLDER: SyncTarget.Kind
    TEXT_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    OBJECT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    CONTAINER_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    KUBECONFIG_FIELD_NUMBER: _ClassVar[int]
    POD_FIELD_NUMBER: _ClassVar[int]
    ALL_REPLICAS_FIELD_NUMBER: _ClassVar[int]
    text: str
    kind: SyncTarget.Kind
    object: str
    path: str
    namespace: str
    container: str
    context: str
    kubeconfig: str
    pod: str
    all_replicas: bool
    def __init__(self, text: _Optional[str] = ..., kind: _Optional[_Union[SyncTarget.Kind, str]] = ..., object: _Optional[str] = ..., path: _Optional[str] = ..., namespace: _Optional[str] = ..., container: _Optional[str] = ..., context: _Optional[str] = ..., kubeconfig: _Optional[str] = ..., pod: _Optional[str] = ..., all_replicas: bool = ...) -> None: ...

class SyncExclusions(_message.Message):
    __slots__ = ("patterns", "gitignore", "defaults")
    PATTERNS_FIELD_NUMBER: _ClassVar[int]
    GITIGNORE_FIELD_NUMBER: _ClassVar[int]
    DEFAULTS_FIELD_NUMBER: _ClassVar[int]
    patterns: _containers.RepeatedScalarFieldContainer[str]
    gitignore: bool
    defaults: bool
    def __init__(self, patterns: _Optional[_Iterable[str]] = ..., gitignore: bool = ..., defaults: bool = ...) -> None: ...

class SyncReason(_message.Message):
    __slots__ = ("code", "message", "path", "next", "since", "retry_time")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    RETRY_TIME_FIELD_NUMBER: _ClassVar[int]
    code: _errors_pb2.ErrorReason
    message: str
    path: _paths_pb2.FilePath
    next: str
    since: _timestamp_pb2.Timestamp
    retry_time: _timestamp_pb2.Timestamp
    def __init__(self, code: _Optional[_Union[_errors_pb2.ErrorReason, str]] = ..., message: _Optional[str] = ..., path: _Optional[_Union[_paths_pb2.FilePath, _Mapping]] = ..., next: _Optional[str] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., retry_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SyncProgress(_message.Message):
    __slots__ = ("phase", "files_done", "files_total", "bytes_done", "bytes_total", "bytes_per_second", "current_path")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    FILES_DONE_FIELD_NUMBER: _ClassVar[int]
    FILES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    BYTES_DONE_FIELD_NUMBER: _ClassVar[int]
    BYTES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    BYTES_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    CURRENT_PATH_FIELD_NUMBER: _ClassVar[int]
    phase: str
    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    bytes_per_second: float
    current_path: _paths_pb2.FilePath
    def __init__(self, phase: _Optional[str] = ..., files_done: _Optional[int] = ..., files_total: _Optional[int] = ..., bytes_done: _Optional[int] = ..., bytes_total: _Optional[int] = ..., bytes_per_second: _Optional[float] = ..., current_path: _Optional[_Union[_paths_pb2.FilePath, _Mapping]] = ...) -> None: ...

class SyncWatch(_message.Message):
    __slots__ = ("local", "remote", "detail")
    class Method(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        METHOD_UNSPECIFIED: _ClassVar[SyncWatch.Method]
        METHOD_OFF: _ClassVar[SyncWatch.Method]
        METHOD_INOTIFY: _ClassVar[SyncWatch.Method]
        METHOD_POLL: _ClassVar[SyncWatch.Method]
    METHOD_UNSPECIFIED: SyncWatch.Method
    METHOD_OFF: SyncWatch.Method
    METHOD_INOTIFY: SyncWatch.Method
    METHOD_POLL: SyncWatch.Method
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    REMOTE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    local: SyncWatch.Method
    remote: SyncWatch.Method
    detail: str
    def __init__(self, local: _Optional[_Union[SyncWatch.Method, str]] = ..., remote: _Optional[_Union[SyncWatch.Method, str]] = ..., detail: _Optional[str] = ...) -> None: ...

class SyncVersion(_message.Message):
    __slots__ = ("kind", "size", "digest", "executable", "link_target", "modify_time")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    EXECUTABLE_FIELD_NUMBER: _ClassVar[int]
    LINK_TARGET_FIELD_NUMBER: _ClassVar[int]
    MODIFY_TIME_FIELD_NUMBER: _ClassVar[int]
    kind: SyncKind
    size: int
    digest: str
    executable: bool
    link_target: _paths_pb2.FilePath
    modify_time: _timestamp_pb2.Timestamp
    def __init__(self, kind: _Optional[_Union[SyncKind, str]] = ..., size: _Optional[int] = ..., digest: _Optional[str] = ..., executable: bool = ..., link_target: _Optional[_Union[_paths_pb2.FilePath, _Mapping]] = ..., modify_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateSyncSessionRequest(_message.Message):
    __slots__ = ("sync_session_id", "sync_session", "paused", "validate_only", "working_folder")
    SYNC_SESSION_ID_FIELD_NUMBER: _ClassVar[int]
    SYNC_SESSION_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    WORKING_FOLDER_FIELD_NUMBER: _ClassVar[int]
    sync_session_id: str
    sync_session: SyncSession
    paused: bool
    validate_only: bool
    working_folder: str
    def __init__(self, sync_session_id: _Optional[str] = ..., sync_session: _Optional[_Union[SyncSession, _Mapping]] = ..., paused: bool = ..., validate_only: bool = ..., working_folder: _Optional[str] = ...) -> None: ...

class GetSyncSessionRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListSyncSessionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSyncSessionsResponse(_message.Message):
    __slots__ = ("sync_sessions", "next_page_token")
    SYNC_SESSIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sync_sessions: _containers.RepeatedCompositeFieldContainer[SyncSession]
    next_page_token: str
    def __init__(self, sync_sessions: _Optional[_Iterable[_Union[SyncSession, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateSyncSessionRequest(_message.Message):
    __slots__ = ("sync_session", "update_mask", "validate_only")
    SYNC_SESSION_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    sync_session: SyncSession
    update_mask: _field_mask_pb2.FieldMask
    validate_only: bool
    def __init__(self, sync_session: _Optional[_Union[SyncSession, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., validate_only: bool = ...) -> None: ...

class DeleteSyncSessionRequest(_message.Message):
    __slots__ = ("name", "etag", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class WatchSyncSessionsRequest(_message.Message):
    __slots__ = ("name", "resume_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    resume_token: str
    def __init__(self, name: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchSyncSessionsResponse(_message.Message):
    __slots__ = ("upserted", "deleted", "synced", "resume_token")
    class Synced(_message.Message):
        __slots__ = ()
        def __init__(self) -> None: ...
    UPSERTED_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    SYNCED_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    upserted: SyncSession
    deleted: str
    synced: WatchSyncSessionsResponse.Synced
    resume_token: str
    def __init__(self, upserted: _Optional[_Union[SyncSession, _Mapping]] = ..., deleted: _Optional[str] = ..., synced: _Optional[_Union[WatchSyncSessionsResponse.Synced, _Mapping]] = ..., resume_token: _Optional[str] = ...) -> None: ...

class PauseSyncSessionRequest(_message.Message):
    __slots__ = ("name", "etag", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class ResumeSyncSessionRequest(_message.Message):
    __slots__ = ("name", "etag", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class FlushSyncSessionRequest(_message.Message):
    __slots__ = ("name", "timeout")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    name: str
    timeout: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class FlushSyncSessionResponse(_message.Message):
    __slots__ = ("in_step", "conflict_count", "problem_count", "sync_session")
    IN_STEP_FIELD_NUMBER: _ClassVar[int]
    CONFLICT_COUNT_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    SYNC_SESSION_FIELD_NUMBER: _ClassVar[int]
    in_step: bool
    conflict_count: int
    problem_count: int
    sync_session: SyncSession
    def __init__(self, in_step: bool = ..., conflict_count: _Optional[int] = ..., problem_count: _Optional[int] = ..., sync_session: _Optional[_Union[SyncSession, _Mapping]] = ...) -> None: ...

class SyncPlannedChange(_message.Message):
    __slots__ = ("path", "side", "action", "size", "reason")
    class Action(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ACTION_UNSPECIFIED: _ClassVar[SyncPlannedChange.Action]
        ACTION_CREATE: _ClassVar[SyncPlannedChange.Action]
        ACTION_UPDATE: _ClassVar[SyncPlannedChange.Action]
        ACTION_DELETE: _ClassVar[SyncPlannedChange.Action]
        ACTION_CONFLICT: _ClassVar[SyncPlannedChange.Action]
        ACTION_ADOPT: _ClassVar[SyncPlannedChange.Action]
        ACTION_LEAVE: _ClassVar[SyncPlannedChange.Action]
    ACTION_UNSPECIFIED: SyncPlannedChange.Action
    ACTION_CREATE: SyncPlannedChange.Action
    ACTION_UPDATE: SyncPlannedChange.Action
    ACTION_DELETE: SyncPlannedChange.Action
    ACTION_CONFLICT: SyncPlannedChange.Action
    ACTION_ADOPT: SyncPlannedChange.Action
    ACTION_LEAVE: SyncPlannedChange.Action
    PATH_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    path: _paths_pb2.FilePath
    side: SyncSide
    action: SyncPlannedChange.Action
    size: int
    reason: str
    def __init__(self, path: _Optional[_Union[_paths_pb2.FilePath, _Mapping]] = ..., side: _Optional[_Union[SyncSide, str]] = ..., action: _Optional[_Union[SyncPlannedChange.Action, str]] = ..., size: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class PlanSyncSessionRequest(_message.Message):
    __slots__ = ("name", "work", "page_size", "page_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    WORK_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    work: SyncWork
    page_size: int
    page_token: str
    def __init__(self, name: _Optional[str] = ..., work: _Optional[_Union[SyncWork, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class PlanSyncSessionResponse(_message.Message):
    __slots__ = ("changes", "next_page_token", "total_size")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[SyncPlannedChange]
    next_page_token: str
    total_size: int
    def __init__(self, changes: _Optional[_Iterable[_Union[SyncPlannedChange, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class SyncPlan(_message.Message):
    __slots__ = ("changes", "omitted_change_count")
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    OMITTED_CHANGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[SyncPlannedChange]
    omitted_change_count: int
    def __init__(self, changes: _Optional[_Iterable[_Union[SyncPlannedChange, _Mapping]]] = ..., omitted_change_count: _Optional[int] = ...) -> None: ...

class PushSyncSessionRequest(_message.Message):
    __slots__ = ("name", "etag", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class PullSyncSessionRequest(_message.Message):
    __slots__ = ("name", "etag", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class ResetSyncSessionRequest(_message.Message):
    __slots__ = ("name", "etag", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class AcceptSyncSessionRequest(_message.Message):
    __slots__ = ("name", "etag", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class SyncConflict(_message.Message):
    __slots__ = ("path", "local", "remote", "since")
    PATH_FIELD_NUMBER: _ClassVar[int]
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    REMOTE_FIELD_NUMBER: _ClassVar[int]
    SINCE_FIELD_NUMBER: _ClassVar[int]
    path: _paths_pb2.FilePath
    local: SyncVersion
    remote: SyncVersion
    since: _timestamp_pb2.Timestamp
    def __init__(self, path: _Optional[_Union[_paths_pb2.FilePath, _Mapping]] = ..., local: _Optional[_Union[SyncVersion, _Mapping]] = ..., remote: _Optional[_Union[SyncVersion, _Mapping]] = ..., since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListSyncConflictsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token", "contains")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CONTAINS_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    contains: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., contains: _Optional[str] = ...) -> None: ...

class ListSyncConflictsResponse(_message.Message):
    __slots__ = ("conflicts", "next_page_token", "total_size")
    CONFLICTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    TOTAL_SIZE_FIELD_NUMBER: _ClassVar[int]
    conflicts: _containers.RepeatedCompositeFieldContainer[SyncConflict]
    next_page_token: str
    total_size: int
    def __init__(self, conflicts: _Optional[_Iterable[_Union[SyncConflict, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., total_size: _Optional[int] = ...) -> None: ...

class ReadSyncConflictRequest(_message.Message):
    __slots__ = ("parent", "path")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    parent: str
    path: _paths_pb2.FilePath
    def __init__(self, parent: _Optional[str] = ..., path: _Optional[_Union[_paths_pb2.FilePath, _Mapping]] = ...) -> None: ...

class SyncContent(_message.Message):
    __slots__ = ("state", "text", "is_lossy")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[SyncContent.State]
        STATE_TEXT: _ClassVar[SyncContent.State]
        STATE_BINARY: _ClassVar[SyncContent.State]
        STATE_TOO_LARGE: _ClassVar[SyncContent.State]
        STATE_ABSENT: _ClassVar[SyncContent.State]
        STATE_NOT_A_FILE: _ClassVar[SyncContent.State]
        STATE_CHANGED: _ClassVar[SyncContent.State]
    STATE_UNSPECIFIED: SyncContent.State
    STATE_TEXT: SyncContent.State
    STATE_BINARY: SyncContent.State
    STATE_TOO_LARGE: SyncContent.State
    STATE_ABSENT: SyncContent.State
    STATE_NOT_A_FILE: SyncContent.State
    STATE_CHANGED: SyncContent.State
    STATE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    IS_LOSSY_FIELD_NUMBER: _ClassVar[int]
    state: SyncContent.State
    text: str
    is_lossy: bool
    def __init__(self, state: _Optional[_Union[SyncContent.State, str]] = ..., text: _Optional[str] = ..., is_lossy: bool = ...) -> None: ...

class ReadSyncConflictResponse(_message.Message):
    __slots__ = ("conflict", "local", "remote")
    CONFLICT_FIELD_NUMBER: _ClassVar[int]
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    REMOTE_FIELD_NUMBER: _ClassVar[int]
    conflict: SyncConflict
    local: SyncContent
    remote: SyncContent
    def __init__(self, conflict: _Optional[_Union[SyncConflict, _Mapping]] = ..., local: _Optional[_Union[SyncContent, _Mapping]] = ..., remote: _Optional[_Union[SyncContent, _Mapping]] = ...) -> None: ...

class ResolveSyncConflictsRequest(_message.Message):
    __slots__ = ("parent", "paths", "globs", "keep", "validate_only")
    class Keep(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KEEP_UNSPECIFIED: _ClassVar[ResolveSyncConflictsRequest.Keep]
        KEEP_LOCAL: _ClassVar[ResolveSyncConflictsRequest.Keep]
        KEEP_REMOTE: _ClassVar[ResolveSyncConflictsRequest.Keep]
        KEEP_BOTH: _ClassVar[ResolveSyncConflictsRequest.Keep]
    KEEP_UNSPECIFIED: ResolveSyncConflictsRequest.Keep
    KEEP_LOCAL: ResolveSyncConflictsRequest.Keep
    KEEP_REMOTE: ResolveSyncConflictsRequest.Keep
    KEEP_BOTH: ResolveSyncConflictsRequest.Keep
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PATHS_FIELD_NUMBER: _ClassVar[int]
    GLOBS_FIELD_NUMBER: _ClassVar[int]
    KEEP_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    parent: str
    paths: _containers.RepeatedCompositeFieldContainer[_paths_pb2.FilePath]
    globs: _containers.RepeatedScalarFieldContainer[str]
    keep: ResolveSyncConflictsRequest.Keep
    validate_only: bool
    def __init__(self, parent: _Optional[str] = ..., paths: _Optional[_Iterable[_Union[_paths_pb2.FilePath, _Mapping]]] = ..., globs: _Optional[_Iterable[str]] = ..., keep: _Optional[_Union[ResolveSyncConflictsRequest.Keep, str]] = ..., validate_only: bool = ...) -> None: ...

class ResolveSyncConflictsResponse(_message.Message):
    __slots__ = ("resolved_count",)
    RESOLVED_COUNT_FIELD_NUMBER: _ClassVar[int]
    resolved_count: int
    def __init__(self, resolved_count: _Optional[int] = ...) -> None: ...

class SyncProblem(_message.Message):
    __slots__ = ("path", "side", "reason", "detail")
    PATH_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    path: _paths_pb2.FilePath
    side: SyncSide
    reason: str
    detail: str
    def __init__(self, path: _Optional[_Union[_paths_pb2.FilePath, _Mapping]] = ..., side: _Optional[_Union[SyncSide, str]] = ..., reason: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class ListSyncProblemsRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSyncProblemsResponse(_message.Message):
    __slots__ = ("problems", "next_page_token")
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    problems: _containers.RepeatedCompositeFieldContainer[SyncProblem]
    next_page_token: str
    def __init__(self, problems: _Optional[_Iterable[_Union[SyncProblem, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ExplainSyncPathRequest(_message.Message):
    __slots__ = ("parent", "path")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    parent: str
    path: _paths_pb2.FilePath
    def __init__(self, parent: _Optional[str] = ..., path: _Optional[_Union[_paths_pb2.FilePath, _Mapping]] = ...) -> None: ...

class ExplainSyncPathResponse(_message.Message):
    __slots__ = ("path", "verdict", "rule", "rule_source", "detail")
    class Verdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        VERDICT_UNSPECIFIED: _ClassVar[ExplainSyncPathResponse.Verdict]
        VERDICT_IN_STEP: _ClassVar[ExplainSyncPathResponse.Verdict]
        VERDICT_EXCLUDED: _ClassVar[ExplainSyncPathResponse.Verdict]
        VERDICT_CONFLICT: _ClassVar[ExplainSyncPathResponse.Verdict]
        VERDICT_PROBLEM: _ClassVar[ExplainSyncPathResponse.Verdict]
        VERDICT_PENDING: _ClassVar[ExplainSyncPathResponse.Verdict]
        VERDICT_ABSENT: _ClassVar[ExplainSyncPathResponse.Verdict]
    VERDICT_UNSPECIFIED: ExplainSyncPathResponse.Verdict
    VERDICT_IN_STEP: ExplainSyncPathResponse.Verdict
    VERDICT_EXCLUDED: ExplainSyncPathResponse.Verdict
    VERDICT_CONFLICT: ExplainSyncPathResponse.Verdict
    VERDICT_PROBLEM: ExplainSyncPathResponse.Verdict
    VERDICT_PENDING: ExplainSyncPathResponse.Verdict
    VERDICT_ABSENT: ExplainSyncPathResponse.Verdict
    PATH_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    RULE_SOURCE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    path: _paths_pb2.FilePath
    verdict: ExplainSyncPathResponse.Verdict
    rule: str
    rule_source: str
    detail: str
    def __init__(self, path: _Optional[_Union[_paths_pb2.FilePath, _Mapping]] = ..., verdict: _Optional[_Union[ExplainSyncPathResponse.Verdict, str]] = ..., rule: _Optional[str] = ..., rule_source: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class SyncTrashItem(_message.Message):
    __slots__ = ("id", "path", "side", "kind", "size", "digest", "time", "why")
    ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    SIDE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    id: str
    path: _paths_pb2.FilePath
    side: SyncSide
    kind: SyncKind
    size: int
    digest: str
    time: _timestamp_pb2.Timestamp
    why: str
    def __init__(self, id: _Optional[str] = ..., path: _Optional[_Union[_paths_pb2.FilePath, _Mapping]] = ..., side: _Optional[_Union[SyncSide, str]] = ..., kind: _Optional[_Union[SyncKind, str]] = ..., size: _Optional[int] = ..., digest: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., why: _Optional[str] = ...) -> None: ...

class ListSyncTrashRequest(_message.Message):
    __slots__ = ("parent", "page_size", "page_token")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    parent: str
    page_size: int
    page_token: str
    def __init__(self, parent: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSyncTrashResponse(_message.Message):
    __slots__ = ("items", "next_page_token")
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[SyncTrashItem]
    next_page_token: str
    def __init__(self, items: _Optional[_Iterable[_Union[SyncTrashItem, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RestoreSyncTrashRequest(_message.Message):
    __slots__ = ("parent", "id", "path", "validate_only")
    PARENT_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    parent: str
    id: str
    path: _paths_pb2.FilePath
    validate_only: bool
    def __init__(self, parent: _Optional[str] = ..., id: _Optional[str] = ..., path: _Optional[_Union[_paths_pb2.FilePath, _Mapping]] = ..., validate_only: bool = ...) -> None: ...
