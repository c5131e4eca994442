"""The reasons why a studio does not run, in one vocabulary for all runtimes.

`FACTS` is the table: what each code means for a start, and what to do when
nobody knows better. Runtimes decide on a code and bring the evidence; nothing
else makes a `Reason`.
"""

from __future__ import annotations

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


def shorten(text: str) -> str:
    """Return the end of a text, as far as a person reads it, without control characters."""
    clean = "".join(c for c in text if c.isprintable() or c in "\n\t").strip()
    lines = clean[-EVIDENCE_CHARACTERS:].splitlines()
    return "\n".join(line.rstrip() for line in lines[-EVIDENCE_LINES:])
