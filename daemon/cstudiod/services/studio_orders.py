"""What a runtime is told to spawn for a studio, from what is stored of it."""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import Mapping

from cstudiod.machines import launching
from cstudiod.machines.launching import Surroundings
from cstudiod.model.blueprints import Blueprint
from cstudiod.model.studios import Spawn
from cstudiod.model.templates import RuntimeKind
from cstudiod.services.build_records import Build
from cstudiod.services.studio_tools import Tools
from cstudiod.store.studios import StoredStudio


def surroundings(tools: Tools, studio: StoredStudio) -> Surroundings:
    """Return where things are in a studio that was started."""
    runtime = tools.runtime(studio)
    return Surroundings(
        layout=runtime.layout(studio.uid),
        image=studio.image,
        venvs=studio.venvs,
        listen=studio.listen,
        has_nginx=runtime.capabilities.has_nginx,
        base=studio.base,
    )


def order(tools: Tools, studio: StoredStudio, blueprint: Blueprint) -> Spawn:
    """Return the order of a studio; the same one as long as nothing has changed."""
    around = surroundings(tools, studio)
    return launching.spawn(studio.uid, studio.spec, blueprint, around, studio.hold)


def fresh(studio: StoredStudio, blueprint: Blueprint, build: Build) -> dict[str, object]:
    """Return what is stored anew of a studio before a start."""
    is_local = studio.spec.runtime is RuntimeKind.LOCAL
    return {
        "let_go": "",
        "was_ready": False,
        "hold": secrets.token_hex(8),
        "image": "" if is_local else build.digest or build.reference,
        "venvs": build.venvs,
        "listen": _free_ports(blueprint) if is_local else {},
    }


def _free_ports(blueprint: Blueprint) -> Mapping[int, int]:
    """Return where each server shall listen: many studios share this machine."""
    found: dict[int, int] = {}
    with contextlib.ExitStack() as held:
        for port in blueprint.launch.ports:
            taken = held.enter_context(socket.socket())
            taken.bind(("127.0.0.1", 0))
            found[port.port] = taken.getsockname()[1]
    return found
