"""An authority of our own and a certificate by it, made with the `openssl` command."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2")


@dataclass(frozen=True, kw_only=True)
class Certificates:
    """Files in PEM."""

    authority: Path
    certificate: Path
    key: Path


def make(folder: Path) -> Certificates:
    """Make an authority, and a certificate of this machine, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    made = Certificates(
        authority=folder / "ca.pem", certificate=folder / "server.pem", key=folder / "server.key"
    )
    signed_by = ("-CA", str(made.authority), "-CAkey", str(folder / "ca.key"))
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    _openssl(made.authority, folder / "ca.key", "/CN=an authority of tests")
    _openssl(made.certificate, made.key, "/CN=localhost", *signed_by, "-addext", names)
    return made


def _openssl(certificate: Path, key: Path, subject: str, *more: str) -> None:
    command = ["openssl", "req", "-x509", *_KEY, "-subj", subject, "-keyout", str(key)]
    subprocess.run([*command, "-out", str(certificate), *more], check=True, capture_output=True)
