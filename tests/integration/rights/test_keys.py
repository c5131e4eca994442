"""Keys over TLS: made, used from the command line, ended; and never written down."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import grpc
import pytest
from cstudio_api.v1 import keys_pb2, studios_pb2
from google.protobuf.duration_pb2 import Duration
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from support import certificates
from support.cli import Cstudio
from support.people import TEMPLATE, Person, Refused, World, connect
from support.studios import free_port
from support.workshop import Workshop

pytestmark = pytest.mark.timeout(300)


def ended(person: Person, method: str, *requests: object) -> threading.Thread:
    """Return a thread that ends with UNAUTHENTICATED when a stream does, once it has begun."""
    answers = person.stream(method, *requests)
    next(answers)

    def listen() -> None:
        with pytest.raises(grpc.RpcError) as refused:
            for _ in answers:
                pass
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED

    thread = threading.Thread(target=listen)
    thread.start()
    return thread


def test_what_goes_on_with_a_key_ends_when_it_is_revoked(world: World) -> None:
    """A watch that is silent, and a command inside; the next call is refused."""
    made = world.root.ask("Keys/CreateKey", login="alice", groups=["data"])
    alice = world.with_key(made.secret)
    start = studios_pb2.ExecuteInStudioRequest.Start(
        name="lab", command=["sh", "-c", "echo begun; exec sleep 4242"]
    )
    threads = [
        ended(alice, "Studios/WatchStudios"),
        ended(alice, "Studios/ExecuteInStudio", studios_pb2.ExecuteInStudioRequest(start=start)),
    ]
    world.chief.ask("Keys/RevokeKey", id=made.key.id)
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    with pytest.raises(Refused) as refused:
        alice.ask("Studios/ListStudios")
    assert refused.value.code == "UNAUTHENTICATED"
    for _ in range(100):
        if not subprocess.run(["pgrep", "-f", "sleep 4242"], capture_output=True).stdout:
            break
        time.sleep(0.1)
    else:
        raise AssertionError("the command goes on")


def test_a_link_signs_in_as_its_maker_for_no_longer_than_their_key(world: World) -> None:
    """Made over TCP; the browser that opens it has the rights of the key, until it is revoked."""
    made = world.root.ask("Keys/CreateKey", login="dora", groups=["data"])
    link = world.with_key(made.secret).ask("Keys/CreateSignInLink").url
    address, _, secret = link.partition("/sign-in#")
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    browser.addheaders = [("Via", "1.1 test")]  # else the kernel says that it is root
    form = urllib.parse.urlencode({"link": secret, "next": "/session"}).encode()
    with browser.open(f"{address}/sign-in", form, timeout=20):
        pass
    with browser.open(f"{address}/session", timeout=20) as answer:
        said = json.load(answer)
    assert (said["login"], said["admin"]) == ("dora", False)
    world.chief.ask("Keys/RevokeKey", id=made.key.id)
    with pytest.raises(urllib.error.HTTPError) as refused:
        browser.open(f"{address}/session", timeout=20)
    with refused.value as answer:
        assert answer.code == 401


def test_a_stream_ends_when_its_key_expires(world: World) -> None:
    made = world.root.ask("Keys/CreateKey", login="bob", ttl=Duration(nanos=700_000_000))
    thread = ended(world.with_key(made.secret), "Studios/WatchStudios")
    thread.join(20)
    assert not thread.is_alive()


def test_health_and_reflection_want_a_key_too(world: World) -> None:
    def answers(key: str) -> list[grpc.StatusCode]:
        with connect(world.address, world.tls, key) as channel:
            health: Any = health_pb2_grpc.HealthStub(channel)
            reflection: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
            asked = reflection_pb2.ServerReflectionRequest(list_services="*")
            found = []
            for call in (
                lambda: health.Check(health_pb2.HealthCheckRequest(), timeout=20),
                lambda: next(reflection.ServerReflectionInfo(iter([asked]), timeout=20)),
            ):
                try:
                    call()
                    found.append(grpc.StatusCode.OK)
                except grpc.RpcError as error:
                    found.append(error.code())
            return found

    assert answers(world.bob.key) == [grpc.StatusCode.OK] * 2
    assert answers("") == [grpc.StatusCode.UNAUTHENTICATED] * 2


def test_without_tls_there_is_nothing(world: World) -> None:
    """Neither gRPC nor anything else in the clear gets a word."""
    host, _, port = world.address.rpartition(":")
    with grpc.insecure_channel(world.address) as channel, pytest.raises(Refused) as refused:
        Person(channel).ask("Studios/ListStudios")
    assert refused.value.code == "UNAVAILABLE"
    with socket.create_connection((host, int(port)), 10) as raw:
        raw.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        raw.settimeout(10)
        said = b"".join(iter(lambda: _received(raw), b""))
    assert b"cstudio" not in said


def _received(raw: socket.socket) -> bytes:
    try:
        return raw.recv(4096)
    except OSError:
        return b""


def test_keys_are_never_written_down(world: World) -> None:
    """The log says everything it can; the secret is in no file, and the hash in no log."""
    people = (world.alice, world.bob, world.carol, world.chief)
    secrets = [person.key.rpartition("_")[2].encode() for person in people]
    world.shop.cstudio.run("key", "revoke", people[0].key, status=11)  # pasted by mistake
    log = world.shop.cstudio.log()
    assert "DEBUG" in log
    assert people[0].id in log
    files = [path for path in world.shop.state.rglob("*") if path.is_file()]
    assert any(path.name.startswith("cstudio.db") for path in files)
    for path in files:
        content = path.read_bytes()
        assert not any(secret in content for secret in secrets), path
    listed = str(world.root.ask("Keys/ListKeys"))
    assert all(secret.decode() not in listed + log for secret in secrets)
    assert not re.search(r"\b[0-9a-f]{64}\b", log)


# ------------------------------------------------------------ the command line


@pytest.fixture
def elsewhere(world: World, tmp_path: Path) -> Cstudio:
    """Bob's command line, on a machine that has no daemon."""
    key = tmp_path / "bob.key"
    key.touch(0o600)
    key.write_text(world.bob.key + "\n")
    made = Cstudio(
        tmp_path / "state",
        {
            "CSTUDIO_SERVER": world.address,
            "CSTUDIO_KEY_FILE": str(key),
            "CSTUDIO_CA": str(world.tls.authority),
        },
    )
    made.environment.pop("CSTUDIO_KEY", None)
    return made


