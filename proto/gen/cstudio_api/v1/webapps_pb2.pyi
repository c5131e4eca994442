import datetime

from cstudio_api.v1 import studios_pb2 as _studios_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WebApp(_message.Message):
    __slots__ = ("id", "project", "studio", "owner", "port", "replicas", "live", "access", "state", "reason", "url", "ready_replicas", "replica_states", "create_time", "template", "runtime", "outdated", "restarting_replicas")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[WebApp.State]
        STATE_STARTING: _ClassVar[WebApp.State]
        STATE_RUNNING: _ClassVar[WebApp.State]
        STATE_DEGRADED: _ClassVar[WebApp.State]
        STATE_FAILED: _ClassVar[WebApp.State]
        STATE_UNPUBLISHING: _ClassVar[WebApp.State]
    STATE_UNSPECIFIED: WebApp.State
    STATE_STARTING: WebApp.State
    STATE_RUNNING: WebApp.State
    STATE_DEGRADED: WebApp.State
    STATE_FAILED: WebApp.State
    STATE_UNPUBLISHING: WebApp.State
    ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    STUDIO_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    REPLICAS_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    READY_REPLICAS_FIELD_NUMBER: _ClassVar[int]
    REPLICA_STATES_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    OUTDATED_FIELD_NUMBER: _ClassVar[int]
    RESTARTING_REPLICAS_FIELD_NUMBER: _ClassVar[int]
    id: str
    project: str
    studio: str
    owner: str
    port: int
    replicas: int
    live: bool
    access: WebAppAccess
    state: WebApp.State
    reason: _studios_pb2.StudioReason
    url: str
    ready_replicas: int
    replica_states: _containers.RepeatedCompositeFieldContainer[WebAppReplica]
    create_time: _timestamp_pb2.Timestamp
    template: str
    runtime: str
    outdated: bool
    restarting_replicas: int
    def __init__(self, id: _Optional[str] = ..., project: _Optional[str] = ..., studio: _Optional[str] = ..., owner: _Optional[str] = ..., port: _Optional[int] = ..., replicas: _Optional[int] = ..., live: bool = ..., access: _Optional[_Union[WebAppAccess, _Mapping]] = ..., state: _Optional[_Union[WebApp.State, str]] = ..., reason: _Optional[_Union[_studios_pb2.StudioReason, _Mapping]] = ..., url: _Optional[str] = ..., ready_replicas: _Optional[int] = ..., replica_states: _Optional[_Iterable[_Union[WebAppReplica, _Mapping]]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., template: _Optional[str] = ..., runtime: _Optional[str] = ..., outdated: bool = ..., restarting_replicas: _Optional[int] = ...) -> None: ...

class WebAppAccess(_message.Message):
    __slots__ = ("public", "groups")
    PUBLIC_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    public: bool
    groups: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, public: bool = ..., groups: _Optional[_Iterable[str]] = ...) -> None: ...

class WebAppReplica(_message.Message):
    __slots__ = ("uid", "state", "stage", "ready", "reason", "pod", "restarts")
    UID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    POD_FIELD_NUMBER: _ClassVar[int]
    RESTARTS_FIELD_NUMBER: _ClassVar[int]
    uid: str
    state: _studios_pb2.Studio.State
    stage: str
    ready: bool
    reason: _studios_pb2.StudioReason
    pod: str
    restarts: int
    def __init__(self, uid: _Optional[str] = ..., state: _Optional[_Union[_studios_pb2.Studio.State, str]] = ..., stage: _Optional[str] = ..., ready: bool = ..., reason: _Optional[_Union[_studios_pb2.StudioReason, _Mapping]] = ..., pod: _Optional[str] = ..., restarts: _Optional[int] = ...) -> None: ...

class PublishWebAppRequest(_message.Message):
    __slots__ = ("studio", "project", "port", "replicas", "live", "access", "validate_only")
    STUDIO_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    REPLICAS_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    ACCESS_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    studio: str
    project: str
    port: int
    replicas: int
    live: bool
    access: WebAppAccess
    validate_only: bool
    def __init__(self, studio: _Optional[str] = ..., project: _Optional[str] = ..., port: _Optional[int] = ..., replicas: _Optional[int] = ..., live: bool = ..., access: _Optional[_Union[WebAppAccess, _Mapping]] = ..., validate_only: bool = ...) -> None: ...

class GetWebAppRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ListWebAppsRequest(_message.Message):
    __slots__ = ("project", "page_size", "page_token")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    project: str
    page_size: int
    page_token: str
    def __init__(self, project: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListWebAppsResponse(_message.Message):
    __slots__ = ("webapps", "next_page_token")
    WEBAPPS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    webapps: _containers.RepeatedCompositeFieldContainer[WebApp]
    next_page_token: str
    def __init__(self, webapps: _Optional[_Iterable[_Union[WebApp, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RestartWebAppRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class UnpublishWebAppRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class WatchWebAppsRequest(_message.Message):
    __slots__ = ("id", "project", "resume_token")
    ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    id: str
    project: str
    resume_token: str
    def __init__(self, id: _Optional[str] = ..., project: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchWebAppsResponse(_message.Message):
    __slots__ = ("webapp", "deleted", "synced", "resume_token")
    WEBAPP_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    SYNCED_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    webapp: WebApp
    deleted: str
    synced: bool
    resume_token: str
    def __init__(self, webapp: _Optional[_Union[WebApp, _Mapping]] = ..., deleted: _Optional[str] = ..., synced: bool = ..., resume_token: _Optional[str] = ...) -> None: ...

class ReadWebAppLogsRequest(_message.Message):
    __slots__ = ("id", "replica", "follow", "lines", "previous")
    ID_FIELD_NUMBER: _ClassVar[int]
    REPLICA_FIELD_NUMBER: _ClassVar[int]
    FOLLOW_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    id: str
    replica: str
    follow: bool
    lines: int
    previous: bool
    def __init__(self, id: _Optional[str] = ..., replica: _Optional[str] = ..., follow: bool = ..., lines: _Optional[int] = ..., previous: bool = ...) -> None: ...

class ReadWebAppLogsResponse(_message.Message):
    __slots__ = ("data",)
    DATA_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    def __init__(self, data: _Optional[bytes] = ...) -> None: ...
