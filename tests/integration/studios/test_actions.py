"""Actions of a studio in the local runtime: what people run, follow, cancel and look up later."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cstudio_api.v1 import actions_pb2, studios_pb2
from support.workshop import Workshop, eventually, workshop

pytestmark = pytest.mark.timeout(180)

TEMPLATE = """
name: acts
blocks:
  - type: file_synchronization
    zones:
      - {zone: code_studio_versioned, target: own}
  - type: entrypoint
    label: Chatter
    command: "echo begun; while true; do echo tick; sleep 0.3; done"
  - {type: custom_action, name: where, label: Where, command: "pwd; echo $HOME; ls -d __CODE_STUDIO_VERSIONED__"}
  - {type: custom_action, name: fails, label: Fails, command: "echo no >&2; exit 7"}
  - {type: custom_action, name: slow, label: Slow, command: "sleep 1000", timeout: 1s}
  - {type: custom_action, name: alone, label: Alone, command: "sleep 1; echo done", behaviour: detach}
"""  # noqa: E501
RUN = actions_pb2.ActionRun


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A daemon with a studio that runs."""
    with workshop(tmp_path_factory.mktemp("actions")) as made:
        made.create("s", made.template(TEMPLATE))
        made.start("s")
        yield made


def run_of(shop: Workshop, id: str) -> Any:
    return shop.actions.GetActionRun(actions_pb2.GetActionRunRequest(id=id))


def is_alive(shop: Workshop, marker: str) -> bool:
    return shop.run_in("s", "pgrep", "-f", marker)[0] == 0


def test_an_action_runs_in_the_workspace(shop: Workshop) -> None:
    """As any program of the studio, and is told where its zones are."""
    run, said = shop.ran("s", "where")
    workspace, home, zone = said.split("\n")[:3]
    assert (run.state, run.exit_status) == (RUN.STATE_ENDED, 0)
    assert zone == f"{workspace}/own"
    assert shop.show("s").uid in home


def test_any_command_runs_word_by_word(shop: Workshop) -> None:
    """No shell reads it; its exit status and its errors come back."""
    run, said = shop.ran("s", "", "echo", "a  b", "$HOME", "'")
    assert (run.exit_status, said) == (0, "a  b $HOME '\n")
    run, said = shop.ran("s", "fails")
    assert (run.state, run.exit_status, said) == (RUN.STATE_ENDED, 7, "no\n")
    request = actions_pb2.RunActionRequest(studio="s", command=["true"], folder="nowhere")
    run, said = shop.followed(shop.actions.RunAction(request).id)
    assert run.exit_status == 126
    assert said.startswith("cstudio: there is no folder ")
    run, said = shop.ran("s", "", "no-such-program-at-all")
    assert run.exit_status == 127
    assert "no-such-program-at-all" in said


def test_a_run_has_its_time(shop: Workshop) -> None:
    """The action's, or what is asked for; then what it started is ended."""
    began = time.monotonic()
    run, _ = shop.ran("s", "slow")
    assert run.state == RUN.STATE_TIMED_OUT
    run, said = shop.ran("s", "", "sh", "-c", "echo first; sleep 4242", seconds=1)
    assert (run.state, said) == (RUN.STATE_TIMED_OUT, "first\n")
    assert "longer than 1 s" in run.detail
    assert time.monotonic() - began < 30
    eventually(lambda: not is_alive(shop, "[s]leep 4242"))


def test_a_cancelled_run_ends_with_all_it_started(shop: Workshop) -> None:
    """Its children too, also when it is cancelled in its first moment."""
    slow = shop.act("s", "", "sh", "-c", "sleep 5151 & sleep 5252 & wait")
    eventually(lambda: is_alive(shop, "[s]leep 5252"))
    cancel = actions_pb2.CancelActionRunRequest(id=slow.id)
    assert shop.actions.CancelActionRun(cancel).state == RUN.STATE_CANCELLED
    eventually(lambda: not is_alive(shop, "[s]leep 5[12]5[12]"))
    at_once = shop.act("s", "", "sleep", "5353")
    shop.actions.CancelActionRun(actions_pb2.CancelActionRunRequest(id=at_once.id))
    assert run_of(shop, at_once.id).state == RUN.STATE_CANCELLED
    eventually(lambda: not is_alive(shop, "[s]leep 5353"))
    again = shop.actions.CancelActionRun(cancel)
    assert again.state == RUN.STATE_CANCELLED