def test_the_command_line_works_from_elsewhere(world: World, elsewhere: Cstudio) -> None:
    """With the rights of the key; and no daemon is started here."""
    assert [one["name"] for one in elsewhere.json("studio", "list")] == ["den"]
    refused = elsewhere.run("studio", "exec", "lab", "--project", "P", "--", "true", status=13)
    assert "may not enter" in refused.stderr
    assert elsewhere.daemon_pid() == 0
    status = elsewhere.json("status")
    assert (status["daemon"], [one["name"] for one in status["studios"]]) == (None, ["den"])
    assert "1 studio of yours" in elsewhere.run("status").stdout
    refused = elsewhere.run("daemon", "status", status=13)
    assert "administrators" in refused.stderr
    assert "elsewhere" in elsewhere.run("daemon", "stop", status=2).stderr
    both = elsewhere.run("--socket", "/s", "--server", world.address, "studio", "list", status=2)
    assert "leave one out" in both.stderr


def test_keys_are_made_listed_and_revoked(world: World, elsewhere: Cstudio) -> None:
    """The key alone is on stdout, once."""
    mine = world.shop.cstudio
    made = mine.run("key", "create", "dora", "--group", "ops", "--group", "x", "--expires", "30d")
    (secret,) = made.stdout.split()
    (listed,) = [one for one in mine.json("key", "list") if one["login"] == "dora"]
    assert listed["groups"] == ["ops", "x"]
    assert (listed["admin"], listed["last_used"]) == (False, None)
    elsewhere.environment["CSTUDIO_KEY"] = secret
    assert [one["name"] for one in elsewhere.json("template", "list")] == ["den"]
    elsewhere.run("key", "list", status=13)
    assert secret not in mine.run("key", "list").stdout
    mine.run("key", "revoke", listed["id"])
    refused = elsewhere.run("template", "list", status=13)
    assert "not known here" in refused.stderr
    assert secret not in refused.stderr


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"CSTUDIO_CA": ""}, 10, "certificate is not trusted"),
        ({"CSTUDIO_SERVER": "127.0.0.1:1"}, 10, "refused"),
        ({"CSTUDIO_SERVER": "no-such-host.invalid:8443"}, 10, "cannot be reached"),
        ({"CSTUDIO_SERVER": "nonsense"}, 2, "no address"),
        ({"CSTUDIO_KEY_FILE": ""}, 2, "wants a key"),
        ({"CSTUDIO_KEY_FILE": "/nowhere"}, 2, "cannot be read"),
        ({"CSTUDIO_CA": "/nowhere"}, 2, "cannot be read"),
        ({"CSTUDIO_KEY": "cst_00000000_" + "0" * 64}, 13, "not known here"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told(
    elsewhere: Cstudio, change: dict[str, str], status: int, words: str
) -> None:
    elsewhere.environment.update(change)
    said = elsewhere.run("studio", "list", status=status).stderr
    assert words in said
    assert "hint:" in said or status == 2
    assert len(said.splitlines()) <= 3, said  # and nothing of gRPC's own


def test_a_key_file_that_others_can_read_is_not_used(elsewhere: Cstudio) -> None:
    path = Path(elsewhere.environment["CSTUDIO_KEY_FILE"])
    path.chmod(0o644)
    assert "chmod 600" in elsewhere.run("studio", "list", status=2).stderr


# ----------------------------------------------------------- other daemons


def test_the_local_runtime_is_for_administrators_unless_it_is_said(tmp_path: Path) -> None:
    """Its studios are processes of whoever runs the daemon."""
    address, tls = f"127.0.0.1:{free_port()}", certificates.make(tmp_path / "state" / "tls")
    shop = Workshop(
        tmp_path / "state",
        f'[server]\nlisten = "{address}"\ncertificate = "{tls.certificate}"\nkey = "{tls.key}"\n',
    )
    try:
        name = shop.template(TEMPLATE.format(name="lab", group="data"))
        root = Person(
            grpc.insecure_channel(f"unix:{shop.cstudio.json('daemon', 'status')['socket']}")
        )
        secret = root.ask("Keys/CreateKey", login="alice", groups=["data"]).secret
        alice = Person(connect(address, tls, secret))
        with pytest.raises(Refused) as refused:
            alice.ask("Studios/CreateStudio", name="s", project="P", template=name)
        assert refused.value.right == "runtime.local"
        shop.create("s", name)
        root.ask("Studios/ChangeStudioOwner", name="s", owner="alice")
        start = studios_pb2.ExecuteInStudioRequest.Start(name="s", command=["true"])
        for method, fields in (
            ("Studios/StartStudio", {"name": "s"}),
            ("Studios/ExecuteInStudio", {"start": start}),
            ("Actions/RunAction", {"studio": "s", "command": ["true"]}),
        ):
            missing = alice.refusal(method, **fields)
            assert missing is not None
            assert missing.right == "runtime.local"
    finally:
        shop.close()


def cstudiod(state: Path, configuration: str) -> str:
    """Return what a daemon says that does not start."""
    state.mkdir(exist_ok=True)
    (state / "config.toml").write_text(configuration)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "cstudiod", "--state-dir", str(state)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done
    assert "Traceback" not in done.stderr
    return done.stderr


def test_there_is_no_tcp_without_a_certificate_that_fits(world: World, tmp_path: Path) -> None:
    listen = '[server]\nlisten = "127.0.0.1:18443"\n'
    ours, others = world.tls, certificates.make(tmp_path / "others")
    bad = tmp_path / "bad.pem"
    bad.write_text("nonsense")
    for settings, words in (
        ("", "TLS or not at all"),
        (f'certificate = "{ours.certificate}"\n', "TLS or not at all"),
        (f'certificate = "{ours.certificate}"\nkey = "nowhere"\n', "cannot be read"),
        (f'certificate = "{ours.certificate}"\nkey = "{others.key}"\n', "not a certificate and"),
        (f'certificate = "{bad}"\nkey = "{ours.key}"\n', "not a certificate and"),
    ):
        assert words in cstudiod(tmp_path / "state", listen + settings)


def test_a_port_that_is_taken_is_told(world: World, tmp_path: Path) -> None:
    """Linux would let two daemons share it, and callers meet either."""
    settings = (
        f'[server]\nlisten = "{world.address}"\ncertificate = "{world.tls.certificate}"\n'
        f'key = "{world.tls.key}"\n'
    )
    assert "taken" in cstudiod(tmp_path / "state", settings)


@pytest.mark.root
def test_another_person_of_the_machine_does_not_reach_the_socket(world: World) -> None:
    """Its folder lets nobody else in, and the socket itself neither."""
    where = Path(world.shop.cstudio.json("daemon", "status")["socket"])
    assert where.parent.stat().st_mode & 0o777 == 0o700
    assert where.stat().st_mode & 0o777 == 0o600
    script = (
        "import os, socket, sys; os.setgroups([]); os.setgid(65534); os.setuid(65534);"
        " socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(where)], capture_output=True, text=True, check=False
    )
    assert "PermissionError" in done.stderr


@pytest.mark.parametrize("word", ["Bearer nonsense", "Basic cm9vdDo=", ""])
def test_a_key_over_the_socket_changes_nothing(world: World, word: str) -> None:
    """There everybody is the person who runs the daemon."""
    list_keys: Any = world.root.channel.unary_unary(
        "/cstudio.v1.Keys/ListKeys",
        request_serializer=keys_pb2.ListKeysRequest.SerializeToString,
        response_deserializer=keys_pb2.ListKeysResponse.FromString,
    )
    metadata = (("authorization", word),)
    listed = list_keys(keys_pb2.ListKeysRequest(), timeout=30, metadata=metadata)
    assert {"alice", "bob", "carol", "chief"} <= {key.login for key in listed.keys}
