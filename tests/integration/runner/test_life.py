"""A studio starts, is ready, and stops; there is one runner of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.studios import BASE, Studio, eventually, free_port, python

SERVER = "import http.server, sys; http.server.test(port=int(sys.argv[1]), bind=sys.argv[2])"


def _web(port: int, listen: int) -> dict[str, object]:
    return {
        "entrypoints": [
            {
                "name": "web",
                "label": "Web",
                "port": port,
                "command": python(SERVER, "${port}", "${host}"),
            }
        ],
        "ports": [{"port": port, "listen": listen}],
        "readiness": {"tcp": True},
    }


def test_a_studio_starts_and_stops(studio: Studio) -> None:
    """From the first start to a stop on request: ready, probed, told, gone."""
    listen = free_port()
    studio.start(**_web(8000, listen)).until_ready()
    assert studio.probe().returncode == 0
    told = json.loads(studio.run("status", str(studio.folder / "launch.json")).stdout)
    assert (told["alive"], told["phase"], told["base_path"]) == (True, "ready", BASE)
    assert told["readiness"]["ports"] == [
        {"port": 8000, "listen": listen, "outcome": "ok", "detail": ""}
    ]
    pid = told["entrypoints"][0]["pid"]
    os.kill(pid, 0)
    assert studio.stop() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert studio.status()["phase"] == "stopped"
    own = (studio.state / "logs" / "cstudio.log").read_text().splitlines()
    assert own[-3:] == [
        "[cstudio] ready",
        "[cstudio] asked to stop by SIGTERM",
        "[cstudio] stopped",
    ]
    probe = studio.probe()
    assert (probe.returncode, probe.stdout) == (1, "the runner does not run here\n")


def test_entrypoints_start_in_order_and_know_where_they_are(studio: Studio) -> None:
    """Their lines are labelled; variables mean the same in words and in a shell line."""
    first, second = free_port(), free_port()
    words = ["echo", "${baseUrl}", "${port}"]
    line = "echo ${baseUrl} ${port} $DKU_CODE_STUDIO_BROWSER_PATH_80; pwd"
    greet, env = "echo ${CSTUDIO_LAUNCH-unset} $GREETING", {"GREETING": "hello ${workdir}"}
    inside = _made(studio.workdir / "in")
    studio.start(
        entrypoints=[
            {"name": "a", "label": "One", "command": words, "port": 80, "restart": "never"},
            {"name": "b", "command": line, "port": 81, "cwd": "in", "restart": "never"},
            {"name": "c", "command": greet, "env": env, "restart": "never"},
        ],
        ports=[{"port": 80, "listen": first}, {"port": 81, "listen": second}],
        options={"env": {**os.environ, "CSTUDIO_LAUNCH": "secret"}, "cwd": inside},
    )
    eventually(lambda: all(studio.entry(one).get("state") == "ended" for one in "abc"))
    lines = studio.output().splitlines()
    assert [line for line in lines if line.startswith("[cstudio] started")] == [
        line for name in ("One", "b", "c") for line in lines if f"started `{name}`" in line
    ]
    assert f"[b] {BASE} {second} {BASE}/80" in lines
    assert f"[b] {studio.workdir}/in" in lines
    assert f"[c] unset hello {studio.workdir}" in lines
    assert f"[One] {BASE} {first}" in lines
    assert (studio.state / "logs" / "c.log").read_text() == f"[c] unset hello {studio.workdir}\n"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def test_a_second_runner_is_refused(studio: Studio) -> None:
    """It names the first, and the first goes on."""
    studio.start(**_web(8000, free_port())).until_ready()
    second = studio.run(str(studio.folder / "launch.json"))
    assert second.returncode == 3
    assert f"is in use by a runner, process {studio.runner.pid}" in second.stderr
    assert studio.probe().returncode == 0


def test_the_environment_may_name_the_document(studio: Studio) -> None:
    """As in a pod or a container; probes find the studio by it as well."""
    document = studio.write(**_web(8000, free_port()))
    env = {**os.environ, "CSTUDIO_LAUNCH": document}
    runner = subprocess.Popen(studio.command(), env=env, stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: studio.run("probe", CSTUDIO_LAUNCH=document).returncode == 0)
        assert studio.run("probe", CSTUDIO_RUNNER_STATE=str(studio.state)).returncode == 0
    finally:
        runner.terminate()
    assert runner.wait(20) == 0


def test_what_is_wrong_is_told_before_anything_starts(studio: Studio) -> None:
    bad = studio.write(entrypoints=[{"name": "a", "command": []}], colour="red")
    told = studio.run(CSTUDIO_LAUNCH=bad)
    assert told.returncode == 2
    assert "entrypoints[0].command is neither" in told.stderr
    assert "colour is unknown" in told.stderr
    assert not studio.state.exists()
    nothing = studio.run(CSTUDIO_LAUNCH="")
    assert (nothing.returncode, "no launch document" in nothing.stderr) == (2, True)
    missing = studio.run(CSTUDIO_LAUNCH="/nowhere/launch.json")
    assert (missing.returncode, "cannot read the launch document" in missing.stderr) == (2, True)
    needs = studio.write(base_path="/web/${K8S_POD_NAME}")
    assert "the downward API sets it" in studio.run(CSTUDIO_LAUNCH=needs, K8S_POD_ID="x").stderr


def test_a_state_folder_of_someone_else_or_a_link_is_refused(studio: Studio) -> None:
    elsewhere = _made(studio.folder / "elsewhere")
    studio.state.symlink_to(elsewhere)
    refused = studio.run(CSTUDIO_LAUNCH=studio.write())
    assert (refused.returncode, list(elsewhere.iterdir())) == (4, [])
    if os.geteuid() == 0:
        studio.state.unlink()
        os.chown(_made(studio.state), 65534, 65534)
        assert studio.run(CSTUDIO_LAUNCH=studio.write()).returncode == 4
        assert list(studio.state.iterdir()) == []


OBSTINATE = """
import signal, sys, time
def got(number, frame): print("got", signal.Signals(number).name, flush=True)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, got)
print("up", flush=True)
while True:
    time.sleep(1)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_signal_is_passed_on_then_who_stays_is_killed(studio: Studio, number: int) -> None:
    """All groups hear it; after the grace nobody is asked any more, and the status is 0."""
    name = signal.Signals(number).name
    studio.start(
        entrypoints=[
            {"name": "polite", "command": ["sleep", "600"]},
            {"name": "deaf", "command": python(OBSTINATE)},
        ],
        timing={"grace": 1},
    )
    studio.until_said("[deaf] up")
    pids = [studio.entry(one)["pid"] for one in ("polite", "deaf")]
    assert studio.stop(number) == 0
    assert f"[deaf] got {name}" in studio.output()
    assert "the grace of 1 s is over" in studio.output()
    assert studio.entry("deaf")["exits"][-1]["signal"] == "SIGKILL"
    assert studio.entry("polite")["exits"][-1]["signal"] == name
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_second_request_cuts_the_grace_short(studio: Studio) -> None:
    studio.start(entrypoints=[{"name": "deaf", "command": python(OBSTINATE)}], timing={"grace": 60})
    studio.until_said("[deaf] up")
    studio.runner.terminate()
    studio.until_said("[deaf] got SIGTERM")
    assert studio.stop() == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="orphans are init's elsewhere")
