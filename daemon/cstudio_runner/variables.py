"""The variables of a studio: what is expanded where, and what its programs find.

In `base_path`: `${K8S_NODE_NAME}`, `${K8S_POD_NAME}`, `${K8S_POD_NAMESPACE}` and
`${K8S_POD_ID}`, from the container's environment.

In the words of commands, in `env` values and in the readiness URL:

| variable | value |
|---|---|
| `${baseUrl}` | the expanded base path, no trailing slash |
| `${baseUrlPort8888}` | `<base path>/8888` |
| `${listenPort8888}` | where the server of exposed port 8888 listens |
| `${port}`, `${host}` | where the entrypoint's own server is to listen; not in the URL |
| `${workdir}` | the work folder |

Anything else between `${` and `}` stays as it is, except in the URL, where it is a
problem. A command line for the shell is never rewritten: it finds the same names as
environment variables, so that `--port ${port}` means the same in both.

`${baseUrl}` may differ from pod to pod, so all of this happens in the container.
"""

from __future__ import annotations

import posixpath
import re
from typing import Dict, List, Mapping, Optional

from cstudio_runner.launch import Entrypoint, Launch, Port

POD_VARIABLES = ("K8S_NODE_NAME", "K8S_POD_NAME", "K8S_POD_NAMESPACE", "K8S_POD_ID")
HIDDEN = ("CSTUDIO_LAUNCH",)
"""Not passed on to programs: it is the runner's own."""
STATE_VARIABLE = "CSTUDIO_RUNNER_STATE"
"""Tells every program, and `probe` and `status`, whose studio this is."""

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PLAIN_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+\Z")


class VariableMissing(Exception):
    """The base path needs a variable that the environment does not have."""


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace the references that are known; expanded text is not looked at again."""
    return _REFERENCE.sub(lambda found: values.get(found.group(1), found.group(0)), text)


def unknown_names(text: str, values: Mapping[str, str]) -> List[str]:
    """Return the names that a text refers to and nobody defines."""
    return [name for name in _REFERENCE.findall(text) if name not in values]


def base_path_trouble(path: str) -> str:
    """Return what is wrong with a base path as the document has it, or nothing."""
    if not path:
        return "is missing"
    if unknown := unknown_names(path, dict.fromkeys(POD_VARIABLES, "")):
        return "has the unknown variable `${%s}`" % unknown[0]
    return plain_path_trouble(expand(path, dict.fromkeys(POD_VARIABLES, "x")))


def plain_path_trouble(path: str) -> str:
    """Return what is wrong with an expanded base path, or nothing."""
    if not _PLAIN_PATH.match(path) or any(part in (".", "..") for part in path.split("/")):
        return "is not made of `/` and names of letters, digits and `._~-`"
    return ""


def base_path(launch: Launch, environment: Mapping[str, str]) -> str:
    """Return the base path of this very container.

    Raises:
        VariableMissing: the environment lacks a variable, or has an unusable value.
    """
    if missing := unknown_names(launch.base_path, environment):
        raise VariableMissing(
            "the base path %s needs ${%s}, which this container's environment does not have; "
            "on Kubernetes the downward API sets it" % (launch.base_path, missing[0])
        )
    path = expand(launch.base_path, environment)
    if trouble := plain_path_trouble(path):
        raise VariableMissing("the base path %r %s" % (path, trouble))
    return path


def prefixes(launch: Launch, environment: Mapping[str, str]) -> Dict[str, str]:
    """Return the variables that do not depend on an entrypoint.

    What the base path needs and the environment lacks stays a reference.
    """
    base = expand(launch.base_path, environment)
    values = {"baseUrl": base, "workdir": launch.workdir}
    for port in launch.ports:
        values["baseUrlPort%d" % port.port] = "%s/%d" % (base, port.port)
        values["listenPort%d" % port.port] = str(port.listen)
    return values


def of_entrypoint(
    entry: Entrypoint, launch: Launch, environment: Mapping[str, str]
) -> Dict[str, str]:
    """Return every variable that an entrypoint's words may use."""
    values = prefixes(launch, environment)
    port = launch.port_of(entry.port)
    if port is not None:
        values.update(port=str(port.listen), host=port.host)
    return values


def environment_of(
    entry: Entrypoint, launch: Launch, environment: Mapping[str, str]
) -> Dict[str, str]:
    """Return the whole environment of an entrypoint, from the container's.

    Later ones win: the container's, ours, the document's, the entrypoint's.
    """
    values = of_entrypoint(entry, launch, environment)
    base = values["baseUrl"]
    result = {name: value for name, value in environment.items() if name not in HIDDEN}
    result.update(values)
    result.update({STATE_VARIABLE: launch.state, "DKU_IS_CODE_STUDIO": "1"})
    result.setdefault("PYTHONUNBUFFERED", "1")  # a log is read while it grows
    result["DKU_CODE_STUDIO_BROWSER_PATH"] = base
    result["VSCODE_PROXY_URI"] = base + "/{{port}}/"
    for port in launch.ports:
        result["DKU_CODE_STUDIO_BROWSER_PATH_%d" % port.port] = "%s/%d" % (base, port.port)
        if port.public:
            result["DKU_CODE_STUDIO_IS_PUBLIC_PORT_%d" % port.port] = "1"
    if entry.aliases:
        result.update(_aliases(launch.port_of(entry.port), base))
    for given in (launch.env, entry.env):
        result.update({name: expand(value, values) for name, value in given.items()})
    return result


def _aliases(port: Optional[Port], base: str) -> Dict[str, str]:
    """Return the prefix and the address under the names that frameworks read.

    A framework that serves below its prefix must not be told it where the proxy
    strips the prefix: Streamlit would answer 404. Gradio and Dash's requests path
    are for links alone.
    """
    if port is None:
        return {}
    prefix = "%s/%d" % (base, port.port)
    names = {
        "GRADIO_ROOT_PATH": prefix,
        "GRADIO_SERVER_NAME": port.host,
        "GRADIO_SERVER_PORT": str(port.listen),
        "STREAMLIT_SERVER_ADDRESS": port.host,
        "STREAMLIT_SERVER_PORT": str(port.listen),
    }
    if port.subpath == "/":
        names["DASH_REQUESTS_PATHNAME_PREFIX"] = prefix + "/"
    else:
        names["DASH_URL_BASE_PATHNAME"] = prefix + "/"
        names["STREAMLIT_SERVER_BASE_URL_PATH"] = prefix
    return names


def command_of(entry: Entrypoint, launch: Launch, environment: Mapping[str, str]) -> List[str]:
    """Return the words to start; a command line becomes one word for the shell."""
    if isinstance(entry.command, str):
        return ["/bin/sh", "-c", entry.command]
    values = of_entrypoint(entry, launch, environment)
    return [expand(word, values) for word in entry.command]


def cwd_of(entry: Entrypoint, launch: Launch) -> str:
    """Return the folder that an entrypoint starts in."""
    return posixpath.normpath(posixpath.join(launch.workdir, entry.cwd))
