"""Kubeconfigs of every kind, and what is said about those that cannot be used."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from cstudiod.errors import TargetError
from cstudiod.runtimes.kubernetes import config

pytestmark = pytest.mark.timeout(20)  # the library takes a third of a second, a plugin as long


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("KUBECONFIG", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def write(
    folder: Path, name: str = "config", user: Any = None, cluster: Any = None, **context: Any
) -> str:
    file = folder / name
    body = {
        "current-context": "dev",
        "clusters": [{"name": "c", "cluster": {"server": "http://k:1", **(cluster or {})}}],
        "users": [{"name": "u", "user": user or {}}],
        "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u", **context}}],
    }
    file.write_text(json.dumps(body))
    return str(file)


def plugin(folder: Path, script: str) -> dict[str, Any]:
    program = folder / "plugin.py"
    program.write_text(script)
    version = "client.authentication.k8s.io/v1beta1"
    return {"exec": {"apiVersion": version, "command": sys.executable, "args": [str(program)]}}


GIVES_TOKEN = """
import json, pathlib
count = pathlib.Path(__file__).with_suffix(".count")
n = len(count.read_text()) if count.exists() else 0
count.write_text("x" * (n + 1))
print(json.dumps({"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential",
    "status": {"token": f"t{n}", "expirationTimestamp": "%s"}}))
"""


def test_a_token(tmp_path: Path) -> None:
    """The server, the namespace and the header."""
    access = config.load(write(tmp_path, user={"token": "s3cret"}, namespace="shop"))
    assert (access.server, access.namespace, access.context) == ("http://k:1", "shop", "dev")
    assert access.tls is None
    assert {key.lower(): value for key, value in access.headers().items()} == {
        "authorization": "Bearer s3cret"
    }
    assert "s3cret" not in repr(access)


def test_a_list_of_files(tmp_path: Path) -> None:
    """A list is merged; files that are not there do not matter."""
    one = write(tmp_path, "one", user={"token": "a"})
    two = tmp_path / "two"
    two.write_text(
        json.dumps({"contexts": [{"name": "other", "context": {"cluster": "c", "user": "u"}}]})
    )
    files = os.pathsep.join([str(tmp_path / "none"), one, str(two)])
    assert config.load(files).context == "dev"
    assert config.load(files, "other").context == "other"


def test_the_default_file(tmp_path: Path) -> None:
    """Without a word, the file in the home folder."""
    (tmp_path / ".kube").mkdir()
    write(tmp_path / ".kube", "config")
    assert config.load().namespace == "default"


def test_a_plugin_is_asked_again_when_its_token_expires(tmp_path: Path) -> None:
    """Every request has a token that is good now."""
    stale = config.load(
        write(tmp_path, user=plugin(tmp_path, GIVES_TOKEN % "2020-01-01T00:00:00Z"))
    )
    first, second = (next(iter(stale.headers().values())) for _ in range(2))
    assert first != second


def test_a_plugin_is_not_asked_while_its_token_is_good(tmp_path: Path) -> None:
    """Signing in happens once."""
    good = config.load(write(tmp_path, user=plugin(tmp_path, GIVES_TOKEN % "2999-01-01T00:00:00Z")))
    assert good.headers() == good.headers()
    assert (tmp_path / "plugin.count").read_text() == "x"


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("import sys; sys.exit('your session has expired')", "your session has expired"),
        ("print('no json')", "failed to decode"),
    ],
)
def test_a_plugin_that_fails(tmp_path: Path, script: str, says: str) -> None:
    """What the sign-in program said is what the user is told."""
    with pytest.raises(TargetError, match=says) as caught:
        config.load(write(tmp_path, user=plugin(tmp_path, script)))
    assert caught.value.reason == "UNAUTHENTICATED"


def test_a_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cluster's own proxy, else the environment's, except for NO_PROXY."""
    plain = write(tmp_path)
    assert config.load(plain).proxy == ""
    own = write(tmp_path, "own", cluster={"proxy-url": "http://p:2"})
    assert config.load(own).proxy == "http://p:2"
    monkeypatch.setenv("HTTP_PROXY", "http://e:3")
    assert config.load(plain).proxy == "http://e:3"
    monkeypatch.setenv("NO_PROXY", "k")
    assert config.load(plain).proxy == ""
    socks = write(tmp_path, "socks", cluster={"proxy-url": "socks5://u:secret@p:2"})
    with pytest.raises(TargetError, match="`socks5` proxy cannot be used") as caught:
        config.load(socks)
    assert "secret" not in caught.value.message


def test_tls(tmp_path: Path) -> None:
    """Checked by default, not checked when that was asked for."""
    safe = config.load(write(tmp_path, cluster={"server": "https://k:1/"}))
    assert safe.tls is not None
    assert safe.tls.check_hostname
    cluster = {"server": "https://k:1", "insecure-skip-tls-verify": True, "tls-server-name": "n"}
    unsafe = config.load(write(tmp_path, cluster=cluster))
    assert unsafe.tls is not None
    assert not unsafe.tls.check_hostname
    assert unsafe.server_name == "n"


@pytest.mark.parametrize(
    ("context", "says"),
    [
        ("deb", "did you mean `dev`?"),
        ("production", "it has dev"),
    ],
)
def test_an_unknown_context(tmp_path: Path, context: str, says: str) -> None:
    """The nearest one is named, or all."""
    with pytest.raises(TargetError) as caught:
        config.load(write(tmp_path), context)
    assert says in caught.value.message
    assert caught.value.reason == "RUNTIME_UNAVAILABLE"
    assert caught.value.permanent


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "contexts: 3", "current-context: x\ncontexts:\n- name: x\n", "a: \t b"]
)
def test_a_kubeconfig_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    """Any file can be a kubeconfig; the sentence names it."""
    file = tmp_path / "broken"
    file.write_text(text)
    with pytest.raises(TargetError) as caught:
        config.load(str(file))
    assert caught.value.reason == "RUNTIME_UNAVAILABLE"
    assert "broken" in caught.value.message
    assert "\n" not in caught.value.message


def test_no_kubeconfig(tmp_path: Path) -> None:
    """Where it was looked for is said."""
    with pytest.raises(TargetError, match=r"there is no kubeconfig at .*/\.kube/config") as caught:
        config.load()
    assert caught.value.next
    with pytest.raises(TargetError, match=r"there is no kubeconfig at .*/none"):
        config.load(str(tmp_path / "none"))


def test_a_missing_key_file(tmp_path: Path) -> None:
    """A certificate that is not there is named."""
    cluster = {"server": "https://k:1"}
    user = {"client-certificate": "gone.crt", "client-key": "gone.key"}
    with pytest.raises(TargetError, match=r"gone\.crt"):
        config.load(write(tmp_path, user=user, cluster=cluster))
