"""What the gateway itself answers where a web app was asked for."""

from __future__ import annotations

import dataclasses

from cstudiod.gateway.faults import Fault
from cstudiod.model.studios import Reason
from cstudiod.model.webapps import WebAppState


def absent(project: str, id: str) -> Fault:
    """Return the answer when there is no such web app."""
    return Fault(
        status=404,
        code="webapp_absent",
        title="No such web app",
        message=f"the project {project} has no web app `{id}`",
        next=f"cstudio webapp list --project {project}",
    )


def not_for(id: str, login: str) -> Fault:
    """Return the answer to somebody who has signed in, and is not meant."""
    return Fault(
        status=403,
        code="webapp_not_for_you",
        title="Not for you",
        message=f"the web app `{id}` is for certain groups, and `{login}` is in none of them",
        next="ask its owner",
    )


_STATES = {
    WebAppState.STARTING: ("webapp_starting", "Starting", "is starting", 2),
    WebAppState.FAILED: ("webapp_failed", "Failed", "has failed", 5),
    WebAppState.UNPUBLISHING: ("webapp_unpublishing", "Ending", "is being ended", 0),
}


def not_ready(id: str, state: WebAppState, reason: Reason | None, stage: str) -> Fault:
    """Return the answer of a web app of which no replica takes visitors."""
    code, title, verb, refresh = _STATES.get(state, _STATES[WebAppState.STARTING])
    why = reason.message if reason else stage
    return Fault(
        status=502 if state is WebAppState.FAILED else 503,
        code=code,
        title=title,
        message=f"the web app `{id}` {verb}" + (f": {why}" if why else ""),
        next=reason.next if reason else "",
        evidence=reason.evidence if reason else "",
        state=state.value,
        refresh=refresh,
    )


def told(fault: Fault, id: str, uid: str) -> Fault:
    """Return what is wrong with a replica, said of the web app instead of a studio."""
    name = f"{id}/{uid}"
    return dataclasses.replace(
        fault,
        message=fault.message.replace(f"studio `{name}`", f"web app `{id}`"),
        next=fault.next.replace(
            f"cstudio studio logs {name}", f"cstudio webapp logs {id} --replica {uid}"
        ),
    )


def no_port(id: str, asked: int, published: int) -> Fault:
    """Return the answer for a port of a replica that is not published."""
    return Fault(
        status=404,
        code="port_not_exposed",
        title="No such port",
        message=f"the web app `{id}` is published at port {published}, not at {asked}",
    )
