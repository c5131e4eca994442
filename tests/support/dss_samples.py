"""Archives as DSS exports them, written by their documented keys."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

BUILTIN = "pycdstdioblk_code-studio-blocks_"

BLOCKS: list[dict[str, Any]] = [
    {
        "type": "dss_base_image",
        "params": {
            "syncedZones": [
                {
                    "zone": "code_studio_versioned",
                    "pathInContainer": "code_studio-versioned",
                    "oneWay": False,
                },
                {"zone": "recipes", "pathInContainer": "recipes", "oneWay": True},
                {"zone": "user_versioned", "pathInContainer": "user-versioned", "oneWay": False},
                {"zone": "code_agents", "pathInContainer": "code_agents", "oneWay": False},
            ],
            "excludedFromSync": ["node_modules/", ".angular/"],
        },
    },
    {
        "type": "simple_deployment",
        "params": {
            "exposedPorts": [],
            "exposedServices": [],
            "readinessProbeHeaders": [],
            "annotations": [],
            "labels": [{"key": "team", "value": "blue"}],
            "useTcpReadiness": True,
            "initialSyncTimeoutInMinutes": 10,
        },
    },
    {
        "type": "append_dockerfile",
        "params": {
            "label": "tools",
            "dockerfile": "RUN apt-get install -y git\nCOPY app /opt/app\n",
            "runAsRoot": True,
            "resources": ["${template.resources}/app"],
        },
    },
    {
        "type": "add_codeenv",
        "params": {"envName": "my env.1", "envLang": "PYTHON", "versionId": "Latest", "envDir": ""},
    },
    {
        "type": f"{BUILTIN}vscode",
        "params": {
            "useInWebapps": False,
            "settingsPath": "__USER_VERSIONED__/settings/code-server",
            "openInPath": "/home/dataiku/workspace",
            "port": 8080,
            "startScript": "/opt/dataiku",
            "codeServerVersion": "4.91.0",
            "additionalExtensions": [],
        },
    },
    {
        "type": "entrypoint",
        "params": {
            "label": "Angular",
            "entrypoint": "/home/dataiku/start.sh",
            "scripts": [{"source": "${template.resources}/start.sh", "target": "start.sh"}],
            "useInWebapps": True,
            "exposedPort": {
                "label": "Angular",
                "exposeHtml": True,
                "port": 4200,
                "containerPort": 4201,
                "proxiedUrlSuffix": "/$request_uri",
                "exposition": {"type": "port_forward"},
                "allowExpositionOverride": False,
            },
        },
    },
    {"type": "pycdstdioblk_some-plugin_some-block", "params": {"anything": [1, 2.5, None]}},
]

TEMPLATE: dict[str, Any] = {
    "type": "block_based",
    "label": "Angular & Flask",
    "shortDesc": "",
    "description": "Build a web app.\n",
    "icon": "fas fa-code",
    "tags": ["web"],
    "isEditor": True,
    "permissions": [],
    "allowContainerConfOverride": True,
    "allContainerConfs": True,
    "containerConfs": [],
    "versionTag": {"versionNumber": 7, "lastModifiedOn": 1700000000000},
    "somethingNew": {"a": 1},
    "params": {"blocks": BLOCKS, "somethingElse": True},
}

MANIFEST = {
    "dssVersion": "13.5.4",
    "confVersion": "12345",
    "exportUserInfo": {"exportedOn": 1700000000000, "exportedBy": "admin"},
    "templateDataModelVersion": "1",
}

SPEC = {
    "resourcesMap": {},
    "usedCodeEnvRefs": [{"envLang": "PYTHON", "envName": "my env.1"}],
}

FILES = {
    "template-resources/app/index.html": b"<p>hello</p>",
    "template-resources/start.sh": b"#!/bin/sh\nexec ng serve\n",
}


def archive(
    template: Mapping[str, Any] = TEMPLATE, files: Mapping[str, bytes] = FILES, **more: bytes
) -> bytes:
    """Return an archive of a template."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("manifest.json", json.dumps(MANIFEST))
        made.writestr("template.json", json.dumps(template))
        made.writestr("exportSpec.json", json.dumps(SPEC))
        for path, content in {**files, **more}.items():
            made.writestr(path, content)
    return buffer.getvalue()


def contents(data: bytes) -> dict[str, Any]:
    """Return the files of an archive; JSON as what it says."""
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        read = {name: opened.read(name) for name in opened.namelist()}
    return {
        name: json.loads(content) if name.endswith(".json") and "/" not in name else content
        for name, content in read.items()
    }