def test_nobody_has_to_wait_for_a_run(shop: Workshop) -> None:
    """Who asked may go; who comes later finds all of it."""
    run = shop.act("s", "alone")
    assert run.state == RUN.STATE_RUNNING
    eventually(lambda: run_of(shop, run.id).state == RUN.STATE_ENDED)
    ended, said = shop.followed(run.id)
    assert (ended.exit_status, said) == (0, "done\n")


def test_several_follow_one_run(shop: Workshop) -> None:
    """Each from its first byte, however late they come, while it goes on."""
    run = shop.act("s", "", "sh", "-c", "for i in 1 2 3 4 5 6; do echo $i; sleep 0.3; done")
    told: list[str] = []

    def follow() -> None:
        told.append(shop.followed(run.id)[1])

    followers = [threading.Thread(target=follow) for _ in range(3)]
    for one in followers:
        one.start()
        time.sleep(0.4)
    for one in followers:
        one.join()
    assert told == ["1\n2\n3\n4\n5\n6\n"] * 3


def test_much_output_arrives_whole(shop: Workshop) -> None:
    """Or is counted: 8 MiB are kept."""
    run, said = shop.ran("s", "", "sh", "-c", "head -c 5000000 /dev/zero | tr '\\0' x")
    assert (run.output_bytes, run.dropped_bytes, len(said)) == (5_000_000, 0, 5_000_000)
    run, said = shop.ran("s", "", "sh", "-c", "head -c 9000000 /dev/zero | tr '\\0' x; exit 3")
    assert (run.exit_status, run.output_bytes + run.dropped_bytes) == (3, 9_000_000)
    assert len(said) == run.output_bytes == 8 * 1024 * 1024


def test_what_cannot_be_run_is_told(shop: Workshop) -> None:
    """With what there is instead."""
    with pytest.raises(Exception, match="it has: where, fails, slow, alone"):
        shop.act("s", "nothing")
    with pytest.raises(Exception, match="no command"):
        shop.act("s")
    shop.create("down", "acts")
    with pytest.raises(Exception, match="`down` is STOPPED"):
        shop.act("down", "where")


def test_the_programs_output_is_kept(shop: Workshop) -> None:
    """Labelled; followed as it grows."""
    eventually(lambda: "tick" in shop.logs("s"))
    assert "[Chatter] begun" in shop.logs("s", lines=100_000)
    request = studios_pb2.ReadStudioLogsRequest(name="s", lines=1, follow=True)
    said = b""
    following = shop.studios.ReadStudioLogs(request, timeout=20)
    for piece in following:
        said += piece.data
        if said.count(b"tick") > 4:
            following.cancel()
            break
    assert said.count(b"tick") > 4


def test_history_outlives_the_daemon(shop: Workshop) -> None:
    """Output and all; what ran then is lost, and says so."""
    kept, said = shop.ran("s", "", "echo", "to be kept")
    running = shop.act("s", "", "sleep", "6161")
    eventually(lambda: is_alive(shop, "[s]leep 6161"))
    shop.killed_and_back()
    listed = shop.actions.ListActionRuns(actions_pb2.ListActionRunsRequest(studio="s")).runs
    assert [one.id for one in listed][:2] == [running.id, kept.id]
    assert (listed[0].state, listed[1].state) == (RUN.STATE_LOST, RUN.STATE_ENDED)
    assert listed[0].detail
    assert shop.followed(kept.id)[1] == said == "to be kept\n"
