"""What the daemon shows on TCP: its certificate."""

from __future__ import annotations

import ssl
from pathlib import Path

import grpc

from cstudiod.errors import UsageError


def credentials(certificate: Path, key: Path) -> grpc.ServerCredentials:
    """Return what a server needs to speak TLS.

    Raises:
        UsageError: a file cannot be read, is no PEM, or the two do not belong together.
    """
    chain, secret = _read("certificate", certificate), _read("key", key)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, _no_password)
    except (ssl.SSLError, ValueError) as error:
        raise UsageError(
            f"`{certificate}` and `{key}` are not a certificate and its key, in PEM, without a"
            f" password: {error}",
            next="correct server.certificate and server.key in config.toml",
        ) from error
    return grpc.ssl_server_credentials([(secret, chain)])


def _no_password() -> str:
    raise ValueError("the key has a password")  # a daemon has nobody to ask


def _read(what: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"the {what} `{path}` cannot be read: {error.strerror}",
            next=f"correct server.{what} in config.toml",
        ) from error
