"""The reasons why a studio does not run, in one vocabulary for all runtimes.

`FACTS` is the table: what each code means for a start, and what to do when
nobody knows better. Runtimes decide on a code and bring the evidence; nothing
else makes a `Reason`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cstudiod.model.studios import Reason

EVIDENCE_LINES = 20
EVIDENCE_CHARACTERS = 4000


@dataclass(frozen=True)
class Fact:
    """What a code means."""

    is_fatal: bool
    """Waiting longer does not help, unless whoever decides says otherwise."""
    next: str


FACTS: Mapping[str, Fact] = {
    # ------------------------------------------------------------- the image
    "image_not_found": Fact(True, "cstudio template build TEMPLATE --push"),
    "image_auth": Fact(True, "set `pull_secret` of the container configuration"),
    "image_registry_unreachable": Fact(
        True, "check the registry's address and certificate, as the node sees them"
    ),
    "image_platform": Fact(True, "build the template for the nodes' platform (`platform`)"),
    # ------------------------------------------------------------- the place
    "unschedulable_cpu": Fact(True, "lower the template's CPU request, or stop another studio"),
    "unschedulable_memory": Fact(
        True, "lower the template's memory request, or stop another studio"
    ),
    "unschedulable_gpu": Fact(True, "wait for a GPU, or ask for none"),
    "unschedulable_taint": Fact(True, "add a toleration to the template"),
    "unschedulable_affinity": Fact(True, "change the template's node selector"),
    "unschedulable_pvc": Fact(True, "kubectl get pvc; check the volume's storage class and size"),
    "unschedulable": Fact(True, "kubectl get nodes"),
    "quota_exceeded": Fact(True, "stop another studio, or ask for a larger quota"),
    "admission_denied": Fact(True, "ask the cluster's administrator: a policy forbids it"),
    "missing_config": Fact(True, "create the named secret or config map in the namespace"),
    "mount_failed": Fact(True, "kubectl get pvc,pv; check the volume"),
    # ----------------------------------------------------------- the program
    "bad_command": Fact(True, "correct the entrypoint's command in the template"),
    "bad_launch": Fact(True, "report it: the launch document was refused by the runner"),
    "crash_loop": Fact(True, "cstudio studio logs STUDIO --previous"),
    "entrypoint_exited": Fact(True, "cstudio studio logs STUDIO"),
    "oom_killed": Fact(False, "raise the template's memory limit"),
    "port_in_use": Fact(True, "stop who holds the port, or give the entrypoint another one"),
    "hook_failed": Fact(True, "correct the hook"),
    # ---------------------------------------------------------- the readiness
    "readiness_timeout": Fact(True, "cstudio studio logs STUDIO; check the readiness settings"),
    "wrong_prefix": Fact(True, "change `subpath` of the entrypoint's port in the template"),
    "runtime_refused": Fact(True, "see the evidence: the container runtime could not start it"),
    "rollout_deadline": Fact(True, "cstudio studio logs STUDIO"),
    # --------------------------------------------------------- from outside
    "evicted": Fact(False, "it starts again by itself; lower what it needs if that goes on"),
    "node_lost": Fact(False, "it starts again on another node"),
    "preempted": Fact(False, "it starts again when there is room"),
    "stopped_outside": Fact(True, "cstudio studio start STUDIO"),
}


def reason(
    code: str, message: str, evidence: str = "", *, next: str = "", fatal: bool | None = None
) -> Reason:
    """Return the reason of that code; the table fills in what is not given.

    Raises:
        KeyError: no such code.
    """
    fact = FACTS[code]
    return Reason(
        code=code,
        message=message,
        evidence=shorten(evidence),
        next=next or fact.next,
        fatal=fact.is_fatal if fatal is None else fatal,
    )


_PULL_FAULTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "image_platform",
        re.compile(r"no matching manifest|exec format error|does not match the .*platform", re.I),
    ),
    (
        "image_registry_unreachable",
        re.compile(
            r"no such host|i/o timeout|x509|connection refused|TLS handshake|unreachable"
            r"|deadline exceeded|dial tcp|HTTP response to HTTPS client|connection reset",
            re.I,
        ),
    ),
    (
        "image_not_found",
        re.compile(
            r"not found|(manifest|name|repository) unknown|no such image|does not exist"
            r"|not present|NeverPull|InvalidImage",
            re.I,
        ),
    ),
    (
        "image_auth",
        re.compile(r"unauthorized|denied|forbidden|authentication|no basic auth|authoriz", re.I),
    ),
)
_PULL_MESSAGES = {
    "image_not_found": "{place} has no image {image}, and its registry has none either",
    "image_auth": "{place} may not pull the image {image}",
    "image_registry_unreachable": "{place} cannot reach the registry of the image {image}",
    "image_platform": "the image {image} is built for another kind of CPU",
}


def of_pull(image: str, said: str, *, place: str, fatal: bool | None = None) -> Reason:
    """Return why an image could not be had; `place` is who pulls: ``the node``, ``Docker``."""
    code = next((code for code, fits in _PULL_FAULTS if fits.search(said)), "image_not_found")
    message = _PULL_MESSAGES[code].format(image=image, place=place)
    return reason(code, message, said, fatal=fatal)


_NO_PROGRAM = re.compile(
    r"executable file not found|no such file or directory|permission denied|not a directory", re.I
)
_WRONG_CPU = re.compile(r"exec format error|no matching manifest", re.I)
_MOUNT = re.compile(r"mount|volume", re.I)


def of_refusal(said: str) -> Reason:
    """Return why a container runtime could not start a container at all."""
    if _WRONG_CPU.search(said):
        return reason("image_platform", "the image is built for another kind of CPU", said)
    if "exec:" in said and _NO_PROGRAM.search(said):
        return reason("bad_command", "the image's command is not found in it", said)
    if _MOUNT.search(said):
        return reason("mount_failed", "a volume could not be mounted", said)
    return reason("runtime_refused", "the container could not be started", said)


BAD_LAUNCH_STATUS = 2
"""The runner's exit status when it does not understand its document."""


def of_exit(code: int, tail: str, *, is_oom: bool = False, limit: str = "") -> Reason:
    """Return why a container, or the runner in it, ended and does not come back by itself."""
    if is_oom:
        used = f"its memory limit of {limit}" if limit else "more memory than there is"
        return reason(
            "oom_killed", f"it was killed: it used {used}", tail or "OOMKilled", fatal=True
        )
    if _WRONG_CPU.search(tail):
        return reason("image_platform", "the image is built for another kind of CPU", tail)
    evidence = tail or "it said nothing"
    if code in (126, 127):
        return reason("bad_command", f"its command ended with status {code}", evidence)
    if code == BAD_LAUNCH_STATUS and "launch document" in tail:
        return reason("bad_launch", "its runner did not understand the launch document", evidence)
    if code in (0, 137, 143):
        return reason("stopped_outside", f"it was ended from outside (status {code})", evidence)
    return reason("entrypoint_exited", f"its runner exited with status {code}", evidence)


def shorten(text: str) -> str:
    """Return the end of a text, as far as a person reads it, without control characters."""
    clean = "".join(c for c in text if c.isprintable() or c in "\n\t").strip()
    lines = clean[-EVIDENCE_CHARACTERS:].splitlines()
    return "\n".join(line.rstrip() for line in lines[-EVIDENCE_LINES:])
