from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class FilePath(_message.Message):
    __slots__ = ("raw", "display")
    RAW_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_FIELD_NUMBER: _ClassVar[int]
    raw: bytes
    display: str
    def __init__(self, raw: _Optional[bytes] = ..., display: _Optional[str] = ...) -> None: ...
