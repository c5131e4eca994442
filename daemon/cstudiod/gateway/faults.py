"""What the gateway itself answers: a status, a sentence, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cstudiod.errors import CstudioError, TargetError
from cstudiod.model.studios import Reason, StudioState

FORM = "/code-studios/PROJECT/STUDIO/PORT/"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """An answer that does not come from a studio."""

    status: int
    code: str
    """For programs: ``studio_stopped``."""
    title: str
    message: str
    next: str = ""
    """What to type or do."""
    evidence: str = ""
    state: str = ""
    """Of the studio, where there is one."""
    refresh: int = 0
    """Seconds after which asking again may help; 0: it will not by itself."""
    links: tuple[tuple[str, str], ...] = ()
    """Label and address of what may have been meant."""


class Refused(Exception):
    """A request is answered with a fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def malformed(message: str, status: int = 400) -> Fault:
    """Return the answer to what is no proper request."""
    return Fault(status=status, code="bad_request", title="Not understood", message=message)


def too_long(limit: int) -> Fault:
    """Return the answer to a body of more than `limit` bytes."""
    return malformed(f"the body is longer than {limit} bytes", 413)


def internal() -> Fault:
    """Return the answer when we failed; what happened stands in the daemon's log."""
    return Fault(
        status=500,
        code="internal",
        title="Our fault",
        message="the daemon failed to answer this; its log says more",
        next="cstudio daemon logs",
    )


def confusing_path() -> Fault:
    """Return the answer to a path that may lead out of its studio, depending on who reads it."""
    return malformed("the path leaves the studio's port, or could be read so")


def unknown_path(path: str) -> Fault:
    """Return the answer to a path that is nobody's."""
    return Fault(
        status=404,
        code="wrong_prefix",
        title="Nothing here",
        message=f"no studio is served at `{path}`",
        next=f"ask for {FORM}; `cstudio studio list` names the studios",
    )


def unknown_host(host: str) -> Fault:
    """Return the answer to a request meant for somebody else, or rebound by a name server."""
    return Fault(
        status=421,
        code="unknown_host",
        title="Not this host",
        message=f"the gateway does not answer to the name `{host}`",
        next="ask for localhost, or add the name to gateway.hosts",
    )


def foreign_origin(origin: str) -> Fault:
    """Return the answer to a page of another origin that wants to change something."""
    return Fault(
        status=403,
        code="foreign_origin",
        title="Refused",
        message=f"a page of `{origin}` may not do this here",
        next="open the studio's own page, or add the origin to gateway.origins",
    )


def wrong_host(name: str) -> Fault:
    """Return the answer to a WebSocket at the page's host, or to a change at the studios'."""
    return Fault(
        status=421,
        code="wrong_host",
        title="Not this host",
        message=f"this is served under the name `{name}`",
        next=f"ask for {name}",
    )


def embedded() -> Fault:
    """Return the answer to somebody else's page that wants to show ours in itself."""
    return Fault(
        status=403,
        code="embedded",
        title="Refused",
        message="no other page may show this one",
        next="open it in a tab of its own",
    )


def for_people_only() -> Fault:
    """Return the answer to a script that reads what is for a person to look at."""
    return Fault(
        status=403,
        code="not_a_document",
        title="Refused",
        message="where page and studios have one name, this is given to no script",
        next="open it in a tab; set gateway.page_host and gateway.studio_host for two names",
    )


def no_token() -> Fault:
    """Return the answer to a change that the page did not ask for, as far as it shows."""
    return Fault(
        status=403,
        code="no_token",
        title="Refused",
        message="a change needs the token of /session, as X-Cstudio-Token, or an API key",
        next="load the page again",
    )


def unknown_visitor() -> Fault:
    """Return the answer to somebody whom nobody knows, or knows no more."""
    return Fault(
        status=401,
        code="unauthenticated",
        title="Who are you?",
        message="you have not signed in, or not for as long as this",
        next="cstudio open, or sign in with a key at /sign-in",
    )


def stale_hop() -> Fault:
    """Return the answer to a way to the studios that was gone before, or took too long."""
    return Fault(
        status=403,
        code="stale",
        title="Too late",
        message="this address was good for one use, half a minute long",
        next="open the studio again",
    )


def not_allowed(error: CstudioError, status: int = 403) -> Fault:
    """Return the answer to somebody who may not do this, with the reason."""
    return Fault(
        status=status,
        code=error.reason.lower(),
        title="Refused",
        message=error.message,
        next=error.next,
    )


