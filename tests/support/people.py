"""A daemon on TCP, and people who call it: each with a key, nobody without one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from cstudio_api.v1 import (
    actions_pb2,
    daemon_pb2,
    keys_pb2,
    studios_pb2,
    sync_sessions_pb2,
    templates_pb2,
    webapps_pb2,
    zones_pb2,
)
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from support import certificates
from support.certificates import Certificates
from support.studios import free_port
from support.workshop import RUNNING, Workshop, eventually

SECONDS = 60.0
FILES = (
    actions_pb2, daemon_pb2, keys_pb2, studios_pb2, sync_sessions_pb2, templates_pb2, webapps_pb2,
    zones_pb2,
)  # fmt: skip
METHODS = {
    f"{service.name}/{method.name}": method
    for file in FILES
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
TEMPLATE = """
name: {name}
permissions: {{groups: [{group}]}}
blocks:
  - type: file_synchronization
    zones: [{{zone: code_studio_versioned, target: work}}]
  - type: custom_action
    name: hello
    command: echo the secret of the studio
  - type: entrypoint
    label: Site
    command: python3 -m http.server ${{port}} --bind ${{host}}
    expose: {{port: 8000, label: Site, subpath: /}}
    webapps: true
"""


class Refused(Exception):
    """A call was refused: its code, its reason, the right that is missing, what was said."""

    def __init__(self, error: Any) -> None:
        status = rpc_status.from_call(error)
        info = error_details_pb2.ErrorInfo()
        if status is not None:
            (detail,) = status.details
            detail.Unpack(info)
        self.code: str = error.code().name
        self.reason: str = info.reason
        self.right: str = info.metadata.get("right", "")
        self.said: str = error.details() or ""
        super().__init__(f"{self.code} {self.reason} {self.right}: {self.said}")


class Person:
    """Somebody with a connection; every method by its name, with generated messages alone."""

    def __init__(self, channel: grpc.Channel, key: str = "", id: str = "") -> None:
        self.channel = channel
        self.key = key
        self.id = id

    def stream(self, method: str, *requests: Any) -> Any:
        """Make a call and return its answers, whatever its shape; on the wire all are alike."""
        descriptor = METHODS[method]
        given = requests or (descriptor.input_type._concrete_class(),)
        call: Any = self.channel.stream_stream(
            f"/cstudio.v1.{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=descriptor.output_type._concrete_class.FromString,
        )
        return call(iter(given), timeout=SECONDS)

    def ask(self, method: str, **fields: Any) -> Any:
        """Make a call and return its first answer.

        Raises:
            Refused: as it says.
        """
        return self.say(method, METHODS[method].input_type._concrete_class(**fields))

    def refusal(self, method: str, **fields: Any) -> Refused | None:
        """Make a call and return why it was refused; None: it was not."""
        try:
            self.ask(method, **fields)
        except Refused as refused:
            return refused
        return None

    def say(self, method: str, *requests: Any) -> Any:
        """Make a call with these messages and return its first answer; None if there is none."""
        answers = self.stream(method, *requests)
        try:
            return next(answers, None)
        except grpc.RpcError as error:
            raise Refused(error) from None
        finally:
            answers.cancel()


@dataclass(frozen=True, kw_only=True)
class World:
    """One daemon. Alice is of `data`, Bob and Carol of `ops`; the chief is an administrator.

    Alice owns the studio `lab`, which runs, and `idle`, which does not; Bob owns `den`.
    `idle` is published for the group `ops`.
    """

    shop: Workshop
    tls: Certificates
    address: str
    root: Person
    alice: Person
    bob: Person
    carol: Person
    chief: Person
    run: str
    """An action that Alice ran in `lab`."""
    build: str
    """Of the template `lab`."""
    session: str
    """Resource name of the session of `lab`."""
    webapp: str
    """The id of `idle` as a web app."""

    def with_key(self, key: str) -> Person:
        """Return whoever has a key; empty: has none."""
        return Person(connect(self.address, self.tls, key), key)


def connect(address: str, tls: Certificates, key: str) -> grpc.Channel:
    """Return a connection with TLS, and with a key if there is one."""
    credentials = grpc.ssl_channel_credentials(tls.authority.read_bytes())
    if key:
        own = grpc.access_token_call_credentials(key)
        credentials = grpc.composite_channel_credentials(credentials, own)
    return grpc.secure_channel(address, credentials)


@contextlib.contextmanager
def world(state: Path) -> Iterator[World]:
    """Run a daemon that writes all it has to say into its log, and let people in."""
    address = f"127.0.0.1:{free_port()}"
    tls = certificates.make(state / "tls")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CSTUDIO_LOG_LEVEL", "debug")
        for name in ("CSTUDIO_SERVER", "CSTUDIO_KEY", "CSTUDIO_KEY_FILE", "CSTUDIO_CA"):
            patch.delenv(name, raising=False)
        shop = Workshop(state, _configuration(address, tls))
    try:
        yield _peopled(shop, tls, address)
    finally:
        shop.close()


def _configuration(address: str, tls: Certificates) -> str:
    return (
        f'[server]\nlisten = "{address}"\ncertificate = "{tls.certificate.name}"\n'
        f'key = "{tls.key}"\nlocal_runtime = "all"\n'
    ).replace(f'"{tls.certificate.name}"', f'"tls/{tls.certificate.name}"')


def _peopled(shop: Workshop, tls: Certificates, address: str) -> World:
    socket = shop.cstudio.json("daemon", "status")["socket"]
    root = Person(grpc.insecure_channel(f"unix:{socket}"))

    def person(login: str, *groups: str, admin: bool = False) -> Person:
        made = root.ask("Keys/CreateKey", login=login, groups=groups, admin=admin)
        return Person(connect(address, tls, made.secret), made.secret, made.key.id)

    alice, bob, carol = person("alice", "data"), person("bob", "ops"), person("carol", "ops")
    chief = person("chief", admin=True)
    for name, group in (("lab", "data"), ("den", "ops")):
        shop.template(TEMPLATE.format(name=name, group=group))
    for owner, name, template in (
        (alice, "lab", "lab"),
        (alice, "idle", "lab"),
        (bob, "den", "den"),
    ):
        owner.ask("Studios/CreateStudio", name=name, project="P", template=template)
    alice.ask("Studios/StartStudio", name="lab")
    eventually(lambda: alice.ask("Studios/GetStudio", name="lab").state == RUNNING)
    run = alice.ask("Actions/RunAction", studio="lab", action="hello").id
    eventually(
        lambda: alice.ask("Actions/GetActionRun", id=run).state == actions_pb2.ActionRun.STATE_ENDED
    )
    (build,) = root.ask("Templates/ListTemplateBuilds", template="lab").builds
    access = webapps_pb2.WebAppAccess(groups=["ops"])
    webapp = alice.ask("WebApps/PublishWebApp", studio="idle", access=access)
    (zone,) = alice.ask("Studios/GetStudio", name="lab").zones
    return World(
        shop=shop, tls=tls, address=address, root=root, alice=alice, bob=bob, carol=carol,
        chief=chief, run=run, build=build.id, session=f"syncSessions/{zone.session}",
        webapp=webapp.id,
    )  # fmt: skip
