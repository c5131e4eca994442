import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Action(_message.Message):
    __slots__ = ("name", "label", "description", "icon", "command", "wait", "timeout")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    ICON_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    WAIT_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    name: str
    label: str
    description: str
    icon: str
    command: str
    wait: bool
    timeout: _duration_pb2.Duration
    def __init__(self, name: _Optional[str] = ..., label: _Optional[str] = ..., description: _Optional[str] = ..., icon: _Optional[str] = ..., command: _Optional[str] = ..., wait: bool = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class ActionRun(_message.Message):
    __slots__ = ("id", "studio", "project", "action", "command", "state", "exit_status", "detail", "requester", "start_time", "end_time", "output_bytes", "dropped_bytes")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[ActionRun.State]
        STATE_RUNNING: _ClassVar[ActionRun.State]
        STATE_ENDED: _ClassVar[ActionRun.State]
        STATE_TIMED_OUT: _ClassVar[ActionRun.State]
        STATE_CANCELLED: _ClassVar[ActionRun.State]
        STATE_LOST: _ClassVar[ActionRun.State]
    STATE_UNSPECIFIED: ActionRun.State
    STATE_RUNNING: ActionRun.State
    STATE_ENDED: ActionRun.State
    STATE_TIMED_OUT: ActionRun.State
    STATE_CANCELLED: ActionRun.State
    STATE_LOST: ActionRun.State
    ID_FIELD_NUMBER: _ClassVar[int]
    STUDIO_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    EXIT_STATUS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_BYTES_FIELD_NUMBER: _ClassVar[int]
    DROPPED_BYTES_FIELD_NUMBER: _ClassVar[int]
    id: str
    studio: str
    project: str
    action: str
    command: _containers.RepeatedScalarFieldContainer[str]
    state: ActionRun.State
    exit_status: int
    detail: str
    requester: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    output_bytes: int
    dropped_bytes: int
    def __init__(self, id: _Optional[str] = ..., studio: _Optional[str] = ..., project: _Optional[str] = ..., action: _Optional[str] = ..., command: _Optional[_Iterable[str]] = ..., state: _Optional[_Union[ActionRun.State, str]] = ..., exit_status: _Optional[int] = ..., detail: _Optional[str] = ..., requester: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., output_bytes: _Optional[int] = ..., dropped_bytes: _Optional[int] = ...) -> None: ...

class ListActionsRequest(_message.Message):
    __slots__ = ("studio", "project")
    STUDIO_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    studio: str
    project: str
    def __init__(self, studio: _Optional[str] = ..., project: _Optional[str] = ...) -> None: ...

class ListActionsResponse(_message.Message):
    __slots__ = ("actions",)
    ACTIONS_FIELD_NUMBER: _ClassVar[int]
    actions: _containers.RepeatedCompositeFieldContainer[Action]
    def __init__(self, actions: _Optional[_Iterable[_Union[Action, _Mapping]]] = ...) -> None: ...

class RunActionRequest(_message.Message):
    __slots__ = ("studio", "project", "action", "command", "folder", "timeout")
    STUDIO_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_FIELD_NUMBER: _ClassVar[int]
    studio: str
    project: str
    action: str
    command: _containers.RepeatedScalarFieldContainer[str]
    folder: str
    timeout: _duration_pb2.Duration
    def __init__(self, studio: _Optional[str] = ..., project: _Optional[str] = ..., action: _Optional[str] = ..., command: _Optional[_Iterable[str]] = ..., folder: _Optional[str] = ..., timeout: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class GetActionRunRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ListActionRunsRequest(_message.Message):
    __slots__ = ("studio", "project", "page_size", "page_token")
    STUDIO_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    studio: str
    project: str
    page_size: int
    page_token: str
    def __init__(self, studio: _Optional[str] = ..., project: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListActionRunsResponse(_message.Message):
    __slots__ = ("runs", "next_page_token")
    RUNS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    runs: _containers.RepeatedCompositeFieldContainer[ActionRun]
    next_page_token: str
    def __init__(self, runs: _Optional[_Iterable[_Union[ActionRun, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class FollowActionRunRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class FollowActionRunResponse(_message.Message):
    __slots__ = ("stdout", "stderr", "run")
    STDOUT_FIELD_NUMBER: _ClassVar[int]
    STDERR_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    stdout: bytes
    stderr: bytes
    run: ActionRun
    def __init__(self, stdout: _Optional[bytes] = ..., stderr: _Optional[bytes] = ..., run: _Optional[_Union[ActionRun, _Mapping]] = ...) -> None: ...

class CancelActionRunRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...
