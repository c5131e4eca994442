"""The line of a first sync."""

from __future__ import annotations

import pytest
from cstudio.cli import progress
from cstudio_api.v1 import sync_sessions_pb2 as pb


def session(**work: object) -> pb.SyncSession:
    return pb.SyncSession(
        state=pb.SyncSession.STATE_SYNCING,
        progress=pb.SyncProgress(**work) if work else None,  # type: ignore[arg-type] # by name
    )


def test_the_line_has_share_count_rate_and_remaining_time() -> None:
    line = progress.line(
        "api",
        session(
            phase="copy",
            files_done=1204,
            files_total=5000,
            bytes_done=25_000_000,
            bytes_total=100_000_000,
            bytes_per_second=25e6,
        ),
    )
    assert line == ("api  copy [####------------]  25 %  1,204/5,000 files  25.0 MB/s  0:03 left")


def test_while_the_total_is_unknown_there_is_no_bar() -> None:
    assert progress.line("api", session(phase="scan", files_done=12)) == "api  scan  12 files"


def test_without_work_the_line_has_the_state_and_the_reason() -> None:
    waiting = pb.SyncSession(
        state=pb.SyncSession.STATE_DISCONNECTED, reason=pb.SyncReason(message="no\nanswer")
    )
    assert progress.line("api", waiting) == "api  disconnected  no answer"


@pytest.mark.parametrize(
    ("remaining", "rate", "text"),
    [(90e6, 1e6, "1:30 left"), (7300e6, 1e6, "2:01:40 left"), (0, 1e6, "")],
)
def test_the_remaining_time_is_at_the_present_rate(
    remaining: float, rate: float, text: str
) -> None:
    done = session(
        phase="copy",
        files_done=1,
        bytes_done=1,
        bytes_total=int(remaining) + 1,
        bytes_per_second=rate,
    )
    assert progress.line("api", done).endswith(text)


def test_a_share_never_exceeds_the_whole() -> None:
    assert progress.share(pb.SyncProgress(bytes_done=9, bytes_total=3)) == 1.0
    assert progress.share(pb.SyncProgress(files_done=1, files_total=4)) == 0.25
