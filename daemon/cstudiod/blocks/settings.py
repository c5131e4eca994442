"""The base of all settings models, and the kinds of values that several blocks use."""

from __future__ import annotations

import posixpath
import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, WithJsonSchema

WORKSPACE = "/home/dataiku/workspace"

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|[kMGTPE]|[KMGTPE]i)?\Z")
_FACTORS = {"": 1.0, "m": 0.001, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_FACTORS |= {f"{unit}i": 1024.0 ** (at + 1) for at, unit in enumerate("KMGTPE")}


class Strict(BaseModel):
    """A mapping of settings: nothing unknown, nothing converted behind people's backs."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class KeptOfBlock(Strict):
    """What an imported DSS template says of a block besides."""

    params: dict[str, Any] = Field(default_factory=dict)
    block: dict[str, Any] = Field(default_factory=dict, description="Keys beside `params`.")
    no_params: bool = False


class Settings(Strict):
    """The settings of a block."""

    dss: KeptOfBlock = Field(
        default=KeptOfBlock(),
        description="What an imported DSS template says here besides; exported again as it was.",
    )


COMMAND_BYTES = 65_536
"""The kernel takes no word of more than twice as much."""


def command(value: object) -> str | tuple[str, ...]:
    """Return a command: a line for the shell, or a list of words.

    Raises:
        ValueError: it is neither, or too long, or has an empty or impossible word.
    """
    words = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    if sum(len(word.encode()) for word in words if isinstance(word, str)) > COMMAND_BYTES:
        raise ValueError("is longer than 64 KiB; put it into a script")
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("has a NUL character")
        return value
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ValueError('must be a line of text, or a list of texts: ["python3", "app.py"]')
    if not value or not value[0]:
        raise ValueError("names no program; leave `command` out if people start it by hand")
    if any("\0" in word for word in value):
        raise ValueError("has a NUL character")
    return tuple(value)


def text_or_number(value: object) -> str:
    """Return what YAML may have read as a number as the text that was meant.

    Raises:
        ValueError: it is neither text nor a number.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("must be text or a number")
    return str(value)


def quantity(value: object) -> str:
    """Return a Kubernetes quantity.

    Raises:
        ValueError: it is none.
    """
    text = text_or_number(value)
    if not _QUANTITY.match(text):
        raise ValueError(f"`{text}` is no quantity; write for example 500m, 2, 1.5Gi or 512Mi")
    if amount(text) <= 0:
        raise ValueError("must be more than zero")
    return text


def amount(text: str) -> float:
    """Return the value of a quantity that was checked: ``500m`` is 0.5."""
    number, unit = re.fullmatch(_QUANTITY, text).groups()  # type: ignore[union-attr]
    return float(number) * _FACTORS[unit or ""]


def relative(value: object) -> str:
    """Return a path below some folder, ``/`` between names, in its shortest form.

    Raises:
        ValueError: it is no text, absolute, or climbs out.
    """
    if not isinstance(value, str):
        raise ValueError("must be text")
    if "\0" in value or "\\" in value:
        raise ValueError(f"`{value!a}` has a character that paths here may not have")
    if value.startswith("/"):
        raise ValueError(f"`{value}` must be relative, without `/` in front")
    if ".." in value.split("/"):
        raise ValueError(f"`{value}` climbs out with `..`")
    plain = posixpath.normpath(value) if value else ""
    return "" if plain == "." else plain


def file_path(value: object) -> str:
    """Return a relative path that names something.

    Raises:
        ValueError: it is empty, or no such path.
    """
    path = relative(value)
    if not path:
        raise ValueError("is empty")
    return path


_STRING: dict[str, Any] = {"type": "string"}
_WORDS: dict[str, Any] = {"type": "array", "items": _STRING, "minItems": 1}

Command = Annotated[
    Any, PlainValidator(command), WithJsonSchema({"anyOf": [_STRING, _WORDS], "default": ""})
]
Quantity = Annotated[
    Any, PlainValidator(quantity), WithJsonSchema({"anyOf": [_STRING, {"type": "number"}]})
]
Text = Annotated[
    Any, PlainValidator(text_or_number), WithJsonSchema({"anyOf": [_STRING, {"type": "number"}]})
]
RelativePath = Annotated[Any, PlainValidator(relative), WithJsonSchema(_STRING)]
FilePath = Annotated[Any, PlainValidator(file_path), WithJsonSchema(_STRING)]
Port = Annotated[int, Field(ge=1, le=65535)]
NonEmpty = Annotated[str, StringConstraints(min_length=1)]
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
