"""A studio's objects, whole."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cstudiod.model.blueprints import KubernetesSettings, Resources, Volume
from cstudiod.model.containers import ContainerConfiguration
from cstudiod.model.studios import Spawn
from cstudiod.runtimes.kubernetes import manifests

CONFIGURATION = ContainerConfiguration(
    name="small",
    namespace="studios",
    pull_secret="regcred",
    service_account="basic",
    node_selector={"disk": "ssd"},
    labels={"team": "a"},
    annotations={"cost": "1"},
    memory_limit="2Gi",
)
SPAWN = Spawn(
    uid="abcdefgh",
    project="P",
    studio="lab",
    owner="me@example.com",
    image="registry.example.com/x@sha256:1",
    launch='{"version":1}',
    environment={"B": "2"},
    hash="h1",
    kubernetes=KubernetesSettings(
        labels={"tier": "dev"},
        annotations={"note": "n"},
        resources=Resources(cpu_request="500m", cpu_limit="1", memory_request="1Gi"),
        node_selector={"gpu": "no"},
        tolerations=({"key": "dedicated", "operator": "Exists"},),
        service_account="special",
        volumes=(Volume(name="data", path="/data", size="5Gi", storage_class="fast"),),
        start_minutes=5,
    ),
)
OWN_LABELS = {
    "app.kubernetes.io/managed-by": "cstudio",
    "app.kubernetes.io/name": "cstudio-studio",
    "cstudio/uid": "abcdefgh",
    "cstudio/install": "i1",
    "cstudio/project-key": "P",
    "cstudio/studio-name": "lab",
}
META = {
    "labels": {"team": "a", "tier": "dev", **OWN_LABELS},
    "annotations": {
        "cost": "1",
        "note": "n",
        "cstudio/hash": "h1",
        "cstudio/memory-limit": "2Gi",
        "cstudio/start-seconds": "300",
        "cstudio/project": "P",
        "cstudio/studio": "lab",
        "cstudio/owner": "me@example.com",
    },
}


def downward(name: str, path: str) -> dict[str, Any]:
    reference = {"apiVersion": "v1", "fieldPath": path}
    return {"name": name, "valueFrom": {"fieldRef": reference}}


def test_the_deployment() -> None:
    """Everything that a template and a configuration can say is in it."""
    assert manifests.deployment(SPAWN, CONFIGURATION, "i1") == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "cstudio-abcdefgh", **META},
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "revisionHistoryLimit": 0,
            "progressDeadlineSeconds": 900,
            "selector": {"matchLabels": {"cstudio/uid": "abcdefgh"}},
            "template": {
                "metadata": META,
                "spec": {
                    "terminationGracePeriodSeconds": 20,
                    "enableServiceLinks": False,
                    "automountServiceAccountToken": True,
                    "serviceAccountName": "special",
                    "imagePullSecrets": [{"name": "regcred"}],
                    "nodeSelector": {"disk": "ssd", "gpu": "no"},
                    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
                    "securityContext": {"fsGroup": 500},
                    "volumes": [
                        {
                            "name": "cstudio-launch",
                            "secret": {
                                "secretName": "cstudio-abcdefgh",
                                "items": [{"key": "launch", "path": "launch.json"}],
                            },
                        },
                        {
                            "name": "data",
                            "persistentVolumeClaim": {"claimName": "cstudio-abcdefgh-data"},
                        },
                    ],
                    "containers": [
                        {
                            "name": "studio",
                            "image": "registry.example.com/x@sha256:1",
                            "imagePullPolicy": "IfNotPresent",
                            "env": [
                                downward("K8S_NODE_NAME", "spec.nodeName"),
                                downward("K8S_POD_NAME", "metadata.name"),
                                downward("K8S_POD_NAMESPACE", "metadata.namespace"),
                                downward("K8S_POD_ID", "metadata.uid"),
                                {"name": "B", "value": "2"},
                                {
                                    "name": "CSTUDIO_LAUNCH",
                                    "value": "/run/cstudio/launch.json",
                                },
                            ],
                            "resources": {
                                "requests": {"cpu": "500m", "memory": "1Gi"},
                                "limits": {"cpu": "1", "memory": "2Gi"},
                            },
                            "readinessProbe": {
                                "exec": {
                                    "command": [
                                        "/usr/bin/python3",
                                        "-I",
                                        "-m",
                                        "cstudio_runner",
                                        "probe",
                                    ]
                                },
                                "periodSeconds": 2,
                                "timeoutSeconds": 5,
                                "failureThreshold": 2,
                            },
                            "terminationMessagePolicy": "FallbackToLogsOnError",
                            "volumeMounts": [
                                {
                                    "name": "cstudio-launch",
                                    "mountPath": "/run/cstudio",
                                    "readOnly": True,
                                },
                                {"name": "data", "mountPath": "/data"},
                            ],
                        }
                    ],
                },
            },
        },
    }


def test_the_claims_and_the_secret() -> None:
    """Volumes outlive the deployment; the launch document is no plain text in it."""
    assert manifests.claims(SPAWN, "i1") == [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "cstudio-abcdefgh-data", "labels": OWN_LABELS},
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": "5Gi"}},
                "storageClassName": "fast",
            },
        }
    ]
    secret = manifests.secret(SPAWN, "i1")
    assert base64.b64decode(secret["data"]["launch"]).decode() == SPAWN.launch


def test_what_is_not_asked_for_is_left_to_the_cluster() -> None:
    """A studio without settings gets no token, no selector, no empty lists."""
    plain = Spawn(uid="abcdefgh", project="P", studio="s", owner="o", image="x", launch="{}")
    spec = manifests.pod_spec(plain, ContainerConfiguration(name=""))
    assert set(spec) == {
        "terminationGracePeriodSeconds",
        "enableServiceLinks",
        "automountServiceAccountToken",
        "volumes",
        "containers",
    }
    assert spec["automountServiceAccountToken"] is False
    assert spec["containers"][0]["resources"] == {}


@pytest.mark.parametrize(
    ("text", "label"),
    [("My Project", "My-Project"), ("a" * 80, "a" * 63), ("--é--", ""), ("x.y_z-1", "x.y_z-1")],
)
def test_labels_hold_less_than_names(text: str, label: str) -> None:
    """What a label cannot hold is left out of it; annotations have it whole."""
    assert manifests.as_label(text) == label
