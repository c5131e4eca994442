"""Which container a target means: a table for every case of a cluster's life."""

from __future__ import annotations

from typing import Any

import pytest
from cstudiod.runtimes.kubernetes.objects import Container, Pod, ReplicaSet, Workload
from cstudiod.runtimes.kubernetes.resolve import PodPlace, Refusal, choose, has_ended

RUNNING = Container(name="app", state="running", container_id="c1")
OLD, NEW = (
    ReplicaSet(uid="rs-1", owner_uids=frozenset({"d"}), revision=1),
    ReplicaSet(uid="rs-2", owner_uids=frozenset({"d"}), revision=2),
)
STRANGER = ReplicaSet(uid="rs-9", owner_uids=frozenset({"other"}), revision=9)


def api(**fields: Any) -> Workload:
    given = {"kind": "deploy", "name": "api", "namespace": "shop", "uid": "d", **fields}
    return Workload(**given)


def pod(
    name: str = "api-1", owner: str = "rs-2", *, app: Container = RUNNING, **fields: Any
) -> Pod:
    given = {
        "name": name, "namespace": "shop", "uid": f"uid-{name}", "phase": "Running",
        "containers": (app,), "owner_uids": frozenset({owner}), **fields,
    }  # fmt: skip
    return Pod(**given)


def waiting(reason: str, message: str = "", **fields: Any) -> Container:
    return Container(
        name="app", image="shop/api:2", state="waiting", reason=reason, message=message, **fields
    )


def chosen(*args: Any, **flags: Any) -> str:
    """Return the pods chosen, or the reason and the sentence of the refusal."""
    choice = choose(*args, **flags)
    if isinstance(choice, Refusal):
        return f"{choice.reason}: {choice.message} -> {choice.next}"
    return " ".join(place.pod for place in choice)


class TestDeployments:
    @pytest.mark.parametrize(
        ("pods", "expected"),
        [
            pytest.param([pod()], "api-1", id="one"),
            pytest.param([pod("a", "rs-1"), pod("b", "rs-2")], "b", id="newest revision"),
            pytest.param(
                [pod("a", "rs-1"), pod("b", "rs-2", app=waiting("ContainerCreating"))],
                "a",
                id="the old one until the new one runs",
            ),
            pytest.param(
                [pod("a", "rs-1"), pod("b", "rs-2", app=waiting("CrashLoopBackOff"))],
                "a",
                id="the old one while the new one crashes",
            ),
            pytest.param(
                [pod("a", is_terminating=True), pod("b")], "b", id="never one being deleted"
            ),
            pytest.param([pod("a", phase="Failed", reason="Evicted"), pod("b")], "b", id="evicted"),
            pytest.param([pod("a"), pod("z", "rs-9")], "a", id="never another's pod"),
        ],
    )
    def test_one_replica(self, pods: list[Pod], expected: str) -> None:
        """One pod is meant, whatever else is left over or coming."""
        assert chosen(api(), [OLD, NEW, STRANGER], pods) == expected

    def test_a_pod_that_is_not_ready_counts(self) -> None:
        """People mirror the fix into a program that does not answer its probe."""
        assert chosen(api(), [NEW], [pod(app=RUNNING)]) == "api-1"

    def test_several_replicas_are_refused(self) -> None:
        """The refusal names the pods and both ways out."""
        said = chosen(api(replicas=2), [NEW], [pod("a"), pod("b")])
        assert said.startswith("SEVERAL_REPLICAS: deploy/api has 2 replicas (a, b)")
        assert "--pod NAME" in said
        assert "--all-replicas (one-way modes only)" in said
        assert said.endswith("-> --pod a")

    def test_several_by_wish_are_refused_before_they_run(self) -> None:
        """What is asked for decides, or a session would break when the next pod comes."""
        assert chosen(api(replicas=3), [NEW], [pod("a")]).startswith("SEVERAL_REPLICAS")

    def test_pod_names_one(self) -> None:
        """`--pod` chooses, in any revision."""
        pods = [pod("a", "rs-1"), pod("b")]
        assert chosen(api(replicas=2), [OLD, NEW], pods, pod="a") == "a"

    def test_pod_names_a_stranger(self) -> None:
        """A pod of somebody else is not this workload's."""
        said = chosen(api(), [NEW], [pod("a"), pod("z", "rs-9")], pod="z")
        assert said.startswith("TARGET_NOT_FOUND: deploy/api has no pod `z`: it has a")

    def test_all_replicas(self) -> None:
        """All that run, of the newest revision that runs."""
        pods = [pod("a"), pod("b"), pod("c", app=waiting("ContainerCreating")), pod("o", "rs-1")]
        assert chosen(api(replicas=3), [OLD, NEW], pods, all_replicas=True) == "a b"

    def test_scaled_to_nothing(self) -> None:
        """The way to get one is named."""
        assert chosen(api(replicas=0), [NEW], []) == (
            "TARGET_NOT_RUNNING: deploy/api is scaled to 0 replicas"
            " -> kubectl scale deploy/api --replicas=1 -n shop"
        )

    def test_no_pods(self) -> None:
        """Why there are none is quoted when it is known."""
        assert "has no running pod yet" in chosen(api(), [NEW], [])
        assert "quota exceeded" in chosen(api(failure="quota exceeded"), [NEW], [])
        assert "has no running pod" in chosen(api(), [NEW], [pod(is_terminating=True)])


