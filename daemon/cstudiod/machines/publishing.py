"""What of a template a web app runs, and how its replicas add up to one state; pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from cstudiod.model.blueprints import Blueprint, ExposedPort, Readiness
from cstudiod.model.studios import StudioState
from cstudiod.model.webapps import WebAppState


def published(blueprint: Blueprint) -> Blueprint:
    """Return what a template means to a web app.

    Only what is launched for web apps runs, with the ports that it serves. Zones are
    read alone, nothing is put into them. Readiness is the ports': a URL's prefix differs
    from replica to replica, and the original discourages asking one.
    """
    plan = blueprint.launch
    entrypoints = tuple(one for one in plan.entrypoints if one.webapps and one.command)
    served = {one.port for one in entrypoints}
    launch = dataclasses.replace(
        plan,
        entrypoints=entrypoints,
        ports=tuple(one for one in plan.ports if one.port in served),
        readiness=Readiness(tcp=True, block=plan.readiness.block),
    )
    sync = tuple(dataclasses.replace(row, one_way=True) for row in blueprint.sync)
    return dataclasses.replace(blueprint, launch=launch, sync=sync, actions=(), creation=())


def port(blueprint: Blueprint, number: int) -> ExposedPort | None:
    """Return the exposed port of that number; None: nothing for web apps serves it."""
    plan = blueprint.launch
    if not any(one.port == number and one.webapps and one.command for one in plan.entrypoints):
        return None
    return next((one for one in plan.ports if one.port == number), None)


def ports(blueprint: Blueprint) -> tuple[int, ...]:
    """Return the ports at which a studio of this template can be published."""
    return tuple(one.port for one in published(blueprint).launch.ports)


def state(replicas: Sequence[StudioState], ready: int, *, is_ending: bool) -> WebAppState:
    """Return how a web app fares.

    Args:
        replicas: The state of each.
        ready: How many of them take visitors.
        is_ending: It is being unpublished.
    """
    if is_ending:
        return WebAppState.UNPUBLISHING
    if ready:
        return WebAppState.RUNNING if ready == len(replicas) else WebAppState.DEGRADED
    is_coming = any(one is not StudioState.STOPPED for one in replicas)
    return WebAppState.STARTING if is_coming else WebAppState.FAILED
