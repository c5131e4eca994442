"""Writes one studio, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cstudio import errors
from cstudio.cli import output

if TYPE_CHECKING:
    from cstudio_api.v1.studios_pb2 import Studio


def show_studio(studio: Studio, form: str) -> None:
    """Write one studio."""
    from cstudio.cli.studio import pictures, shapes

    output.show(
        form,
        data=lambda: shapes.studio(studio),
        table=lambda: pictures.studio(studio),
        names=lambda: [studio.name],
    )


def failure(studio: Studio, what: str, kind: type[errors.CstudioError]) -> errors.CstudioError:
    """Return the failure that tells a studio's reason, evidence and next step."""
    reason = studio.reason
    return kind(
        f"`{studio.name}` {what}: {reason.message or 'somebody decided otherwise meanwhile'}",
        reason=reason.code,
        hint=reason.next or f"cstudio studio show {studio.name}",
        metadata={"evidence": reason.evidence} if reason.evidence else {},
    )