class TestStatefulSets:
    def test_its_pod(self) -> None:
        """A stateful set owns its pods itself."""
        assert chosen(api(kind="sts"), [], [pod("db-0", "d"), pod("x", "y")]) == "db-0"

    def test_one_of_several(self) -> None:
        """Names are stable, so `--pod` is what people use."""
        pods = [pod("db-0", "d"), pod("db-1", "d")]
        assert chosen(api(kind="sts", replicas=2), [], pods, pod="db-1") == "db-1"


class TestContainers:
    TWO = (RUNNING, Container(name="proxy", state="running", container_id="c2"))

    def test_the_only_one(self) -> None:
        """One container needs no name."""
        choice = choose(None, [], [pod()])
        assert choice == (
            PodPlace(
                label="pod api-1 (container app)",
                incarnation="uid-api-1/c1/0",
                replica="api-1",
                namespace="shop",
                pod="api-1",
                container="app",
            ),
        )

    def test_several(self) -> None:
        """Several need one, and are listed."""
        said = chosen(None, [], [pod(containers=self.TWO)])
        assert said == (
            "CONTAINER_NOT_FOUND: pod api-1 has several containers: name one of app, proxy"
            " -> -c app"
        )

    def test_named(self) -> None:
        """`-c` chooses."""
        choice = choose(None, [], [pod(containers=self.TWO)], container="proxy")
        assert isinstance(choice, tuple)
        assert choice[0].container == "proxy"

    def test_annotated(self) -> None:
        """The author's default is what `kubectl` takes as well."""
        choice = choose(None, [], [pod(containers=self.TWO, default_container="proxy")])
        assert isinstance(choice, tuple)
        assert choice[0].container == "proxy"

    def test_missing(self) -> None:
        """A wrong name lists the right ones."""
        said = chosen(None, [], [pod(containers=self.TWO)], container="ap")
        assert "has no container `ap`: it has app, proxy" in said

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"app": waiting("ContainerCreating")}, "is being created"),
            ({"app": waiting("")}, "is being created"),
            (
                {"app": waiting("ImagePullBackOff", "Back-off pulling image")},
                "`shop/api:2` cannot be pulled: Back-off pulling image",
            ),
            ({"app": waiting("ErrImageNeverPull")}, "cannot be pulled: ErrImageNeverPull"),
            (
                {"app": waiting("CrashLoopBackOff", exit_code=1, restart_count=4)},
                "keeps crashing: it ended with exit status 1, 4 restarts so far",
            ),
            (
                {"app": waiting("CreateContainerConfigError", 'secret "s" not found')},
                'does not start: CreateContainerConfigError: secret "s" not found',
            ),
            (
                {"app": Container(name="app", state="terminated", exit_code=2, reason="Error")},
                "has ended with exit status 2",
            ),
            (
                {
                    "app": Container(
                        name="app", state="terminated", exit_code=137, reason="OOMKilled"
                    )
                },
                "has ended with exit status 137: OOMKilled",
            ),
            ({"is_terminating": True}, "is being deleted"),
            (
                {"phase": "Failed", "reason": "Evicted", "message": "low on disk"},
                "Evicted low on disk",
            ),
            ({"phase": "Succeeded"}, "has ended: it succeeded"),
            (
                {"app": waiting("ContainerCreating"), "unschedulable": "0/3 nodes are available"},
                "no node takes pod api-1: 0/3 nodes are available",
            ),
            (
                {
                    "containers": (
                        waiting("PodInitializing"),
                        Container(name="setup", is_init=True, state="running"),
                    )
                },
                "waits for the init container setup",
            ),
            (
                {
                    "containers": (
                        waiting("PodInitializing"),
                        Container(
                            name="setup", is_init=True, state="waiting", reason="CrashLoopBackOff"
                        ),
                    )
                },
                "container setup of pod api-1 keeps crashing",
            ),
        ],
    )
    def test_not_running(self, changes: dict[str, Any], says: str) -> None:
        """Why a container does not run is said, with the command that shows more."""
        said = chosen(None, [], [pod(**changes)])
        assert said.startswith("TARGET_NOT_RUNNING: ")
        assert says in said
        assert said.endswith("-n shop")
        assert "\n" not in said


class TestEnded:
    @pytest.mark.parametrize(
        ("changes", "is_over"),
        [
            ({}, False),
            ({"is_terminating": True}, True),
            ({"phase": "Failed"}, True),
            ({"uid": "another"}, True),
            ({"app": Container(name="app", state="running", container_id="c2")}, True),
            (
                {"app": Container(name="app", state="running", container_id="c1", restart_count=1)},
                True,
            ),
            ({"app": Container(name="app", state="terminated", container_id="c1")}, True),
            ({"containers": ()}, True),
        ],
    )
    def test_has_ended(self, changes: dict[str, Any], is_over: bool) -> None:
        """Another life of the container has other files, so it is another place."""
        places = choose(None, [], [pod()])
        assert isinstance(places, tuple)
        assert has_ended(places[0], pod(**changes)) is is_over
