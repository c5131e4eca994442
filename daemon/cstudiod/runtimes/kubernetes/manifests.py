"""A studio's objects in a cluster; pure.

    Secret cstudio-UID          the launch document, which may hold secrets; mounted as a file
    PersistentVolumeClaim …     a volume each, kept when the studio is stopped
    Deployment cstudio-UID      one replica, never two at once

Readiness is the runner's: the kubelet runs its probe in the container, because
servers listen on loopback, where it could not ask them itself.
"""

from __future__ import annotations

import base64
import posixpath
import re
from typing import Any

from cstudiod.model import runner_reports
from cstudiod.model.containers import ContainerConfiguration
from cstudiod.model.studios import LAUNCH_FILE, LAUNCH_FOLDER, RUNNER_PYTHON, Spawn

PREFIX = "cstudio/"
UID, INSTALL = f"{PREFIX}uid", f"{PREFIX}install"
HASH, MEMORY = f"{PREFIX}hash", f"{PREFIX}memory-limit"
START_SECONDS = f"{PREFIX}start-seconds"
CONTAINER = "studio"
PROBE = (*RUNNER_PYTHON, "-m", "cstudio_runner", "probe")
PROBE_PERIOD_SECONDS, PROBE_TIMEOUT_SECONDS = 2, 5
GRACE_SECONDS = 20
"""Longer than the runner's own grace, after which it kills what is left."""
GROUP = 500
"""Of the images' user `dataiku`; volumes are made writable for it."""
LAUNCH_VOLUME = "cstudio-launch"
"""No volume of a template has this name: its block refuses it."""
LAUNCH_ITEM = {"key": "launch", "path": posixpath.basename(LAUNCH_FILE)}
_DOWNWARD = {
    "K8S_NODE_NAME": "spec.nodeName",
    "K8S_POD_NAME": "metadata.name",
    "K8S_POD_NAMESPACE": "metadata.namespace",
    "K8S_POD_ID": "metadata.uid",
}
_NOT_IN_LABELS = re.compile(r"[^A-Za-z0-9_.-]+")


def name(uid: str) -> str:
    """Return the name of the Deployment and the Secret."""
    return f"cstudio-{uid}"


def secret(spawn: Spawn, install: str) -> dict[str, Any]:
    """Return the Secret."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name(spawn.uid), "labels": own_labels(spawn, install)},
        "data": {"launch": base64.b64encode(spawn.launch.encode()).decode()},
    }


def claims(spawn: Spawn, install: str) -> list[dict[str, Any]]:
    """Return a claim for each volume."""
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": f"{name(spawn.uid)}-{volume.name}",
                "labels": own_labels(spawn, install),
            },
            "spec": {
                "accessModes": ["ReadWriteOnce"],
                "resources": {"requests": {"storage": volume.size}},
                **({"storageClassName": volume.storage_class} if volume.storage_class else {}),
            },
        }
        for volume in spawn.kubernetes.volumes
    ]


def deployment(spawn: Spawn, configuration: ContainerConfiguration, install: str) -> dict[str, Any]:
    """Return the Deployment."""
    labels = own_labels(spawn, install)
    allowed = runner_reports.limits(spawn.kubernetes)
    meta_labels = {**configuration.labels, **spawn.kubernetes.labels, **labels}
    annotations = {
        **configuration.annotations,
        **spawn.kubernetes.annotations,
        HASH: spawn.hash,
        MEMORY: spawn.kubernetes.resources.memory_limit or configuration.memory_limit,
        START_SECONDS: str(allowed.start_seconds),
        f"{PREFIX}project": spawn.project,
        f"{PREFIX}studio": spawn.studio,
        f"{PREFIX}owner": spawn.owner,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name(spawn.uid),
            "labels": meta_labels,
            "annotations": annotations,
        },
        "spec": {
            "replicas": 1,
            "strategy": {"type": "Recreate"},
            "revisionHistoryLimit": 0,
            "progressDeadlineSeconds": max(1, round(allowed.total_seconds)),
            "selector": {"matchLabels": {UID: spawn.uid}},
            "template": {
                "metadata": {"labels": meta_labels, "annotations": annotations},
                "spec": pod_spec(spawn, configuration),
            },
        },
    }


def pod_spec(spawn: Spawn, configuration: ContainerConfiguration) -> dict[str, Any]:
    """Return the pod's part; what is not set is left to the cluster."""
    settings = spawn.kubernetes
    account = settings.service_account or configuration.service_account
    volumes = [
        {"name": LAUNCH_VOLUME, "secret": {"secretName": name(spawn.uid), "items": [LAUNCH_ITEM]}},
        *_claimed(spawn),
    ]
    optional: dict[str, Any] = {
        "serviceAccountName": account,
        "imagePullSecrets": [{"name": configuration.pull_secret}]
        if configuration.pull_secret
        else [],
        "nodeSelector": {**configuration.node_selector, **settings.node_selector},
        "tolerations": [dict(item) for item in settings.tolerations],
        "securityContext": {"fsGroup": GROUP} if settings.volumes else {},
    }
    return {
        "terminationGracePeriodSeconds": GRACE_SECONDS,
        "enableServiceLinks": False,
        # A studio runs what its users write; it gets a token only when somebody says so.
        "automountServiceAccountToken": bool(account),
        "volumes": volumes,
        "containers": [_container(spawn, configuration)],
        **{key: value for key, value in optional.items() if value},
    }


