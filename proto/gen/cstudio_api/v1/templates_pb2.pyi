import datetime

from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Template(_message.Message):
    __slots__ = ("name", "uid", "label", "description", "source", "resources", "blocks", "groups", "for_all", "runtime", "image", "is_built", "build_time", "notes", "local_faults", "create_time", "update_time", "etag", "ports")
    NAME_FIELD_NUMBER: _ClassVar[int]
    UID_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    BLOCKS_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    FOR_ALL_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    IS_BUILT_FIELD_NUMBER: _ClassVar[int]
    BUILD_TIME_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    LOCAL_FAULTS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    PORTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    uid: str
    label: str
    description: str
    source: str
    resources: _containers.RepeatedCompositeFieldContainer[TemplateResource]
    blocks: _containers.RepeatedCompositeFieldContainer[TemplateBlock]
    groups: _containers.RepeatedScalarFieldContainer[str]
    for_all: bool
    runtime: str
    image: str
    is_built: bool
    build_time: _timestamp_pb2.Timestamp
    notes: _containers.RepeatedCompositeFieldContainer[TemplateFault]
    local_faults: _containers.RepeatedCompositeFieldContainer[TemplateFault]
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    etag: str
    ports: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, name: _Optional[str] = ..., uid: _Optional[str] = ..., label: _Optional[str] = ..., description: _Optional[str] = ..., source: _Optional[str] = ..., resources: _Optional[_Iterable[_Union[TemplateResource, _Mapping]]] = ..., blocks: _Optional[_Iterable[_Union[TemplateBlock, _Mapping]]] = ..., groups: _Optional[_Iterable[str]] = ..., for_all: bool = ..., runtime: _Optional[str] = ..., image: _Optional[str] = ..., is_built: bool = ..., build_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., notes: _Optional[_Iterable[_Union[TemplateFault, _Mapping]]] = ..., local_faults: _Optional[_Iterable[_Union[TemplateFault, _Mapping]]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ..., ports: _Optional[_Iterable[int]] = ...) -> None: ...

class TemplateBlock(_message.Message):
    __slots__ = ("type", "is_known")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    IS_KNOWN_FIELD_NUMBER: _ClassVar[int]
    type: str
    is_known: bool
    def __init__(self, type: _Optional[str] = ..., is_known: bool = ...) -> None: ...

class TemplateResource(_message.Message):
    __slots__ = ("path", "content", "executable", "size")
    PATH_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    EXECUTABLE_FIELD_NUMBER: _ClassVar[int]
    SIZE_FIELD_NUMBER: _ClassVar[int]
    path: str
    content: bytes
    executable: bool
    size: int
    def __init__(self, path: _Optional[str] = ..., content: _Optional[bytes] = ..., executable: bool = ..., size: _Optional[int] = ...) -> None: ...

class TemplateFault(_message.Message):
    __slots__ = ("message", "file", "line", "block", "block_type", "field", "display")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    BLOCK_TYPE_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_FIELD_NUMBER: _ClassVar[int]
    message: str
    file: str
    line: int
    block: int
    block_type: str
    field: str
    display: str
    def __init__(self, message: _Optional[str] = ..., file: _Optional[str] = ..., line: _Optional[int] = ..., block: _Optional[int] = ..., block_type: _Optional[str] = ..., field: _Optional[str] = ..., display: _Optional[str] = ...) -> None: ...

class CreateTemplateRequest(_message.Message):
    __slots__ = ("source", "file", "resources", "validate_only", "name")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    source: str
    file: str
    resources: _containers.RepeatedCompositeFieldContainer[TemplateResource]
    validate_only: bool
    name: str
    def __init__(self, source: _Optional[str] = ..., file: _Optional[str] = ..., resources: _Optional[_Iterable[_Union[TemplateResource, _Mapping]]] = ..., validate_only: bool = ..., name: _Optional[str] = ...) -> None: ...

class ValidateTemplateRequest(_message.Message):
    __slots__ = ("source", "file", "resources")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    source: str
    file: str
    resources: _containers.RepeatedCompositeFieldContainer[TemplateResource]
    def __init__(self, source: _Optional[str] = ..., file: _Optional[str] = ..., resources: _Optional[_Iterable[_Union[TemplateResource, _Mapping]]] = ...) -> None: ...

