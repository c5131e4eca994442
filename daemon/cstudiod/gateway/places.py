"""What the gateway knows a running place by, and how it gets there."""

from __future__ import annotations

from functools import partial

from cstudio_runner.launch import NGINX_PORT

from cstudiod.gateway.seam import StudioPort
from cstudiod.model.blueprints import ExposedPort
from cstudiod.ports import StudioRuntime
from cstudiod.store.studios import StoredStudio


def incarnation(stored: StoredStudio) -> str:
    """Return what is another one whenever connections to it are worth nothing any more."""
    return f"{stored.uid} {stored.hash} {stored.let_go}"


def studio_port(stored: StoredStudio, runtime: StudioRuntime, exposed: ExposedPort) -> StudioPort:
    """Return an exposed port of what runs: at the container's nginx, where there is one."""
    has_nginx = runtime.capabilities.has_nginx
    return StudioPort(
        dial=partial(runtime.dial, stored.uid, NGINX_PORT if has_nginx else exposed.port),
        subpath=exposed.written_subpath,
        has_nginx=has_nginx,
        label=exposed.label,
        html=exposed.html,
    )
