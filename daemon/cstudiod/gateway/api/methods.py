"""What can be called: every method of the contract, and nothing else."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cstudio_api import v1
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass


@dataclass(frozen=True, kw_only=True)
class Method:
    """One method of a service of ours."""

    path: str
    """As gRPC has it: ``/cstudio.v1.Studios/ListStudios``."""
    request: type[Message]
    response: type[Message]
    answers_often: bool = False
    """A stream comes back."""
    is_talk: bool = False
    """A stream goes there as well: HTTP/1.1 cannot carry that."""


def of_the_contract() -> Mapping[str, Method]:
    """Return all methods by path."""
    return {method.path: method for file in _files() for method in _in(file)}


def _files() -> Iterator[Any]:
    for found in pkgutil.iter_modules(v1.__path__):
        if found.name.endswith("_pb2"):
            yield importlib.import_module(f"{v1.__name__}.{found.name}").DESCRIPTOR


def _in(file: Any) -> Iterator[Method]:
    for service in file.services_by_name.values():
        for one in service.methods:
            yield Method(
                path=f"/{service.full_name}/{one.name}",
                request=GetMessageClass(one.input_type),
                response=GetMessageClass(one.output_type),
                answers_often=one.server_streaming,
                is_talk=one.client_streaming,
            )
