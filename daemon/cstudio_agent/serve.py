"""Serves one tree over a stream: a request in, its answer out.

The main thread reads requests and changes the tree. Looking at it and reading
large files happen in a thread each, so that neither holds up a change. What
the watch notices is pushed as it is observed. Everything ends with the stream:
when it closes, or nothing was heard for `SILENCE_SECONDS`.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Callable, Dict, List, Optional, Sequence, Set

from cstudio_sync import records
from cstudio_sync.blocks import BLOCK_DIGEST_BYTES, BLOCKS_A_FRAME
from cstudio_sync.entries import Seen
from cstudio_sync.frames import Frame, FrameError
from cstudio_sync.paths import PathRefused
from cstudio_sync.rules import Rules, compile

from cstudio_agent import faults
from cstudio_agent.contracts import RootTrouble, Stopped, Version
from cstudio_agent.grafting import Watching
from cstudio_agent.notices import Notices
from cstudio_agent.polling import Polling
from cstudio_agent.replica import Replica
from cstudio_agent.watch import Watch, WatchUnavailable
from cstudio_agent.wire import Answer, Wire, WireBroken, numbers, packed
from cstudio_agent.worker import Worker

BEAT_SECONDS = 5.0
SILENCE_SECONDS = 30.0
_HUNG_UP_LOOKS = 2
"""So often is a stream seen to have ended before it is not waited for any longer."""
_STREAM_GONE = 3
_SILENCE = 4
"""Exit statuses, for whoever looks at a pod's processes."""
_CONTENTS_BYTES = 4 * 1024 * 1024

Handler = Callable[[Frame, Answer], None]


