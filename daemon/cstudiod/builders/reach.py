"""How builds reach packages on a closed network, as variables and files. No IO.

What stands here is never part of an image's hash: the same packages from
another mirror are the same image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cstudiod.config import BuildSettings

SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # SUSE
    "/etc/ssl/cert.pem",  # macOS
)
CA_VARIABLES = (
    "PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
)  # fmt: skip
_NOT_FOR_PIP = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIREMENT")
_NOT_FOR_PYTHON = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONUSERBASE",
    "VIRTUAL_ENV",
    "__PYVENV_LAUNCHER__",
)


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The certificates that builds trust."""

    path: str = ""
    """A PEM file of this machine; empty: only those that programs bring along."""


def ca_bundle(
    setting: str, environment: Mapping[str, str], exists: Callable[[str], bool]
) -> Bundle:
    """Return the file of certificates that builds trust.

    Args:
        setting: ``build.ca_bundle``.
        environment: The daemon's.
        exists: Whether there is a file of that name.
    """
    if setting == "none":
        return Bundle()
    if setting and setting != "auto":
        return Bundle(path=setting)
    for variable in ("PIP_CERT", "SSL_CERT_FILE"):
        if exists(named := environment.get(variable, "")):
            return Bundle(path=named)
    return Bundle(path=next(filter(exists, SYSTEM_BUNDLES), ""))


def proxy_variables(proxy: Mapping[str, str]) -> dict[str, str]:
    """Return the variables, in both cases, that programs find a proxy by.

    Docker takes exactly these as build arguments without ARG, and does not keep them.
    """
    named = {
        "HTTP_PROXY": proxy.get("http", ""),
        "HTTPS_PROXY": proxy.get("https", ""),
        "NO_PROXY": proxy.get("no", ""),
    }
    found = {name: value for name, value in named.items() if value}
    return {**found, **{name.lower(): value for name, value in found.items()}}


def pip_environment(
    settings: BuildSettings, environment: Mapping[str, str], bundle: Bundle
) -> dict[str, str]:
    """Return the environment in which pip fills a virtual environment of this machine.

    It is the daemon's, with the settings over it; without what would make pip
    install elsewhere, or Python look elsewhere.
    """
    made = _without(environment, (*_NOT_FOR_PIP, *_NOT_FOR_PYTHON))
    made |= {"PYTHONNOUSERSITE": "1", "PYTHONUNBUFFERED": "1", "PIP_NO_INPUT": "1"}
    made |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_PROGRESS_BAR": "off", "NO_COLOR": "1"}
    made |= proxy_variables(settings.proxy)
    if bundle.path:
        made["PIP_CERT"] = bundle.path
    if settings.pip_index_url:
        made["PIP_INDEX_URL"] = settings.pip_index_url
    if settings.wheelhouse:
        made |= {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": settings.wheelhouse}
    return made


def _without(environment: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    left_out = set(names)
    return {name: value for name, value in environment.items() if name not in left_out}
