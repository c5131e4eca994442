"""Follows a web app until its replicas are ready, or one of them is not going to be."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cstudio import errors, words
from cstudio.cli import output
from cstudio.cli.tables import plain
from cstudio.cli.webapp import pictures, showing
from cstudio.client import WebAppChanged, WebAppDeleted

if TYPE_CHECKING:
    from cstudio_api.v1.webapps_pb2 import WebApp

    from cstudio.client import BlockingClient


def is_ready(webapp: WebApp) -> bool:
    """Tell whether all replicas take visitors, and none is to be restarted."""
    return words.webapp_state(webapp.state) == "RUNNING" and not webapp.restarting_replicas


def is_over(webapp: WebApp) -> bool:
    """Tell whether a replica has ended, and with a reason."""
    return any(
        words.studio_state(one.state) == "STOPPED" and one.HasField("reason")
        for one in webapp.replica_states
    )


def until_ready(client: BlockingClient, webapp: WebApp, what: str) -> WebApp:
    """Return a web app once all replicas are ready, each started anew if that was asked for.

    Raises:
        TargetError: `what` happens, with the reason, the evidence and the next step.
    """
    begun, said = time.monotonic(), ""
    for event in client.webapps.watch(webapp.id):
        if isinstance(event, WebAppDeleted):
            raise errors.NotFoundError(f"`{webapp.id}` was unpublished", reason="NOT_FOUND")
        if not isinstance(event, WebAppChanged):
            continue
        webapp = event.webapp
        if is_over(webapp):
            raise showing.failure(webapp, what)
        if is_ready(webapp):
            break
        if (text := plain(pictures.note(webapp))) and text != said:
            said = text
            output.talk(f"{time.monotonic() - begun:5.1f} s  {text}")
    return webapp