class ValidateTemplateResponse(_message.Message):
    __slots__ = ("faults", "notes", "local_faults")
    FAULTS_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    LOCAL_FAULTS_FIELD_NUMBER: _ClassVar[int]
    faults: _containers.RepeatedCompositeFieldContainer[TemplateFault]
    notes: _containers.RepeatedCompositeFieldContainer[TemplateFault]
    local_faults: _containers.RepeatedCompositeFieldContainer[TemplateFault]
    def __init__(self, faults: _Optional[_Iterable[_Union[TemplateFault, _Mapping]]] = ..., notes: _Optional[_Iterable[_Union[TemplateFault, _Mapping]]] = ..., local_faults: _Optional[_Iterable[_Union[TemplateFault, _Mapping]]] = ...) -> None: ...

class GetTemplateRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListTemplatesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTemplatesResponse(_message.Message):
    __slots__ = ("templates", "next_page_token")
    TEMPLATES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    templates: _containers.RepeatedCompositeFieldContainer[Template]
    next_page_token: str
    def __init__(self, templates: _Optional[_Iterable[_Union[Template, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateTemplateRequest(_message.Message):
    __slots__ = ("name", "source", "file", "resources", "replace_resources", "etag", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    RESOURCES_FIELD_NUMBER: _ClassVar[int]
    REPLACE_RESOURCES_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    source: str
    file: str
    resources: _containers.RepeatedCompositeFieldContainer[TemplateResource]
    replace_resources: bool
    etag: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., source: _Optional[str] = ..., file: _Optional[str] = ..., resources: _Optional[_Iterable[_Union[TemplateResource, _Mapping]]] = ..., replace_resources: bool = ..., etag: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class CopyTemplateRequest(_message.Message):
    __slots__ = ("name", "new_name")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NEW_NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    new_name: str
    def __init__(self, name: _Optional[str] = ..., new_name: _Optional[str] = ...) -> None: ...

class DeleteTemplateRequest(_message.Message):
    __slots__ = ("name", "delete_images", "etag", "validate_only")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DELETE_IMAGES_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    name: str
    delete_images: bool
    etag: str
    validate_only: bool
    def __init__(self, name: _Optional[str] = ..., delete_images: bool = ..., etag: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class GrantTemplateRequest(_message.Message):
    __slots__ = ("name", "groups", "all")
    NAME_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    ALL_FIELD_NUMBER: _ClassVar[int]
    name: str
    groups: _containers.RepeatedScalarFieldContainer[str]
    all: bool
    def __init__(self, name: _Optional[str] = ..., groups: _Optional[_Iterable[str]] = ..., all: bool = ...) -> None: ...

class RevokeTemplateRequest(_message.Message):
    __slots__ = ("name", "groups", "all")
    NAME_FIELD_NUMBER: _ClassVar[int]
    GROUPS_FIELD_NUMBER: _ClassVar[int]
    ALL_FIELD_NUMBER: _ClassVar[int]
    name: str
    groups: _containers.RepeatedScalarFieldContainer[str]
    all: bool
    def __init__(self, name: _Optional[str] = ..., groups: _Optional[_Iterable[str]] = ..., all: bool = ...) -> None: ...

class ImportTemplateRequest(_message.Message):
    __slots__ = ("archive", "name", "validate_only")
    ARCHIVE_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    archive: bytes
    name: str
    validate_only: bool
    def __init__(self, archive: _Optional[bytes] = ..., name: _Optional[str] = ..., validate_only: bool = ...) -> None: ...

class ExportTemplateRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ExportTemplateResponse(_message.Message):
    __slots__ = ("archive",)
    ARCHIVE_FIELD_NUMBER: _ClassVar[int]
    archive: bytes
    def __init__(self, archive: _Optional[bytes] = ...) -> None: ...

class GetTemplateSchemaRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetTemplateSchemaResponse(_message.Message):
    __slots__ = ("schema",)
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    schema: str
    def __init__(self, schema: _Optional[str] = ...) -> None: ...

class RenderTemplateRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RenderTemplateResponse(_message.Message):
    __slots__ = ("dockerfile",)
    DOCKERFILE_FIELD_NUMBER: _ClassVar[int]
    dockerfile: str
    def __init__(self, dockerfile: _Optional[str] = ...) -> None: ...

class TemplateBuild(_message.Message):
    __slots__ = ("id", "template", "state", "is_up_to_date", "image", "digest", "hash", "fault", "block", "step", "steps", "start_time", "end_time", "requester", "runtime")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[TemplateBuild.State]
        STATE_RUNNING: _ClassVar[TemplateBuild.State]
        STATE_SUCCEEDED: _ClassVar[TemplateBuild.State]
        STATE_FAILED: _ClassVar[TemplateBuild.State]
        STATE_CANCELLED: _ClassVar[TemplateBuild.State]
    STATE_UNSPECIFIED: TemplateBuild.State
    STATE_RUNNING: TemplateBuild.State
    STATE_SUCCEEDED: TemplateBuild.State
    STATE_FAILED: TemplateBuild.State
    STATE_CANCELLED: TemplateBuild.State
    ID_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    IS_UP_TO_DATE_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    FAULT_FIELD_NUMBER: _ClassVar[int]
    BLOCK_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    REQUESTER_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    id: str
    template: str
    state: TemplateBuild.State
    is_up_to_date: bool
    image: str
    digest: str
    hash: str
    fault: TemplateFault
    block: int
    step: int
    steps: int
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    requester: str
    runtime: str
    def __init__(self, id: _Optional[str] = ..., template: _Optional[str] = ..., state: _Optional[_Union[TemplateBuild.State, str]] = ..., is_up_to_date: bool = ..., image: _Optional[str] = ..., digest: _Optional[str] = ..., hash: _Optional[str] = ..., fault: _Optional[_Union[TemplateFault, _Mapping]] = ..., block: _Optional[int] = ..., step: _Optional[int] = ..., steps: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., requester: _Optional[str] = ..., runtime: _Optional[str] = ...) -> None: ...

class BuildTemplateRequest(_message.Message):
    __slots__ = ("name", "no_cache", "push", "runtime")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NO_CACHE_FIELD_NUMBER: _ClassVar[int]
    PUSH_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    no_cache: bool
    push: bool
    runtime: str
    def __init__(self, name: _Optional[str] = ..., no_cache: bool = ..., push: bool = ..., runtime: _Optional[str] = ...) -> None: ...

class ExplainTemplateBuildRequest(_message.Message):
    __slots__ = ("name", "runtime")
    NAME_FIELD_NUMBER: _ClassVar[int]
    RUNTIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    runtime: str
    def __init__(self, name: _Optional[str] = ..., runtime: _Optional[str] = ...) -> None: ...

class ExplainTemplateBuildResponse(_message.Message):
    __slots__ = ("hash", "built_hash", "changes")
    HASH_FIELD_NUMBER: _ClassVar[int]
    BUILT_HASH_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    hash: str
    built_hash: str
    changes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, hash: _Optional[str] = ..., built_hash: _Optional[str] = ..., changes: _Optional[_Iterable[str]] = ...) -> None: ...

class GetTemplateBuildRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ListTemplateBuildsRequest(_message.Message):
    __slots__ = ("template", "page_size", "page_token")
    TEMPLATE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    template: str
    page_size: int
    page_token: str
    def __init__(self, template: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTemplateBuildsResponse(_message.Message):
    __slots__ = ("builds", "next_page_token")
    BUILDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    builds: _containers.RepeatedCompositeFieldContainer[TemplateBuild]
    next_page_token: str
    def __init__(self, builds: _Optional[_Iterable[_Union[TemplateBuild, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CancelTemplateBuildRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class FollowTemplateBuildRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class FollowTemplateBuildResponse(_message.Message):
    __slots__ = ("lines", "build", "steps")
    class Line(_message.Message):
        __slots__ = ("text", "block", "block_type", "step", "is_error")
        TEXT_FIELD_NUMBER: _ClassVar[int]
        BLOCK_FIELD_NUMBER: _ClassVar[int]
        BLOCK_TYPE_FIELD_NUMBER: _ClassVar[int]
        STEP_FIELD_NUMBER: _ClassVar[int]
        IS_ERROR_FIELD_NUMBER: _ClassVar[int]
        text: str
        block: int
        block_type: str
        step: int
        is_error: bool
        def __init__(self, text: _Optional[str] = ..., block: _Optional[int] = ..., block_type: _Optional[str] = ..., step: _Optional[int] = ..., is_error: bool = ...) -> None: ...
    LINES_FIELD_NUMBER: _ClassVar[int]
    BUILD_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    lines: _containers.RepeatedCompositeFieldContainer[FollowTemplateBuildResponse.Line]
    build: TemplateBuild
    steps: int
    def __init__(self, lines: _Optional[_Iterable[_Union[FollowTemplateBuildResponse.Line, _Mapping]]] = ..., build: _Optional[_Union[TemplateBuild, _Mapping]] = ..., steps: _Optional[int] = ...) -> None: ...
