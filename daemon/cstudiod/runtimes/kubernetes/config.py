"""How to reach a cluster and sign in, through the `kubernetes` package.

The package knows kubeconfig lists, contexts, client certificates, token files,
exec plugins, OIDC and service accounts, and refreshes tokens that have expired.
We take its `Configuration` and hand on plain values: a server, a TLS context, a
proxy, and headers that are asked for anew for every request. Of the package
only `kubernetes.config` is used; its generated clients load lazily, and ours is
`api`. Everything here blocks (files, sign-in programs): call it in a thread.
"""

from __future__ import annotations

import difflib
import os
import ssl
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cstudiod.errors import TargetError
from cstudiod.runtimes.output import printable

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
DEFAULT_FILE = "~/.kube/config"


@dataclass(frozen=True, kw_only=True)
class Access:
    """A cluster, and how to talk to it."""

    server: str
    """``https://10.0.0.1:6443``, without a slash at the end."""
    context: str
    """Empty in a cluster."""
    namespace: str
    """Where names are looked up when none is given."""
    tls: ssl.SSLContext | None
    """None for plain HTTP."""
    server_name: str
    """The name in the server's certificate, when it is not the host's."""
    proxy: str
    _configuration: Any = field(repr=False, compare=False)
    """The package's object: it knows whether its token has expired."""

    def headers(self) -> dict[str, str]:
        """Return the headers that sign in; runs the sign-in program if needed.

        Raises:
            TargetError: signing in failed.
        """
        try:
            settings = self._configuration.auth_settings().values()
        except Exception as error:  # plugins and token services fail in every way
            raise _sign_in_failed(error) from error
        return {
            str(item["key"]): str(item["value"])
            for item in settings
            if item.get("in") == "header" and item.get("value")
        }


def load(kubeconfig: str = "", context: str = "") -> Access:
    """Read the configuration and sign in.

    `kubeconfig` is a file or a list of files; without it the KUBECONFIG
    variable, then the file in the home folder, then the pod's own service account.

    Raises:
        TargetError: there is no configuration, no such context, or signing in
            failed.
    """
    package = _package()
    files, paths = _files(kubeconfig)
    present = [path for path in paths if os.path.exists(path)]
    try:
        if present:
            return _from_files(package, present, context)
        if not files and not context and (SERVICE_ACCOUNT / "token").exists():
            return _in_cluster(package)
    except TargetError:
        raise
    except Exception as error:  # a kubeconfig is foreign input, and so are plugins
        what = printable(f"{type(error).__name__}: {error}")
        raise _unusable(f"the kubeconfig {', '.join(present)} cannot be used: {what}") from error
    raise _unusable(
        f"there is no kubeconfig at {', '.join(paths)}, and this is no pod",
        next="set KUBECONFIG, or use --kubeconfig FILE",
    )


def where(kubeconfig: str = "") -> str:
    """Say, for people, what `load` reads: the files, or the pod's own service account."""
    present = [path for path in _files(kubeconfig)[1] if os.path.exists(path)]
    return ", ".join(present) or "the service account of this pod"


def _files(kubeconfig: str) -> tuple[str, list[str]]:
    """Return what was asked for (empty: nothing) and the files to look for."""
    files = kubeconfig or os.environ.get("KUBECONFIG", "")
    parts = (files or DEFAULT_FILE).split(os.pathsep)
    return files, [os.path.expanduser(path) for path in parts if path]


def _package() -> Any:
    try:
        import kubernetes.config.incluster_config
        import kubernetes.config.kube_config
    except ImportError as error:
        raise _unusable(f"the Python package `kubernetes` cannot be imported: {error}") from error
    return kubernetes


