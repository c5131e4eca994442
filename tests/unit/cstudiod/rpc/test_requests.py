"""What requests mean, and what cannot be meant."""

from __future__ import annotations

from typing import Any

import pytest
from cstudio_api.v1 import paths_pb2
from cstudio_api.v1 import sync_sessions_pb2 as pb
from cstudiod.errors import UsageError
from cstudiod.model.sync_sessions import Exclusions, Mode, Target, TargetKind
from cstudiod.rpc import requests


def create(**fields: Any) -> pb.CreateSyncSessionRequest:
    """Return a request for `/home/me/api` and `deploy/api:/app`, changed as said."""
    outer = {key: fields.pop(key) for key in ("sync_session_id", "working_folder") if key in fields}
    session: dict[str, Any] = {
        "local_root": "/home/me/api",
        "target": pb.SyncTarget(text="deploy/api:/app"),
        **fields,
    }
    return pb.CreateSyncSessionRequest(sync_session=pb.SyncSession(**session), **outer)


def test_the_least_that_can_be_asked_for() -> None:
    """Two places; the rest has defaults, the name comes from the folder."""
    spec = requests.spec(create())
    assert spec.name == "api"
    assert spec.local == "/home/me/api"
    assert spec.target == Target(kind=TargetKind.DEPLOYMENT, name="api", path="/app")
    assert spec.mode is Mode.TWO_WAY_SAFE
    assert spec.exclusions == Exclusions(patterns=(), gitignore=False, defaults=True)


def test_a_local_root_of_any_bytes() -> None:
    """The display form is taken back to what the file system has."""
    spec = requests.spec(create(local_root=r"/srv/caf\xe9/a\\b"))
    assert spec.local.encode("utf-8", "surrogateescape") == b"/srv/caf\xe9/a\\b"


def test_relative_paths_start_from_the_callers_folder() -> None:
    """Both roots; without a folder to start from a relative root is refused."""
    target = pb.SyncTarget(text="./mirror")
    spec = requests.spec(create(local_root="api", target=target, working_folder="/home/me"))
    assert (spec.local, spec.target.path) == ("/home/me/api", "/home/me/mirror")
    with pytest.raises(UsageError, match="must be absolute"):
        requests.spec(create(local_root="api"))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"local_root": ""}, "INVALID_ARGUMENT"),
        ({"local_root": r"/a\b"}, "INVALID_PATH"),
        ({"local_root": r"/a\x00b"}, "INVALID_PATH"),
        ({"target": pb.SyncTarget(text="deploy/api")}, "INVALID_TARGET"),
        ({"target": pb.SyncTarget()}, "INVALID_TARGET"),
        ({"labels": {"Team": "x"}}, "INVALID_ARGUMENT"),
        ({"labels": {"team": "x" * 256}}, "INVALID_ARGUMENT"),
        ({"labels": {f"k{i}": "" for i in range(65)}}, "INVALID_ARGUMENT"),
        ({"mode": 17}, "INVALID_ARGUMENT"),
    ],
)
def test_what_cannot_be_meant_is_refused(fields: dict[str, Any], reason: str) -> None:
    """With the reason that the contract documents."""
    with pytest.raises(UsageError) as caught:
        requests.spec(create(**fields))
    assert caught.value.reason == reason


def test_an_update_changes_what_the_mask_names() -> None:
    """A part of the exclusions leaves the other parts alone."""
    now = Exclusions(patterns=("*.o",), gitignore=True, defaults=False)
    asked = pb.SyncSession(exclusions=pb.SyncExclusions(patterns=["*.log"]))
    request = pb.UpdateSyncSessionRequest(sync_session=asked)
    assert requests.updated_exclusions(request, now) is None
    request.update_mask.paths.append("exclusions.patterns")
    assert requests.updated_exclusions(request, now) == Exclusions(
        patterns=("*.log",), gitignore=True, defaults=False
    )


@pytest.mark.parametrize("mask", [set(), {"local_root"}, {"mode", "state"}])
def test_a_mask_of_nothing_or_of_the_unchangeable_is_refused(mask: set[str]) -> None:
    """The field is named."""
    with pytest.raises(UsageError):
        requests.check_mask(mask)


@pytest.mark.parametrize(
    ("message", "path"),
    [
        (paths_pb2.FilePath(raw=b"caf\xe9"), b"caf\xe9"),
        (paths_pb2.FilePath(display=r"caf\xe9"), b"caf\xe9"),
        (paths_pb2.FilePath(raw=b"a", display="b"), b"a"),
        (paths_pb2.FilePath(), b""),
    ],
)
def test_a_path_by_either_form(message: paths_pb2.FilePath, path: bytes) -> None:
    """`raw` wins when both are there; neither is the root."""
    assert requests.raw_path(message) == path


@pytest.mark.parametrize("shown", ["/etc/passwd", "../x", "a//b", "a/./b", r"a\b"])
def test_a_path_stays_inside_the_root(shown: str) -> None:
    """Checked at the door."""
    with pytest.raises(UsageError) as caught:
        requests.raw_path(paths_pb2.FilePath(display=shown))
    assert caught.value.reason == "INVALID_PATH"