class Server:
    """One session's agent."""

    def __init__(self, wire: Wire) -> None:
        """Nothing is opened before the daemon asks for it."""
        self._wire = wire
        self._replica: Optional[Replica] = None
        self._notices: Optional[Notices] = None
        self._watch: Optional[Watch | Polling] = None
        self._cancelled: Set[int] = set()
        self._have: List[bytes] = []
        self._staging_trouble: Dict[str, OSError] = {}
        self._staging_sizes: Dict[str, int] = {}
        self._heard = time.monotonic()
        self._is_busy = False
        self._looks = Worker("look")
        self._reads = Worker("read")
        self._waits = Worker("wait")
        self._here: Dict[str, Handler] = {
            "open": self._open,
            "rules": self._rules,
            "have": self._take_have,
            "apply": self._apply,
            "stage": self._stage,
            "stage_end": self._stage_end,
            "drop_kept": self._drop_kept,
        }
        self._looking: Dict[str, Handler] = {
            "fingerprints": self._fingerprints,
            "compare": self._compare,
            "observe": self._observe,
        }
        self._waiting: Dict[str, Handler] = {"quiesce": self._quiesce}
        self._reading: Dict[str, Handler] = {
            "fetch": self._fetch,
            "signature": self._signature,
            "stream": self._stream,
            "read_kept": self._read_kept,
        }

    def run(self) -> None:
        """Serve until the stream ends."""
        self._wire.greet()
        threading.Thread(target=self._beat, name="beat", daemon=True).start()
        threading.Thread(target=self._listen, name="listen", daemon=True).start()
        try:
            for frame in self._wire.frames():
                self._heard = time.monotonic()
                self._is_busy = True
                self._take(frame)
                self._heard = time.monotonic()
                self._is_busy = False
        except (FrameError, OSError) as error:
            os.write(2, ("cstudio agent: %s\n" % error).encode("utf-8", "replace"))
        finally:
            self._close()

    # ---------------------------------------------------------------- frames

    def _take(self, frame: Frame) -> None:
        verb = str(frame.header.get("verb", ""))
        number = frame.header.get("id")
        if verb == "cancel":
            self._cancelled.add(int(frame.header.get("of", 0)))
            return
        if verb == "stage_write":
            self._stage_write(frame)
            return
        if not isinstance(number, int):
            return
        answer = Answer(self._wire, number)
        if verb in self._looking:
            self._looks.do(lambda: self._answer(self._looking[verb], frame, answer))
        elif verb in self._waiting:
            self._waits.do(lambda: self._answer(self._waiting[verb], frame, answer))
        elif verb in self._reading:
            self._reads.do(lambda: self._answer(self._reading[verb], frame, answer))
        elif verb in self._here:
            self._answer(self._here[verb], frame, answer)
        else:
            answer.fail("unknown_verb", "the agent does not know %r" % verb[:40])

    def _answer(self, handler: Handler, frame: Frame, answer: Answer) -> None:
        try:
            handler(frame, answer)
        except RootTrouble as trouble:
            answer.fail(trouble.reason, trouble.message)
        except Stopped:
            answer.fail("cancelled", "cancelled")
        except (FrameError, PathRefused, ValueError, KeyError) as error:
            answer.fail("bad_request", "%s: %s" % (type(error).__name__, error))
        except WireBroken:
            raise
        except OSError as error:
            answer.fail(faults.status_of(error), self._detail_of(error, 0))
        except Exception as error:  # a request without an answer would wait for ever
            answer.fail("failed", repr(error))
        finally:
            self._cancelled.discard(answer.number)

    def _detail_of(self, error: OSError, needed_bytes: int) -> str:
        if self._replica is None:
            return error.strerror or str(error)
        root = self._replica.root
        return faults.detail_of(error, root.fd, root.path, needed_bytes)

    def _beat(self) -> None:
        """Let the daemon know that we are alive, and the root is."""
        while True:
            time.sleep(BEAT_SECONDS)
            try:
                self._wire.send({"beat": True})
                self._tell_lost_root()
            except OSError:
                self._end(_STREAM_GONE)

    def _tell_lost_root(self) -> None:
        """Say so when the root has gone: nothing happens in it any more that would tell."""
        if self._replica is None or self._notices is None:
            return
        try:
            self._replica.check_root()
        except RootTrouble as trouble:
            self._notices.rescan("root: %s" % trouble.message)

    def _listen(self) -> None:
        """End when the daemon is not heard any more.

        A thread of its own: all others may hang in a stream that nobody reads.
        While a request is being performed nothing is read, so nothing is heard.
        """
        hung_up = 0
        while True:
            time.sleep(1.0)
            hung_up = hung_up + 1 if self._wire.is_hung_up() else 0
            if hung_up > _HUNG_UP_LOOKS:
                self._end(_STREAM_GONE)
            if not self._is_busy and time.monotonic() - self._heard > SILENCE_SECONDS:
                self._end(_SILENCE)

    def _end(self, code: int) -> None:
        if self._replica is not None:
            self._replica.drop_staged()
        os._exit(code)

    def _close(self) -> None:
        if self._watch is not None:
            self._watch.close()
        if self._notices is not None:
            self._notices.close()
        if self._replica is not None:
            self._replica.close()

    # --------------------------------------------------------------- opening

    def _open(self, frame: Frame, answer: Answer) -> None:
        header = frame.header
        replica = Replica.open(
            str(header["root"]).encode("latin-1"),
            session=str(header["session"]),
            create=bool(header["create"]),
            plant=bool(header["plant"]),
            matcher=compile(Rules.from_dict(header["rules"])),
        )
        if header["plant"]:
            replica.acquire_lease(str(header["session"]), str(header["owner"]))
        self._replica = replica
        self._notices = Notices(replica, self._push)
        watch, detail = self._start_watch(float(header["poll_seconds"]))
        replica.bring_whole_folders(self._watch if isinstance(self._watch, Watch) else Watching())
        answer.end(watch=watch, watch_detail=detail, **replica.identity()._asdict())

    def _start_watch(self, poll_seconds: float) -> tuple[str, str]:
        assert self._replica is not None
        assert self._notices is not None
        try:
            self._watch = Watch(self._replica, self._notices)
        except WatchUnavailable as unavailable:
            self._watch = Polling(self._replica, self._notices.rescan, poll_seconds)
            return "poll", "polling there: %s" % unavailable
        return "inotify", ""

    def _rules(self, frame: Frame, answer: Answer) -> None:
        self._opened.set_matcher(compile(Rules.from_dict(frame.header["rules"])))
        if isinstance(self._watch, Watch):
            self._watch.use_rules()
        answer.end()

    @property
    def _opened(self) -> Replica:
        if self._replica is None:
            raise RootTrouble(RootTrouble.FAILED, "the agent was not asked to open a root")
        return self._replica

    def _push(self, seen: Sequence[Seen], rescan: str) -> None:
        body = records.pack_seen(seen) if seen else b""
        self._wire.send({"push": "changes", "rescan": rescan}, body)

    # --------------------------------------------------------------- looking

    def _is_cancelled(self, frame: Frame) -> Callable[[], bool]:
        number = frame.header["id"]
        return lambda: number in self._cancelled

    def _fingerprints(self, frame: Frame, answer: Answer) -> None:
        self._opened.fingerprints(
            lambda batch: answer.part(records.pack_fingerprints(batch)), self._is_cancelled(frame)
        )
        answer.end()

    def _compare(self, frame: Frame, answer: Answer) -> None:
        self._opened.compare(
            records.unpack_folders(frame.body),
            lambda batch: answer.part(records.pack_seen(batch)),
            self._is_cancelled(frame),
        )
        answer.end()

    def _observe(self, frame: Frame, answer: Answer) -> None:
        self._opened.check_root()
        self._opened.observe(
            records.unpack_paths(frame.body),
            lambda batch: answer.part(records.pack_seen(batch)),
            self._is_cancelled(frame),
        )
        answer.end()

    def _quiesce(self, frame: Frame, answer: Answer) -> None:
        if self._watch is not None:
            self._watch.drain()
        if self._notices is not None:
            self._notices.drain()
        answer.end(complete=True)

    # --------------------------------------------------------------- reading

    def _fetch(self, frame: Frame, answer: Answer) -> None:
        waiting: List[Optional[bytes]] = []
        size = 0
        for want in _wants(frame.body):
            content = self._opened.fetch([want])[0]
            waiting.append(content)
            size += len(content or b"")
            if size >= _CONTENTS_BYTES:
                answer.part(records.pack_contents(waiting))
                waiting, size = [], 0
        if waiting:
            answer.part(records.pack_contents(waiting))
        answer.end()

    def _signature(self, frame: Frame, answer: Answer) -> None:
        digests = self._opened.signature(_wants(frame.body)[0])
        if digests:
            answer.part(b"".join(digests))
        answer.end()

    def _take_have(self, frame: Frame, answer: Answer) -> None:
        step = BLOCK_DIGEST_BYTES
        self._have = [frame.body[at : at + step] for at in range(0, len(frame.body), step)]
        answer.end()

    def _stream(self, frame: Frame, answer: Answer) -> None:
        have, self._have = self._have, []
        is_cancelled = self._is_cancelled(frame)
        blocks: List[int] = []
        for piece in self._opened.pieces(_wants(frame.body)[0], have):
            if is_cancelled():
                raise Stopped()
            if isinstance(piece, int):
                blocks.append(piece)
                if len(blocks) < BLOCKS_A_FRAME:
                    continue
            if blocks:
                answer.part(packed(blocks), block=True)
                blocks = []
            if not isinstance(piece, int):
                answer.part(piece)
        if blocks:
            answer.part(packed(blocks), block=True)
        answer.end()

    def _read_kept(self, frame: Frame, answer: Answer) -> None:
        for piece in self._opened.read_kept(str(frame.header["token"])):
            answer.part(piece)
        answer.end()

    def _drop_kept(self, frame: Frame, answer: Answer) -> None:
        self._opened.drop_kept()
        answer.end()

    # -------------------------------------------------------------- changing

    def _apply(self, frame: Frame, answer: Answer) -> None:
        outcomes = self._opened.apply(records.unpack_operations(frame.body))
        answer.part(records.pack_outcomes(outcomes))
        answer.end()

    def _stage(self, frame: Frame, answer: Answer) -> None:
        wants = _wants(frame.body)
        base = wants[1] if len(wants) > 1 else None
        size = wants[0].entry.size
        try:
            token = self._opened.stage_begin(wants[0].path, wants[0].entry, base)
        except OSError as error:
            answer.fail(faults.status_of(error), self._detail_of(error, size))
            return
        self._staging_sizes[token] = size
        answer.end(token=token)

    def _stage_write(self, frame: Frame) -> None:
        """Not answered: trouble is told by the end."""
        token = str(frame.header.get("token", ""))
        if token in self._staging_trouble:
            return
        try:
            if frame.header.get("block"):
                for number in numbers(frame.body):
                    self._opened.stage_copy(token, number)
            else:
                self._opened.stage_write(token, frame.body)
        except OSError as error:
            self._staging_trouble[token] = error
        except KeyError:
            return

    def _stage_end(self, frame: Frame, answer: Answer) -> None:
        token = str(frame.header["token"])
        trouble = self._staging_trouble.pop(token, None)
        size = self._staging_sizes.pop(token, 0)
        if trouble is not None or frame.header.get("drop"):
            self._opened.stage_drop(token)
        if trouble is not None:
            answer.fail(faults.status_of(trouble), self._detail_of(trouble, size))
            return
        complete = not frame.header.get("drop") and self._opened.stage_end(token)
        answer.end(complete=complete)


def _wants(body: bytes) -> List[Version]:
    """Unpack wanted versions, which travel as observations."""
    return [
        Version(seen.path, seen.entry, seen.stamp)
        for seen in records.unpack_seen(body)
        if seen.entry is not None
    ]
