"""No method of the contract is without a right, and none has one that is not there."""

from __future__ import annotations

from pathlib import Path

import pytest
from cstudio_api.v1 import (
    actions_pb2,
    daemon_pb2,
    keys_pb2,
    studios_pb2,
    sync_sessions_pb2,
    templates_pb2,
    webapps_pb2,
    zones_pb2,
)
from cstudiod.rpc import rights
from cstudiod.rpc.rights import Right
from cstudiod.services.identity import Caller, RightMissing

FILES = (
    actions_pb2, daemon_pb2, keys_pb2, studios_pb2, sync_sessions_pb2, templates_pb2, webapps_pb2,
    zones_pb2,
)  # fmt: skip
METHODS = {
    f"{service.name}/{method.name}"
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
ALICE = Caller(login="alice", groups=frozenset({"data"}))
ADMIN = Caller(login="root", is_admin=True)


def test_every_method_has_a_right() -> None:
    """Whoever adds a method says here who may call it; until then nobody may."""
    assert METHODS - rights.RIGHTS.keys() == set()
    assert rights.RIGHTS.keys() - METHODS == set()


def test_every_service_of_the_contract_is_looked_at() -> None:
    """A new file with a service in it belongs into the list above."""
    generated = Path(actions_pb2.__file__ or "").parent.glob("*_pb2_grpc.py")
    with_services = {path.name for path in generated if "Servicer" in path.read_text("utf-8")}
    assert with_services == {f"{file.__name__.rpartition('.')[2]}_grpc.py" for file in FILES}


@pytest.mark.parametrize("method", sorted(METHODS))
def test_what_is_for_administrators_is_for_nobody_else(method: str) -> None:
    path = f"/{rights.PACKAGE}.{method}"
    rights.check_method(ADMIN, path)
    if rights.RIGHTS[method] is not Right.ADMIN:
        rights.check_method(ALICE, path)
        return
    with pytest.raises(RightMissing) as refused:
        rights.check_method(ALICE, path)
    assert refused.value.metadata["right"] == "admin"


@pytest.mark.parametrize("method", ["Studios/NewMethod", "Studios", "", "Other/CreateKey"])
@pytest.mark.parametrize("caller", [ALICE, ADMIN], ids=["alice", "admin"])
def test_a_method_without_a_right_is_for_nobody(method: str, caller: Caller) -> None:
    with pytest.raises(RightMissing):
        rights.check_method(caller, f"/{rights.PACKAGE}.{method}")
