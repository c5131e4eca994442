import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Studio(_message.Message):
    __slots__ = ("name", "uid", "project", "owner", "template", "runtime", "configuration", "state", "stage", "reason", "ports", "zones", "outdated", "state_time", "create_time", "idle_stop_time", "image", "etag", "restarts", "conflict_count", "progress", "problem_count")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Studio.State]
        STATE_STOPPED: _ClassVar[Studio.State]
        STATE_STARTING: _ClassVar[Studio.State]
        STATE_RUNNING: _ClassVar[Studio.State]
        STATE_STOPPING: _ClassVar[Studio.State]
    STATE_UNSPECIFIED: Studio.State
    STATE_STOPPED: Studio.State
    STATE_STARTING: Studio.State
    STATE_RUNNING: Studio.State
    STATE_STOPPING: Studio.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PORTS_FIELD_NUMBER: _ClassVar[int]
    ZONES_FIELD_NUMBER: _ClassVar[int]
    OUTDATED_FIELD_NUMBER: _ClassVar[int]
    STATE_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    IDLE_STOP_TIME_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    RESTARTS_FIELD_NUMBER: _ClassVar[int]
    CONFLICT_COUNT_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    name: str
    uid: str
    project: str
    owner: str
    template: str
    runtime: str
    configuration: str
    state: Studio.State
    stage: str
    reason: StudioReason
    ports: _containers.RepeatedCompositeFieldContainer[StudioPort]
    zones: _containers.RepeatedCompositeFieldContainer[StudioZone]
    outdated: bool
    state_time: _timestamp_pb2.Timestamp
    create_time: _timestamp_pb2.Timestamp
    idle_stop_time: _timestamp_pb2.Timestamp
    image: str
    etag: str
    restarts: int
    conflict_count: int
    progress: StudioProgress
    problem_count: int
    def __init__(self, name: _Optional[str] = ..., uid: _Optional[str] = ..., project: _Optional[str] = ..., owner: _Optional[str] = ..., template: _Optional[str] = ..., runtime: _Optional[str] = ..., configuration: _Optional[str] = ..., state: _Optional[_Union[Studio.State, str]] = ..., stage: _Optional[str] = ..., reason: _Optional[_Union[StudioReason, _Mapping]] = ..., ports: _Optional[_Iterable[_Union[StudioPort, _Mapping]]] = ..., zones: _Optional[_Iterable[_Union[StudioZone, _Mapping]]] = ..., outdated: bool = ..., state_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., idle_stop_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., image: _Optional[str] = ..., etag: _Optional[str] = ..., restarts: _Optional[int] = ..., conflict_count: _Optional[int] = ..., progress: _Optional[_Union[StudioProgress, _Mapping]] = ..., problem_count: _Optional[int] = ...) -> None: ...

class StudioProgress(_message.Message):
    __slots__ = ("step", "number", "count", "build", "build_step", "build_steps", "files_done", "files_total", "bytes_done", "bytes_total", "bytes_per_second")
    STEP_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    BUILD_FIELD_NUMBER: _ClassVar[int]
    BUILD_STEP_FIELD_NUMBER: _ClassVar[int]
    BUILD_STEPS_FIELD_NUMBER: _ClassVar[int]
    FILES_DONE_FIELD_NUMBER: _ClassVar[int]
    FILES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    BYTES_DONE_FIELD_NUMBER: _ClassVar[int]
    BYTES_TOTAL_FIELD_NUMBER: _ClassVar[int]
    BYTES_PER_SECOND_FIELD_NUMBER: _ClassVar[int]
    step: str
    number: int
    count: int
    build: str
    build_step: int
    build_steps: int
    files_done: int
    files_total: int
    bytes_done: int
    bytes_total: int
    bytes_per_second: float
    def __init__(self, step: _Optional[str] = ..., number: _Optional[int] = ..., count: _Optional[int] = ..., build: _Optional[str] = ..., build_step: _Optional[int] = ..., build_steps: _Optional[int] = ..., files_done: _Optional[int] = ..., files_total: _Optional[int] = ..., bytes_done: _Optional[int] = ..., bytes_total: _Optional[int] = ..., bytes_per_second: _Optional[float] = ...) -> None: ...

class StudioReason(_message.Message):
    __slots__ = ("code", "message", "evidence", "next")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    NEXT_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    evidence: str
    next: str
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ..., evidence: _Optional[str] = ..., next: _Optional[str] = ...) -> None: ...

class StudioPort(_message.Message):
    __slots__ = ("port", "label", "html", "url")
    PORT_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    HTML_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    port: int
    label: str
    html: bool
    url: str
    def __init__(self, port: _Optional[int] = ..., label: _Optional[str] = ..., html: bool = ..., url: _Optional[str] = ...) -> None: ...