def _claimed(spawn: Spawn) -> list[dict[str, Any]]:
    return [
        {
            "name": volume.name,
            "persistentVolumeClaim": {"claimName": f"{name(spawn.uid)}-{volume.name}"},
        }
        for volume in spawn.kubernetes.volumes
    ]


def _container(spawn: Spawn, configuration: ContainerConfiguration) -> dict[str, Any]:
    return {
        "name": CONTAINER,
        "image": spawn.image,
        "imagePullPolicy": configuration.pull_policy,
        "env": _environment(spawn),
        "resources": resources(spawn, configuration),
        "readinessProbe": {
            "exec": {"command": list(PROBE)},
            "periodSeconds": PROBE_PERIOD_SECONDS,
            "timeoutSeconds": PROBE_TIMEOUT_SECONDS,
            "failureThreshold": 2,
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": LAUNCH_VOLUME, "mountPath": LAUNCH_FOLDER, "readOnly": True},
            *({"name": one.name, "mountPath": one.path} for one in spawn.kubernetes.volumes),
        ],
    }


def _environment(spawn: Spawn) -> list[dict[str, Any]]:
    downward = [
        {"name": key, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": path}}}
        for key, path in _DOWNWARD.items()
    ]
    plain = [{"name": key, "value": value} for key, value in sorted(spawn.environment.items())]
    return [*downward, *plain, {"name": "CSTUDIO_LAUNCH", "value": LAUNCH_FILE}]


def resources(spawn: Spawn, configuration: ContainerConfiguration) -> dict[str, Any]:
    """Return the template's requests and limits, else the configuration's."""
    asked = spawn.kubernetes.resources

    def of(kind: str) -> dict[str, str]:
        both = {
            what: getattr(asked, f"{what}_{kind}") or getattr(configuration, f"{what}_{kind}")
            for what in ("cpu", "memory")
        }
        return {what: value for what, value in both.items() if value}

    return {
        key: value for key, value in (("requests", of("request")), ("limits", of("limit"))) if value
    }


def own_labels(spawn: Spawn, install: str) -> dict[str, str]:
    """Return what tells whose object it is."""
    return {
        "app.kubernetes.io/managed-by": "cstudio",
        "app.kubernetes.io/name": "cstudio-studio",
        UID: spawn.uid,
        INSTALL: install,
        f"{PREFIX}project-key": as_label(spawn.project),
        f"{PREFIX}studio-name": as_label(spawn.studio),
    }


def as_label(text: str) -> str:
    """Return a text as a label's value, which allows less: 63 letters, digits, ``-_.``."""
    return _NOT_IN_LABELS.sub("-", text)[:63].strip("-_.")
