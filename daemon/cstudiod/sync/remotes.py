"""From a target to an endpoint: the agent where there is Python, the shell where not.

What an image lacks shows when its command is started: 126 and 127 are the
shell's and the container runtime's words for "cannot be executed". An image
without a shell can do nothing for us, and is told so with the ways out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cstudio_agent.bootstrap import BOOTSTRAP, MARK

from cstudiod.errors import TargetError
from cstudiod.model.sync_sessions import Spec
from cstudiod.ports import Channel, Endpoint, Place, Resolver
from cstudiod.sync.agent import AgentEndpoint
from cstudiod.sync.connection import Remote

_NOT_EXECUTABLE = (126, 127)
_TEXTS = ("not found", "no such file", "cannot execute", "not executable", "permission denied")


async def open_remote(
    spec: Spec,
    uid: str,
    resolver: Resolver,
    wake: Callable[[], None],
    *,
    poll_seconds: float,
) -> Remote:
    """Find the target and get something running there that speaks to us.

    Raises:
        TargetError: it cannot be reached, or its image has nothing to run.
    """
    try:
        place = await resolver.resolve()
        endpoint = await _agent(spec, uid, resolver, place, wake, poll_seconds)
        if endpoint is None:
            endpoint = await _shell(spec, uid, resolver, place, wake, poll_seconds)
    except BaseException:
        await resolver.close()
        raise

    async def gone() -> None:
        await resolver.gone(place)

    return Remote(endpoint=endpoint, place=place, gone=gone, release=resolver.close)


async def _agent(
    spec: Spec,
    uid: str,
    resolver: Resolver,
    place: Place,
    wake: Callable[[], None],
    poll_seconds: float,
) -> Endpoint | None:
    """Return the agent, or None where there is no Python for it."""
    try:
        channel = await resolver.open(place, ["python3", "-I", "-c", BOOTSTRAP])
    except TargetError as error:
        if _lacks_it(error.message):
            return None
        raise
    endpoint = AgentEndpoint(
        channel,
        spec.target.path,
        session=uid,
        owner=f"session `{spec.name}`",
        create=spec.create,
        may_write=True,
        poll_seconds=poll_seconds,
        wake=wake,
    )
    try:
        await endpoint.greet()
    except TargetError as error:
        lacks = await _is_without(channel)
        await endpoint.close()
        if lacks:
            return None
        raise _explained(error, channel) from error
    return endpoint


async def _is_without(channel: Channel) -> bool:
    """Tell whether the command never ran, or is a Python that is too old."""
    said = channel.stderr_tail()
    if MARK in said:
        return True
    status = await channel.wait()
    return status.code in _NOT_EXECUTABLE or _lacks_it(f"{status.reason} {said}")


def _lacks_it(text: str) -> bool:
    lowered = text.lower()
    return "python3" in lowered and any(one in lowered for one in _TEXTS)


def _explained(error: TargetError, channel: Channel) -> TargetError:
    said = channel.stderr_tail().strip()
    if not said:
        return error
    return TargetError(f"{error.message}: {said[-300:]}", reason=error.reason, next=error.next)


async def _shell(
    spec: Spec,
    uid: str,
    resolver: Resolver,
    place: Place,
    wake: Callable[[], None],
    poll_seconds: float,
) -> Endpoint:
    from cstudiod.sync.shell.endpoint import ShellEndpoint  # few sessions need it

    await _require_shell(resolver, place)

    async def open_command(argv: Sequence[str]) -> Channel:
        return await resolver.open(place, argv)

    return ShellEndpoint(
        open_command,
        spec.target.path,
        session=uid,
        create=spec.create,
        may_write=True,
        poll_seconds=poll_seconds,
        wake=wake,
    )


async def _require_shell(resolver: Resolver, place: Place) -> None:
    refusal = TargetError(
        f"the image of {place.label} has neither python3 nor a shell, so nothing can run there",
        reason="NO_SHELL",
        next="use an image with python3, or with sh, tar and find (busybox does); or mount the"
        " folder as a volume and mirror into another container of the pod with --container",
        permanent=True,
    )
    try:
        channel = await resolver.open(place, ["sh", "-c", "exit 0"])
    except TargetError as error:
        if "sh" in error.message and any(one in error.message.lower() for one in _TEXTS):
            raise refusal from error
        raise
    status = await channel.wait()
    await channel.close()
    if status.code != 0:
        raise refusal