class StudioZone(_message.Message):
    __slots__ = ("zone", "local", "remote", "one_way", "session", "state", "conflict_count", "problem_count")
    ZONE_FIELD_NUMBER: _ClassVar[int]
    LOCAL_FIELD_NUMBER: _ClassVar[int]
    REMOTE_FIELD_NUMBER: _ClassVar[int]
    ONE_WAY_FIELD_NUMBER: _ClassVar[int]
    SESSION_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CONFLICT_COUNT_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    zone: str
    local: str
    remote: str
    one_way: bool
    session: str
    state: str
    conflict_count: int
    problem_count: int
    def __init__(self, zone: _Optional[str] = ..., local: _Optional[str] = ..., remote: _Optional[str] = ..., one_way: bool = ..., session: _Optional[str] = ..., state: _Optional[str] = ..., conflict_count: _Optional[int] = ..., problem_count: _Optional[int] = ...) -> None: ...

class CreateStudioRequest(_message.Message):
    __slots__ = ("name", "project", "template", "runtime", "configuration", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    project: str
    template: str
    runtime: str
    configuration: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ..., template: _Optional[str] = ..., runtime: _Optional[str] = ..., configuration: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class GetStudioRequest(_message.Message):
    __slots__ = ("name", "project")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    name: str
    project: str
    def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ...) -> None: ...

