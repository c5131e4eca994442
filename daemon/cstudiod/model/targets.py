"""Target texts: what people type, turned into a `Target`, or refused with why.

    pod/NAME:/path      deploy/NAME:/path      sts/NAME:/path
    docker:CONTAINER:/path
    a folder: /absolute, ./relative, relative, ~/below/home

A text that begins with ``/``, ``.`` or ``~`` is always a folder. One that has
the shape ``word/name`` is a folder only when the word is no kind and no path
follows, so that a slip (``depoy/api:/app``) is never taken for a folder that
happens not to exist. Nothing here looks at the disk or at a cluster.
"""

from __future__ import annotations

import difflib
import os.path
import posixpath
import re
from collections.abc import Mapping

from cstudiod.errors import UsageError
from cstudiod.model.sync_sessions import Target, TargetKind

_KINDS = {
    "pod": TargetKind.POD,
    "pods": TargetKind.POD,
    "po": TargetKind.POD,
    "deploy": TargetKind.DEPLOYMENT,
    "deployment": TargetKind.DEPLOYMENT,
    "deployments": TargetKind.DEPLOYMENT,
    "deployment.apps": TargetKind.DEPLOYMENT,
    "deployments.apps": TargetKind.DEPLOYMENT,
    "sts": TargetKind.STATEFUL_SET,
    "statefulset": TargetKind.STATEFUL_SET,
    "statefulsets": TargetKind.STATEFUL_SET,
    "statefulset.apps": TargetKind.STATEFUL_SET,
    "statefulsets.apps": TargetKind.STATEFUL_SET,
}
_FORMS = "pod/NAME:/path, deploy/NAME:/path, sts/NAME:/path, docker:CONTAINER:/path or a folder"
_KIND_AND_NAME = re.compile(
    r"(?P<kind>[A-Za-z][A-Za-z0-9.-]*)/(?P<name>[^/:]*)(?::(?P<path>.*))?", re.S
)
_KUBERNETES_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_DOCKER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_NOT_FILES = ("/proc", "/sys", "/dev")
"""Trees that the kernel makes up; below ``/dev`` only ``/dev/shm`` has files."""


_FLAGS = ("--namespace", "--container", "--context", "--pod", "--all-replicas")


def parse(
    text: str,
    *,
    namespace: str = "",
    container: str = "",
    context: str = "",
    kubeconfig: str = "",
    pod: str = "",
    all_replicas: bool = False,
    cwd: str = "/",
) -> Target:
    """Return the target that `text` and the flags beside it mean.

    `cwd` is the caller's folder, for relative ones. `kubeconfig` may be a
    list as in the KUBECONFIG variable; it is ignored where no cluster is
    meant, because it comes from the environment as often as from a flag.

    Raises:
        UsageError: reason INVALID_TARGET, in one sentence.
    """
    all_of_them = "yes" if all_replicas else ""
    flags = dict(zip(_FLAGS, (namespace, container, context, pod, all_of_them), strict=True))
    if not text or "\0" in text:
        raise _refusal(text, "the target is empty" if not text else "the target has a NUL in it")
    if text[0] in "/.~":
        return _folder(text, cwd, flags)
    if text.startswith("docker:"):
        return _docker(text, flags)
    match = _KIND_AND_NAME.fullmatch(text)
    if match is None or (match["path"] is None and match["kind"].lower() not in _KINDS):
        return _relative_folder(text, cwd, flags)
    kind = _kind(text, match["kind"])
    _check_name(text, kind, match["name"])
    if kind is TargetKind.POD:
        _refuse_flags(text, "a pod", flags, {"--pod", "--all-replicas"})
    if pod and all_replicas:
        raise _refusal(text, "--pod and --all-replicas exclude each other")
    return Target(
        kind=kind,
        name=match["name"],
        path=_remote_path(text, match["path"]),
        namespace=namespace,
        container=container,
        context=context,
        kubeconfig=_absolute_list(kubeconfig, cwd),
        pod=pod.removeprefix("pod/").removeprefix("pods/"),
        all_replicas=all_replicas,
    )


