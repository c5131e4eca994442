"""What people type as a target."""

from __future__ import annotations

import os.path

import pytest
from cstudiod.errors import UsageError
from cstudiod.model import targets
from cstudiod.model.sync_sessions import Target, TargetKind

HOME = os.path.expanduser("~")


@pytest.mark.parametrize(
    ("text", "kind", "name", "path"),
    [
        ("pod/api-0:/app", TargetKind.POD, "api-0", "/app"),
        ("pods/api-0:/app", TargetKind.POD, "api-0", "/app"),
        ("po/api.v2:/app", TargetKind.POD, "api.v2", "/app"),
        ("deploy/api:/app/", TargetKind.DEPLOYMENT, "api", "/app"),
        ("deployment/api://app//src/.", TargetKind.DEPLOYMENT, "api", "/app/src"),
        ("deployments/api:/app", TargetKind.DEPLOYMENT, "api", "/app"),
        ("Deployment.apps/api:/app", TargetKind.DEPLOYMENT, "api", "/app"),
        ("sts/db:/data:x/y", TargetKind.STATEFUL_SET, "db", "/data:x/y"),
        ("statefulset/db:/dev/shm/x", TargetKind.STATEFUL_SET, "db", "/dev/shm/x"),
        ("statefulsets/db:/data", TargetKind.STATEFUL_SET, "db", "/data"),
        ("docker:my_web.1:/srv", TargetKind.DOCKER, "my_web.1", "/srv"),
        ("/srv/site/../app", TargetKind.FOLDER, "", "/srv/app"),
        ("app", TargetKind.FOLDER, "", "/here/app"),
        ("src/app", TargetKind.FOLDER, "", "/here/src/app"),
        ("src/app/deep", TargetKind.FOLDER, "", "/here/src/app/deep"),
        ("./pod/api", TargetKind.FOLDER, "", "/here/pod/api"),
        ("./a:/b", TargetKind.FOLDER, "", "/here/a:/b"),
        ("..", TargetKind.FOLDER, "", None),
        ("../other", TargetKind.FOLDER, "", "/other"),
        ("~/app", TargetKind.FOLDER, "", HOME + "/app"),
        ("ünï/ä b", TargetKind.FOLDER, "", "/here/ünï/ä b"),
    ],
)
def test_forms(text: str, kind: TargetKind, name: str, path: str | None) -> None:
    """Every written form, with its path made normal."""
    if path is None:
        with pytest.raises(UsageError):
            targets.parse(text, cwd="/here")
        return
    target = targets.parse(text, cwd="/here")
    assert (target.kind, target.name, target.path) == (kind, name, path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("pod/a\0b:/x", "NUL"),
        ("depoy/api:/app", "did you mean `deploy`?"),
        ("statefullset/api:/app", "did you mean `statefulset`?"),
        ("svc/api:/app", "`svc` is no kind of target"),
        ("deploy/api", "write deploy/api:/path"),
        ("deploy/api:", "write deploy/api:/path"),
        ("deploy/:/app", "has no name"),
        ("deploy/Api:/app", "cannot be the name of a deploy"),
        ("deploy/api:app", "must be absolute: write `/app`"),
        ("deploy/api:/", "the whole file system"),
        ("deploy/api:/app/..", "the whole file system"),
        ("pod/api:/proc", "/proc"),
        ("pod/api:/proc/1/root", "/proc"),
        ("pod/api:/sys/x", "/sys"),
        ("pod/api:/dev", "/dev"),
        ("docker:web:/dev/pts", "/dev"),
        ("docker:web", "write docker:web:/path"),
        ("docker::/x", "names no container"),
        ("docker:web:x", "must be absolute"),
        ("api:/app", "does not say what `api` is"),
        ("pod:api:/app", "does not say what `pod` is"),
        ("/", "the whole file system"),
        ("/proc/self", "/proc"),
        ("~", "home folder"),
    ],
)
def test_refusals(text: str, says: str) -> None:
    """A slip is refused in one sentence that says what to write."""
    with pytest.raises(UsageError) as caught:
        targets.parse(text, cwd="/here")
    assert says in caught.value.message
    assert caught.value.reason == "INVALID_TARGET"
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "flags", "says"),
    [
        ("docker:web:/srv", {"namespace": "x"}, "--namespace"),
        ("docker:web:/srv", {"container": "x"}, "--container"),
        ("/srv/x", {"context": "x"}, "--context"),
        ("srv", {"all_replicas": True}, "--all-replicas"),
        ("pod/api:/app", {"pod": "x"}, "--pod"),
        ("pod/api:/app", {"all_replicas": True}, "--all-replicas"),
        ("deploy/api:/app", {"all_replicas": True, "pod": "x"}, "exclude each other"),
    ],
)
def test_flags_that_do_not_apply(text: str, flags: dict[str, object], says: str) -> None:
    """A flag that means nothing for the kind is refused, not ignored."""
    with pytest.raises(UsageError, match=says):
        targets.parse(text, cwd="/here", **flags)  # type: ignore[arg-type] # a table of flags


def test_flags_are_kept() -> None:
    """Flags stand in the target; the kubeconfig is pinned as absolute paths."""
    target = targets.parse(
        "deploy/api:/app",
        namespace="shop",
        container="app",
        context="kind",
        kubeconfig="conf/a:/etc/b",
        pod="pod/api-1",
        cwd="/here",
    )
    assert target == Target(
        kind=TargetKind.DEPLOYMENT,
        name="api",
        path="/app",
        namespace="shop",
        container="app",
        context="kind",
        kubeconfig="/here/conf/a:/etc/b",
        pod="api-1",
    )


def test_a_kubeconfig_from_the_environment_is_no_flag() -> None:
    """KUBECONFIG is set for every call; a folder does not mind."""
    assert targets.parse("/srv/x", kubeconfig="/etc/k").kubeconfig == ""


@pytest.mark.parametrize("text", ["pod/a:/b", "deploy/a:/b", "sts/a:/b", "docker:a:/b", "/b/c"])
def test_display_parses_back(text: str) -> None:
    """What is shown can be typed."""
    target = targets.parse(text)
    assert targets.parse(target.display()) == target