def test_orphans_are_reaped_and_leave_with_the_studio(studio: Studio) -> None:
    """What daemonised itself becomes the runner's child: no zombie, and no survivor."""
    short = "(setsid sleep 0.3 &); exec sleep 600"
    long = "(setsid sh -c 'echo orphan $$; exec sleep 600' &); exec sleep 600"
    studio.start(
        entrypoints=[{"name": "short", "command": short}, {"name": "long", "command": long}]
    )
    studio.until_said("[long] orphan ")
    orphan = int(studio.output().partition("[long] orphan ")[2].split()[0])
    time.sleep(0.6)
    eventually(lambda: not _zombies(studio.runner.pid))
    os.kill(orphan, 0)
    assert studio.stop() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(orphan, 0)


def _zombies(parent: int) -> list[int]:
    stats = [Path("/proc", name, "stat") for name in os.listdir("/proc") if name.isdigit()]
    found = []
    for stat in stats:
        try:
            state, its_parent = stat.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if state == "Z" and int(its_parent) == parent:
            found.append(int(stat.parent.name))
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc to find them")
def test_what_a_killed_runner_left_is_ended_by_the_next(studio: Studio) -> None:
    """Its server holds the port: it would be told as taken by a stranger."""
    web = _web(8000, free_port())
    studio.start(**web).until_ready()
    left = studio.entry("web")["pid"]
    studio.runner.kill()
    studio.runner.wait()
    os.kill(left, 0)
    assert studio.status()["ready"] is True
    studio.start(**web)
    eventually(lambda: studio.status().get("pid") == studio.runner.pid and studio.status()["ready"])
    assert studio.entry("web")["restarts"] == 0
    assert studio.entry("web")["pid"] != left
    previous = json.loads((studio.state / "status.previous.json").read_text())
    assert previous["entrypoints"][0]["pid"] == left
    assert studio.stop() == 0
