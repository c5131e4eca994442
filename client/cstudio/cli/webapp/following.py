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
    """Tell whether all replicas take visitors."""
    return words.webapp_state(webapp.state) == "RUNNING"


def is_over(webapp: WebApp) -> bool:
    """Tell whether a replica has ended, and with a reason."""
    return any(
        words.studio_state(one.state) == "STOPPED" and one.HasField("reason")
        for one in webapp.replica_states
    )


def until_ready(client: BlockingClient, webapp: WebApp) -> WebApp:
    """Return a web app once all replicas are ready.

    Raises:
        TargetError: one does not come up, with the reason, the evidence and the next step.
    """
    return _followed(client, webapp, "does not come up", frozenset())


def until_restarted(client: BlockingClient, webapp: WebApp) -> WebApp:
    """Return a web app once each replica was started anew, and all are ready.

    Raises:
        TargetError: one does not come up, with the reason, the evidence and the next step.
    """
    old = frozenset(one.uid for one in webapp.replica_states if one.ready)
    return _followed(client, webapp, "was not restarted", old)


def _followed(client: BlockingClient, webapp: WebApp, what: str, old: frozenset[str]) -> WebApp:
    """Return it once those of `old` were away, and all are ready."""
    begun, said = time.monotonic(), ""
    for event in client.webapps.watch(webapp.id):
        if isinstance(event, WebAppDeleted):
            raise errors.NotFoundError(f"`{webapp.id}` was unpublished", reason="NOT_FOUND")
        if not isinstance(event, WebAppChanged):
            continue
        webapp = event.webapp
        old -= {one.uid for one in webapp.replica_states if not one.ready}
        if is_over(webapp):
            raise showing.failure(webapp, what)
        if is_ready(webapp) and not old:
            break
        if (text := plain(pictures.note(webapp))) and text != said:
            said = text
            output.talk(f"{time.monotonic() - begun:5.1f} s  {text}")
    return webapp
