"""What the API server's refusals mean, in sentences with a next step; pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cstudiod.errors import TargetError
from cstudiod.ports import ExitStatus
from cstudiod.runtimes.output import printable

_FORBIDDEN = re.compile(
    r'(?:User "(?P<user>[^"]*)" )?cannot (?P<verb>\w+) resource "(?P<resource>[^"]+)"'
    r'(?: in API group "(?P<group>[^"]*)")?'
)
_NO_EXECUTABLE = re.compile(
    r"executable file not found|no such file or directory|not found in \$PATH"
)
_RUNTIME_SAYS = re.compile(r'exec: ("[^"]*": [^:]+)')
_NOT_EXECUTABLE = re.compile(r"permission denied|exec format error|is a directory")
_NO_CONTAINER = re.compile(
    r"container not found|container .* (is )?not running|not in running state"
)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked for, so that an answer can be explained."""

    server: str
    context: str
    namespace: str
    verb: str
    """``get``, ``list`` or ``watch``; for exec ``get``, as WebSockets are."""
    resource: str
    """``pods``, ``pods/exec``, ``deployments``, …"""
    name: str = ""


def message_of(body: bytes | str) -> str:
    """Return the message of a `Status` object, or the text itself, printable."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    try:
        status = json.loads(text)
    except ValueError:
        return printable(text)
    found = status.get("message") if isinstance(status, dict) else None
    return printable(str(found or text))


def refused(request: Request, code: int, message: str) -> TargetError:
    """Return the error for an HTTP answer other than success."""
    if code == 401:
        return _unauthenticated(request, message)
    if code == 403:
        return _forbidden(request, message)
    if code == 404:
        return _not_found(request, message)
    if _NO_CONTAINER.search(message):
        return TargetError(
            f"the container of pod {request.name} is not running",
            reason="TARGET_NOT_RUNNING",
            next=f"kubectl describe pod {request.name} -n {request.namespace}",
            pod=request.name,
        )
    if code == 429 or code >= 500:
        what = "is overloaded" if code == 429 else "failed"
        return TargetError(
            f"the API server {request.server} {what} ({code}): {message}",
            server=request.server,
            status=str(code),
        )
    return TargetError(
        f"the API server {request.server} refused ({code}): {message}",
        permanent=code in (400, 405, 422),
        server=request.server,
        status=str(code),
    )


def _unauthenticated(request: Request, message: str) -> TargetError:
    context = f" --context {request.context}" if request.context else ""
    return TargetError(
        f"the API server {request.server} does not accept our credentials: {message}",
        reason="UNAUTHENTICATED",
        next=f"sign in again until `kubectl get pods{context} -n {request.namespace}` works",
        server=request.server,
        context=request.context,
    )


def _forbidden(request: Request, message: str) -> TargetError:
    found = _FORBIDDEN.search(message)
    verb = found["verb"] if found else request.verb
    resource = found["resource"] if found else request.resource
    user = f"user {found['user']}" if found and found["user"] else "this user"
    group = (found["group"] if found else None) or ("" if "pods" in resource else "apps")
    verbs = '["get", "create"]' if resource == "pods/exec" else f'["{verb}"]'
    explained = "" if found else f": {message}"
    return TargetError(
        f"{user} may not `{verb}` `{resource}` in namespace `{request.namespace}`{explained}",
        reason="FORBIDDEN",
        next=f"check `kubectl auth can-i {verb} {resource} -n {request.namespace}`; the role needs "
        f'{{apiGroups: ["{group}"], resources: ["{resource}"], verbs: {verbs}}}',
        verb=verb,
        resource=resource,
        namespace=request.namespace,
        user=found["user"] or "" if found else "",
    )


def _not_found(request: Request, message: str) -> TargetError:
    kind = request.resource.partition("/")[0].removesuffix("s")
    named = f"{kind} {request.name}" if request.name else request.resource
    context = f" of context `{request.context}`" if request.context else ""
    flag = f" --context {request.context}" if request.context else ""
    return TargetError(
        f"{named} is not there in namespace `{request.namespace}`{context}",
        reason="TARGET_NOT_FOUND",
        next=f"kubectl get {kind}s -n {request.namespace}{flag}",
        namespace=request.namespace,
        name=request.name,
        detail=message,
    )


def exit_status(body: bytes) -> ExitStatus:
    """Read what channel 3 says about the command's end."""
    try:
        status: Mapping[str, Any] = json.loads(body)
        if status.get("status") == "Success":
            return ExitStatus(code=0)
        message = _complaint(str(status.get("message") or ""))
        causes = (status.get("details") or {}).get("causes") or ()
        codes = [item.get("message") for item in causes if item.get("reason") == "ExitCode"]
        if status.get("reason") == "NonZeroExitCode" and codes:
            return _ended(int(codes[0]), message)
    except (ValueError, AttributeError, TypeError):
        message = message_of(body)
    return not_started(message)


def _complaint(message: str) -> str:
    """Return the container runtime's own words out of four layers of others'."""
    found = _RUNTIME_SAYS.search(message)
    return printable(found[1] if found else message)


def _ended(code: int, message: str) -> ExitStatus:
    killed = "killed, perhaps because memory ran out" if code == 137 else ""
    return ExitStatus(code=code, reason=killed or (message if code in (126, 127) else ""))


def not_started(message: str) -> ExitStatus:
    """Translate a container runtime's complaint into a shell's exit status."""
    if _NO_EXECUTABLE.search(message):
        return ExitStatus(code=127, reason=message)
    if _NOT_EXECUTABLE.search(message):
        return ExitStatus(code=126, reason=message)
    return ExitStatus(code=None, reason=message or "it did not say how the command ended")