def _from_files(package: Any, paths: list[str], context: str) -> Access:
    module = package.config.kube_config
    merged = module.KubeConfigMerger(os.pathsep.join(paths))
    config = merged.config
    name = context or str(config.safe_get("current-context") or "")
    _check_context(config, name, paths)
    loader = module.KubeConfigLoader(
        config_dict=config,
        active_context=name,
        config_base_path=None,
        config_persister=merged.save_changes,
    )
    configuration = package.client.Configuration(host="https://localhost")
    loader.load_and_set(configuration)
    chosen = config["contexts"].get_with_name(name)["context"]
    _check_plugin(module, config, chosen, configuration)
    cluster = config["clusters"].get_with_name(chosen["cluster"])["cluster"]
    return _access(
        configuration,
        context=name,
        namespace=str(chosen.safe_get("namespace") or "default"),
        proxy=str(cluster.safe_get("proxy-url") or ""),
        server_name=str(cluster.safe_get("tls-server-name") or ""),
    )


def _check_context(config: Any, name: str, paths: list[str]) -> None:
    names = [str(item["name"]) for item in config["contexts"].value if "name" in item]
    where = ", ".join(paths)
    if not name:
        raise _unusable(
            f"{where} has no current context, and none was named",
            next=f"--context {names[0]}" if names else "",
        )
    if name in names:
        return
    near = difflib.get_close_matches(name, names, n=1)
    listed = ", ".join(names) or "none"
    meant = f"did you mean `{near[0]}`?" if near else f"it has {listed}"
    raise _unusable(f"{where} has no context `{name}`: {meant}", contexts=listed)


def _check_plugin(module: Any, config: Any, chosen: Any, configuration: Any) -> None:
    """Raise what a sign-in program said: the package logs it and goes on without."""
    user_name, users = chosen.safe_get("user"), config.safe_get("users")
    node = config["users"].get_with_name(user_name, safe=True) if user_name and users else None
    user = node["user"] if node is not None else None
    if user is None or "exec" not in user or configuration.api_key or configuration.cert_file:
        return
    try:
        module.ExecProvider(user["exec"], None).run()
    except Exception as error:  # a foreign program and a foreign package
        raise _sign_in_failed(error) from error
    raise _sign_in_failed(RuntimeError(f"`{user['exec']['command']}` gave neither token nor key"))


def _in_cluster(package: Any) -> Access:
    configuration = package.client.Configuration(host="https://localhost")
    package.config.incluster_config.load_incluster_config(client_configuration=configuration)
    file = SERVICE_ACCOUNT / "namespace"
    namespace = file.read_text().strip() if file.exists() else "default"
    return _access(configuration, context="", namespace=namespace, proxy="", server_name="")


def _access(
    configuration: Any, *, context: str, namespace: str, proxy: str, server_name: str
) -> Access:
    server = str(configuration.host).rstrip("/")
    return Access(
        server=server,
        context=context,
        namespace=namespace,
        tls=_tls(configuration) if server.startswith("https:") else None,
        server_name=server_name,
        proxy=_proxy(server, proxy),
        _configuration=configuration,
    )


def _tls(configuration: Any) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=configuration.ssl_ca_cert or None)
    # Clusters' own authorities often lack what Python 3.13 demands of them and
    # Go, hence kubectl, does not.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file or None)
    return context


def _proxy(server: str, configured: str) -> str:
    """Return the proxy of the cluster's entry, else the environment's."""
    url = urllib.parse.urlsplit(server)
    proxy = configured
    if not proxy and not urllib.request.proxy_bypass(url.netloc):
        proxy = urllib.request.getproxies().get(url.scheme, "")
    scheme = urllib.parse.urlsplit(proxy).scheme
    if proxy and scheme not in ("http", "https"):
        # Without the rest of its URL, which may hold a password.
        raise _unusable(f"a `{scheme}` proxy cannot be used: only http and https proxies can")
    return proxy


def _sign_in_failed(error: Exception) -> TargetError:
    return TargetError(
        f"signing in failed: {printable(str(error) or type(error).__name__)}",
        reason="UNAUTHENTICATED",
        next="sign in again until `kubectl get pods` works",
    )


def _unusable(message: str, next: str = "", **metadata: str) -> TargetError:
    return TargetError(
        message,
        reason="RUNTIME_UNAVAILABLE",
        next=next,
        permanent=True,
        runtime="kubernetes",
        **metadata,
    )