def _docker(text: str, flags: Mapping[str, str]) -> Target:
    name, colon, path = text.removeprefix("docker:").partition(":")
    if not _DOCKER_NAME.fullmatch(name):
        raise _refusal(text, f"`{text}` names no container: write docker:CONTAINER:/path")
    _refuse_flags(text, "a Docker container", flags, set(flags))
    return Target(
        kind=TargetKind.DOCKER, name=name, path=_remote_path(text, path if colon else None)
    )


def _relative_folder(text: str, cwd: str, flags: Mapping[str, str]) -> Target:
    head, colon, _ = text.partition(":")
    if colon and re.fullmatch(r"[\w.-]+", head):
        raise _refusal(
            text,
            f"`{text}` does not say what `{head}` is: write {_FORMS}",
            next=f"write ./{text} if it is a folder",
        )
    return _folder(text, cwd, flags)


def _folder(text: str, cwd: str, flags: Mapping[str, str]) -> Target:
    _refuse_flags(text, "a folder", flags, set(flags))
    path = os.path.normpath(os.path.join(cwd, os.path.expanduser(text)))
    path = "/" + path.lstrip("/") if path.startswith("//") else path
    if path == os.path.normpath(os.path.expanduser("~")):
        raise _refusal(text, f"`{path}` is your whole home folder: name a folder in it")
    _check_root(text, path)
    return Target(kind=TargetKind.FOLDER, path=path)


def _kind(text: str, word: str) -> TargetKind:
    kind = _KINDS.get(word.lower())
    if kind is not None:
        return kind
    near = difflib.get_close_matches(word.lower(), _KINDS, n=1, cutoff=0.7)
    meant = f"did you mean `{near[0]}`?" if near else f"a target is {_FORMS}"
    raise _refusal(text, f"`{word}` is no kind of target that is known: {meant}")


def _check_name(text: str, kind: TargetKind, name: str) -> None:
    if not name:
        raise _refusal(text, f"`{text}` has no name: write {kind.value}/NAME:/path")
    if not _KUBERNETES_NAME.fullmatch(name):
        raise _refusal(
            text,
            f"`{name}` cannot be the name of a {kind.value}: "
            "names have small letters, digits, `-` and `.` only",
        )


def _remote_path(text: str, path: str | None) -> str:
    if not path:
        form = f"{text.rstrip(':')}:/path"
        raise _refusal(
            text,
            f"`{text}` has no path: write {form}",
            next=f"write ./{text} if it is a folder" if path is None else "",
        )
    if not path.startswith("/"):
        raise _refusal(text, f"the path `{path}` must be absolute: write `/{path}`")
    normal = "/" + posixpath.normpath(path).lstrip("/")
    _check_root(text, normal)
    return normal


def _check_root(text: str, path: str) -> None:
    if path == "/":
        raise _refusal(text, "the whole file system `/` cannot be mirrored: name a folder in it")
    for tree in _NOT_FILES:
        if path == "/dev/shm" or path.startswith("/dev/shm/"):
            return
        if path == tree or path.startswith(tree + "/"):
            raise _refusal(
                text, f"`{path}` cannot be mirrored: the kernel makes up what {tree} shows"
            )


def _refuse_flags(text: str, what: str, flags: Mapping[str, str], unfit: set[str]) -> None:
    for flag, value in flags.items():
        if value and flag in unfit:
            raise _refusal(text, f"{flag} does not apply to {what} such as `{text}`")


def _absolute_list(kubeconfig: str, cwd: str) -> str:
    files = [os.path.expanduser(file) for file in kubeconfig.split(os.pathsep) if file]
    return os.pathsep.join(os.path.normpath(os.path.join(cwd, file)) for file in files)


def _refusal(text: str, message: str, next: str = "") -> UsageError:
    return UsageError(message, reason="INVALID_TARGET", next=next, field="target", target=text)
