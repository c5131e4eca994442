"""Why a studio of this machine does not come up, made to happen."""

from __future__ import annotations

import dataclasses
import socket
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cstudiod.runtimes.local.studios import LocalStudios
from support.failing_studios import PROGRAMS, Failing, check, told

pytestmark = pytest.mark.timeout(120)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[LocalStudios]:
    made = LocalStudios(tmp_path / "studios")
    yield made
    for uid in await made.list_uids():
        await made.remove(uid, grace_seconds=3)
    await made.close()


@pytest.mark.parametrize("failing", PROGRAMS, ids=lambda failing: failing.code)
async def test_a_failure_is_explained(runtime: LocalStudios, failing: Failing) -> None:
    """One sentence, evidence, the next step."""
    uid = f"fail{uuid.uuid4().hex[:8]}"
    port = free_port()
    now = await told(runtime, failing.spawn(uid, runtime.layout(uid), port=port), failing)
    if failing.code == "readiness_timeout":  # it names the port that is really missing
        failing = dataclasses.replace(failing, says=str(port))
    check(now, failing)


async def test_a_port_that_another_program_holds(runtime: LocalStudios) -> None:
    """It is told before anything starts, with its owner."""
    uid = f"fail{uuid.uuid4().hex[:8]}"
    failing = Failing(code="port_in_use", says="pytest")
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = int(holder.getsockname()[1])
        now = await told(runtime, failing.spawn(uid, runtime.layout(uid), port=port), failing)
    assert now.reason is not None
    assert str(port) in now.reason.message
    assert "process" in now.reason.evidence


async def test_a_port_that_another_studio_holds(runtime: LocalStudios) -> None:
    """Then the studio is named."""
    port = free_port()
    fine = Failing(code="", says="")
    one, other = f"fail{uuid.uuid4().hex[:8]}", f"fail{uuid.uuid4().hex[:8]}"
    await runtime.spawn(fine.spawn(one, runtime.layout(one), port=port))
    async for now in runtime.watch(one):
        if now.phase.value == "ready":
            break
    failing = Failing(code="port_in_use", says="failing-")
    now = await told(runtime, failing.spawn(other, runtime.layout(other), port=port), failing)
    check(now, failing)