def busy(limit: int) -> Fault:
    """Return the answer when a limit is reached."""
    return Fault(
        status=503,
        code="too_many_connections",
        title="Too many connections",
        message=f"{limit} connections are open, which is the limit",
        next="close a tab",
        refresh=5,
    )


# ---------------------------------------------------------------- studios


def absent(project: str, studio: str) -> Fault:
    """Return the answer when there is no such studio."""
    return Fault(
        status=404,
        code="studio_absent",
        title="No such studio",
        message=f"the project {project} has no studio `{studio}`",
        next=f"cstudio studio list --project {project}",
    )


_STATES = {
    StudioState.STOPPED: ("studio_stopped", "Stopped", "is stopped", 5),
    StudioState.STARTING: ("studio_starting", "Starting", "is starting", 2),
    StudioState.STOPPING: ("studio_stopping", "Stopping", "is stopping", 2),
    StudioState.RUNNING: ("studio_unreachable", "Not reachable", "cannot be reached now", 2),
}


def not_running(studio: str, state: StudioState, reason: Reason | None, stage: str) -> Fault:
    """Return the answer of a studio that cannot be talked to, with its reason if it has one."""
    code, title, verb, refresh = _STATES[state]
    message = f"the studio `{studio}` {verb}"
    if stage:
        message += f": {stage}"
    step = f"cstudio studio start {studio}" if state is StudioState.STOPPED else ""
    if reason is None:
        return Fault(
            status=503,
            code=code,
            title=title,
            message=message,
            next=step,
            state=state.value,
            refresh=refresh,
        )
    failed = state is StudioState.STOPPED
    return Fault(
        status=502,
        code="studio_failed" if failed else code,
        title="Failed" if failed else title,
        message=f"{message}: {reason.message}",
        next=reason.next.replace("STUDIO", studio) or step,
        evidence=reason.evidence,
        state=state.value,
        refresh=refresh,
    )


def no_port(studio: str, asked: int, links: Sequence[tuple[str, str]]) -> Fault:
    """Return the answer for a port that the template does not expose."""
    return Fault(
        status=404,
        code="port_not_exposed",
        title="No such port",
        message=f"the studio `{studio}` does not expose port {asked}"
        if asked
        else f"a port of the studio `{studio}` must be named",
        next="choose one of the ports below" if links else "expose a port in the template",
        state=StudioState.RUNNING.value,
        links=tuple(links),
    )


def undialled(studio: str, port: int, error: TargetError) -> Fault:
    """Return the answer when no connection can be made to a running studio."""
    listens = error.reason != "UNREACHABLE"
    return Fault(
        status=502,
        code="studio_unreachable" if listens else "port_not_listening",
        title="Not reachable" if listens else "Nobody listens",
        message=error.message
        if listens
        else f"nobody listens at port {port} of the studio `{studio}`",
        next=error.next or f"cstudio studio logs {studio}",
        evidence="" if listens else error.message,
        state=StudioState.RUNNING.value,
        refresh=2,
    )


def not_listening(studio: str, port: int) -> Fault:
    """Return the answer when the container's nginx finds no server."""
    return undialled(studio, port, TargetError("nginx in the studio found no server there"))


def slow_dial(studio: str, seconds: float) -> Fault:
    """Return the answer when connecting takes too long."""
    return undialled(
        studio,
        0,
        TargetError(
            f"the studio `{studio}` did not take a connection within {seconds:g} seconds",
            reason="CONNECTION_LOST",
        ),
    )


def broken(studio: str, port: int, detail: str) -> Fault:
    """Return the answer when a server hangs up, or speaks no HTTP."""
    return Fault(
        status=502,
        code="bad_answer",
        title="No proper answer",
        message=f"the server at port {port} of the studio `{studio}` gave no proper answer",
        next=f"cstudio studio logs {studio}",
        evidence=detail,
        state=StudioState.RUNNING.value,
        refresh=2,
    )


def replaced(studio: str) -> Fault:
    """Return the answer when a studio was started anew in the middle of a request."""
    return Fault(
        status=502,
        code="studio_restarted",
        title="Restarted",
        message=f"the studio `{studio}` was started anew; the old one took the request with it",
        next="ask again",
        state=StudioState.RUNNING.value,
        refresh=1,
    )
