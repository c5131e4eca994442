"""Why a command of a build failed: what it said last -> a sentence and the next step. No IO."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

EVIDENCE_LINES = 20


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """A sentence for people, and what to do."""

    message: str
    next: str = ""


_NETWORK = "check the network, or set pip_index_url, apt_mirror, proxy or wheelhouse under [build]"
_PATTERNS: tuple[tuple[str, str, str], ...] = (
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|self.signed certificate"
        r"|SELF_SIGNED_CERT",
        "the server's certificate is not trusted in the build",
        "set ca_bundle under [build] to the file with your network's certificates",
    ),
    (
        r"no space left on device|No space left on device",
        "the disk is full",
        "free some: cstudio image prune",
    ),
    (
        r"Proxy Authentication Required|Tunnel connection failed: (\d+)",
        "the proxy refused",
        _NETWORK,
    ),
    (
        r"40[13] (?:Client )?Error|HTTP error 40[13]|E40[13]\b",
        "the package index refused the credentials",
        "check the user and password in the index's address under [build]",
    ),
    (
        r"Temporary failure (?:in name resolution|resolving)|Name or service not known"
        r"|Could not resolve|NameResolutionError|EAI_AGAIN|ENOTFOUND|getaddrinfo",
        "a name could not be resolved",
        _NETWORK,
    ),
    (
        r"Connection refused|Network is unreachable|No route to host|Connection timed out"
        r"|ReadTimeoutError|ConnectTimeoutError|ETIMEDOUT|ECONNREFUSED|NewConnectionError",
        "the package index could not be reached",
        _NETWORK,
    ),
    (
        r"No matching distribution found for (.+)",
        "pip found no package that fits `{0}`",
        "check its name and version, and that there is one for this Python",
    ),
    (
        r"Invalid requirement: (.+)",
        "`{0}` is no requirement that pip understands",
        "write NAME, NAME==1.2 or NAME[extra]>=1",
    ),
    (
        r"ResolutionImpossible|conflicting dependencies",
        "the packages need versions that exclude each other",
        "loosen one of the versions",
    ),
    (
        r"E: Unable to locate package (\S+)",
        "apt knows no package `{0}`",
        "check its name, and run apt-get update before",
    ),
    (
        r"E: Package '(\S+)' has no installation candidate",
        "apt has no package `{0}` to install",
        "check its name, and run apt-get update before",
    ),
    (
        r"npm ERR! 404 +Not Found|npm error 404",
        "npm found no such package",
        "check its name and version",
    ),
    (
        r"(?:command |python\d*: |^/bin/sh: .*?)?(\S+): (?:command )?not found$",
        "there is no program `{0}`",
        "install it in an earlier block",
    ),
    (r"^Killed$|signal: killed", "the command was killed, most likely for want of memory", ""),
    (
        r"ensurepip is not available",
        "this Python cannot make virtual environments",
        "install the package python3-venv",
    ),
)


def diagnose(said: Sequence[str], command: str, code: int | None = None) -> Diagnosis:
    """Return why `command` failed.

    Args:
        said: Its last lines, cleaned.
        command: What to call it when nothing is recognised.
        code: Its exit status.
    """
    text = "\n".join(said)
    for pattern, message, step in _PATTERNS:
        if found := re.search(pattern, text, re.MULTILINE):
            words = [group.strip(" '\"") for group in found.groups() if group]
            return Diagnosis(message=message.format(*words), next=step)
    status = f" with exit status {code}" if code is not None else ""
    return Diagnosis(message=f"`{command}` ended{status}")


def evidence(said: Sequence[str]) -> str:
    """Return the lines that are shown with a failure."""
    return "\n".join(said[-EVIDENCE_LINES:])
