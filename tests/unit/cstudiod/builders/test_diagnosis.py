"""The last lines of a failed command, and the sentence they become."""

from __future__ import annotations

import pytest
from cstudiod.builders.diagnosis import Diagnosis, diagnose, evidence

SAID = [
    ("ERROR: No matching distribution found for pandas==99", "no package that fits `pandas==99`"),
    ("ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED]", "certificate"),
    ("npm ERR! code SELF_SIGNED_CERT_IN_CHAIN", "certificate"),
    ("OSError: [Errno 28] No space left on device", "disk is full"),
    ("E: Unable to locate package ngnix", "apt knows no package `ngnix`"),
    ("E: Package 'r-base' has no installation candidate", "apt has no package `r-base`"),
    ("Temporary failure resolving 'archive.example'", "name could not be resolved"),
    ("npm error code ENOTFOUND", "name could not be resolved"),
    ("ERROR: Could not find a version: [Errno 111] Connection refused", "could not be reached"),
    ("ERROR: 401 Client Error: Unauthorized for url", "refused the credentials"),
    ("ERROR: Invalid requirement: 'pandas=2'", "no requirement that pip understands"),
    ("ERROR: ResolutionImpossible: for help", "exclude each other"),
    ("/bin/sh: 1: gcc: not found", "no program `gcc`"),
    ("bash: line 3: rserver: command not found", "no program `rserver`"),
    ("Killed", "want of memory"),
    ("ensurepip is not available", "cannot make virtual environments"),
    ("npm error 404 Not Found - GET https://host/nothing", "npm found no such package"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "words"), SAID)
def test_what_a_command_said_is_told_in_a_sentence(line: str, words: str) -> None:
    """Wherever among its last lines it stands."""
    assert words in diagnose(["before", line, "after"], "pip install", 1).message


def test_the_cause_is_told_and_not_what_follows_from_it() -> None:
    """Pip ends with the same line whatever kept it from the index."""
    said = [
        "WARNING: Retrying: CERTIFICATE_VERIFY_FAILED",
        "ERROR: No matching distribution found for pandas",
    ]
    found = diagnose(said, "pip install", 1)
    assert "certificate" in found.message
    assert "ca_bundle" in found.next


def test_what_is_not_recognised_is_told_with_its_status() -> None:
    """And nothing is made up."""
    assert diagnose(["odd"], "make", 2) == Diagnosis(message="`make` ended with exit status 2")


def test_the_evidence_is_the_last_lines() -> None:
    """Not the whole log."""
    assert evidence([str(number) for number in range(100)]).split("\n")[0] == "80"