class ListStudiosRequest(_message.Message):
    __slots__ = ("project", "page_size", "page_token")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    project: str
    page_size: int
    page_token: str
    def __init__(self, project: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListStudiosResponse(_message.Message):
    __slots__ = ("studios", "next_page_token")
    STUDIOS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    studios: _containers.RepeatedCompositeFieldContainer[Studio]
    next_page_token: str
    def __init__(self, studios: _Optional[_Iterable[_Union[Studio, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteStudioRequest(_message.Message):
    __slots__ = ("name", "project", "with_files", "with_image", "discard", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    WITH_FILES_FIELD_NUMBER: _ClassVar[int]
    WITH_IMAGE_FIELD_NUMBER: _ClassVar[int]
    DISCARD_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    project: str
    with_files: bool
    with_image: bool
    discard: bool
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ..., with_files: bool = ..., with_image: bool = ..., discard: bool = ..., validate_only: bool = ...) -> None: ...

class StartStudioRequest(_message.Message):
    __slots__ = ("name", "project", "debug")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    DEBUG_FIELD_NUMBER: _ClassVar[int]
    name: str
    project: str
    debug: bool
    def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ..., debug: bool = ...) -> None: ...

class StopStudioRequest(_message.Message):
    __slots__ = ("name", "project", "discard")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    DISCARD_FIELD_NUMBER: _ClassVar[int]
    name: str
    project: str
    discard: bool
    def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ..., discard: bool = ...) -> None: ...

class RestartStudioRequest(_message.Message):
    __slots__ = ("name", "project", "discard")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    DISCARD_FIELD_NUMBER: _ClassVar[int]
    name: str
    project: str
    discard: bool
    def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ..., discard: bool = ...) -> None: ...

class ChangeStudioOwnerRequest(_message.Message):
    __slots__ = ("name", "project", "owner")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    name: str
    project: str
    owner: str
    def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ..., owner: _Optional[str] = ...) -> None: ...

class KeepStudioAliveRequest(_message.Message):
    __slots__ = ("name", "project", "time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    project: str
    time: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ..., time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class WatchStudiosRequest(_message.Message):
    __slots__ = ("name", "project", "resume_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    project: str
    resume_token: str
    def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchStudiosResponse(_message.Message):
    __slots__ = ("studio", "deleted", "synced", "resume_token")
    STUDIO_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    SYNCED_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    studio: Studio
    deleted: str
    synced: bool
    resume_token: str
    def __init__(self, studio: _Optional[_Union[Studio, _Mapping]] = ..., deleted: _Optional[str] = ..., synced: bool = ..., resume_token: _Optional[str] = ...) -> None: ...

class ReadStudioLogsRequest(_message.Message):
    __slots__ = ("name", "project", "follow", "lines", "previous", "contains")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    FOLLOW_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    CONTAINS_FIELD_NUMBER: _ClassVar[int]
    name: str
    project: str
    follow: bool
    lines: int
    previous: bool
    contains: str
    def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ..., follow: bool = ..., lines: _Optional[int] = ..., previous: bool = ..., contains: _Optional[str] = ...) -> None: ...

class ReadStudioLogsResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...

class PushStudioRequest(_message.Message):
    __slots__ = ("name", "project", "zones", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    ZONES_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    project: str
    zones: _containers.RepeatedScalarFieldContainer[str]
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ..., zones: _Optional[_Iterable[str]] = ..., validate_only: bool = ...) -> None: ...

class PullStudioRequest(_message.Message):
    __slots__ = ("name", "project", "zones", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    ZONES_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    project: str
    zones: _containers.RepeatedScalarFieldContainer[str]
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ..., zones: _Optional[_Iterable[str]] = ..., validate_only: bool = ...) -> None: ...

class ResetStudioRequest(_message.Message):
    __slots__ = ("name", "project", "zones", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    ZONES_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    project: str
    zones: _containers.RepeatedScalarFieldContainer[str]
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ..., zones: _Optional[_Iterable[str]] = ..., validate_only: bool = ...) -> None: ...

class StudioPlan(_message.Message):
    __slots__ = ("changes",)
    class Change(_message.Message):
        __slots__ = ("zone", "path", "action", "side")
        ZONE_FIELD_NUMBER: _ClassVar[int]
        PATH_FIELD_NUMBER: _ClassVar[int]
        ACTION_FIELD_NUMBER: _ClassVar[int]
        SIDE_FIELD_NUMBER: _ClassVar[int]
        zone: str
        path: str
        action: str
        side: str
        def __init__(self, zone: _Optional[str] = ..., path: _Optional[str] = ..., action: _Optional[str] = ..., side: _Optional[str] = ...) -> None: ...
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    changes: _containers.RepeatedCompositeFieldContainer[StudioPlan.Change]
    def __init__(self, changes: _Optional[_Iterable[_Union[StudioPlan.Change, _Mapping]]] = ...) -> None: ...

class ExecuteInStudioRequest(_message.Message):
    __slots__ = ("start", "stdin", "end")
    class Start(_message.Message):
        __slots__ = ("name", "project", "command", "folder")
        NAME_FIELD_NUMBER: _ClassVar[int]
        PROJECT_FIELD_NUMBER: _ClassVar[int]
        COMMAND_FIELD_NUMBER: _ClassVar[int]
        FOLDER_FIELD_NUMBER: _ClassVar[int]
        name: str
        project: str
        command: _containers.RepeatedScalarFieldContainer[str]
        folder: str
        def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ..., command: _Optional[_Iterable[str]] = ..., folder: _Optional[str] = ...) -> None: ...
    START_FIELD_NUMBER: _ClassVar[int]
    STDIN_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: ExecuteInStudioRequest.Start
    stdin: bytes
    end: bool
    def __init__(self, start: _Optional[_Union[ExecuteInStudioRequest.Start, _Mapping]] = ..., stdin: _Optional[bytes] = ..., end: bool = ...) -> None: ...

class ExecuteInStudioResponse(_message.Message):
    __slots__ = ("stdout", "stderr", "exit_status", "started")
    STDOUT_FIELD_NUMBER: _ClassVar[int]
    STDERR_FIELD_NUMBER: _ClassVar[int]
    EXIT_STATUS_FIELD_NUMBER: _ClassVar[int]
    STARTED_FIELD_NUMBER: _ClassVar[int]
    stdout: bytes
    stderr: bytes
    exit_status: int
    started: bool
    def __init__(self, stdout: _Optional[bytes] = ..., stderr: _Optional[bytes] = ..., exit_status: _Optional[int] = ..., started: bool = ...) -> None: ...

class ForwardStudioPortRequest(_message.Message):
    __slots__ = ("start", "data", "end")
    class Start(_message.Message):
        __slots__ = ("name", "project", "port")
        NAME_FIELD_NUMBER: _ClassVar[int]
        PROJECT_FIELD_NUMBER: _ClassVar[int]
        PORT_FIELD_NUMBER: _ClassVar[int]
        name: str
        project: str
        port: int
        def __init__(self, name: _Optional[str] = ..., project: _Optional[str] = ..., port: _Optional[int] = ...) -> None: ...
    START_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    start: ForwardStudioPortRequest.Start
    data: bytes
    end: bool
    def __init__(self, start: _Optional[_Union[ForwardStudioPortRequest.Start, _Mapping]] = ..., data: _Optional[bytes] = ..., end: bool = ...) -> None: ...

class ForwardStudioPortResponse(_message.Message):
    __slots__ = ("connected", "data", "end")
    CONNECTED_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    connected: bool
    data: bytes
    end: bool
    def __init__(self, connected: bool = ..., data: _Optional[bytes] = ..., end: bool = ...) -> None: ...
