"""Requests and answers over one channel to an agent, many at a time.

A request is a frame ``{id, verb, …}`` with a body. Its answer is any number of
frames ``{id}`` with bodies and one that ends it: ``{id, end, count, bytes,
digest}`` over all bodies, or ``{id, end, error}``. Frames without an id are
told by the agent itself: changes it noticed, and its heartbeat.

Nothing is waited for without an end: a peer that is silent for longer than
`SILENCE_SECONDS` (both sides send a heartbeat) has lost the connection.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cstudio_sync.frames import Decoder, Encoder, Frame, FrameError, greeting

from cstudiod.errors import TargetError
from cstudiod.ports import Channel
from cstudiod.supervise import Tasks

_log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
SILENCE_SECONDS = 20.0
ANSWER_SECONDS = 300.0
"""How long an answer may make no progress: hashing one huge file takes a while."""
_WORDS = 400
_ANSWERS_WAITING = 64
"""Frames of one answer that may wait to be taken before reading pauses."""


@dataclass
class _Answer:
    """What has come of one request so far."""

    frames: asyncio.Queue[Frame] = field(default_factory=lambda: asyncio.Queue(_ANSWERS_WAITING))


class Link:
    """One agent at the other end of a channel."""

    def __init__(
        self,
        channel: Channel,
        *,
        on_push: Callable[[Frame], None],
        on_broken: Callable[[], None],
    ) -> None:
        """`on_push` is given what the agent tells by itself, in order."""
        self._channel = channel
        self._on_push = on_push
        self._on_broken = on_broken
        self._encoder = Encoder()
        self._decoder = Decoder()
        self._answers: dict[int, _Answer] = {}
        self._next_id = 1
        self._tasks = Tasks()
        self._writing = asyncio.Lock()
        self._heard = 0.0
        self.greeted = asyncio.Event()
        """Set when the agent's greeting has come, or will not come."""
        self.broken: TargetError | None = None

    async def start(self, first: bytes) -> None:
        """Send `first` (what the bootstrap wants) and the greeting; begin to read."""
        self._heard = asyncio.get_running_loop().time()
        self._tasks.start("read", self._read)
        self._tasks.start("beat", self._beat)
        self._tasks.start("listen", self._listen)
        await self._channel.write(first + greeting())

    # ------------------------------------------------------------- requests

    async def ask(self, verb: str, body: bytes = b"", **fields: Any) -> AsyncIterator[Frame]:
        """Send a request and yield the frames of its answer, checked at the end.

        Raises:
            TargetError: the connection broke, or the agent refused.
        """
        number, answer = self._next_id, _Answer()
        self._next_id += 1
        self._answers[number] = answer
        count, size, digest = 0, 0, hashlib.sha256()
        ended = False
        try:
            await self.send({"id": number, "verb": verb, **fields}, body)
            while True:
                frame = await self._next(answer, verb)
                if self.broken is not None:
                    raise self.broken
                if frame.header.get("end"):
                    ended = True
                    _check_end(frame.header, count, size, digest.hexdigest())
                    yield frame
                    return
                count += 1
                size += len(frame.body)
                digest.update(frame.body)
                yield frame
        finally:
            del self._answers[number]
            if not ended and self.broken is None:
                await self.send({"verb": "cancel", "of": number})

    async def _next(self, answer: _Answer, verb: str) -> Frame:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await answer.frames.get()
        except TimeoutError:
            error = TargetError(
                f"the agent is alive but did not answer `{verb}` for {ANSWER_SECONDS:.0f} s",
                reason="AGENT_FAILED",
            )
            self.breaks(error)
            raise error from None

    async def call(self, verb: str, body: bytes = b"", **fields: Any) -> Frame:
        """Send a request whose answer is one frame; return it (or the end)."""
        found: Frame | None = None
        async for frame in self.ask(verb, body, **fields):
            if found is None:
                found = frame
        if found is None:
            raise TargetError("the agent gave no answer", reason="AGENT_FAILED")
        return found

    async def send(self, header: Mapping[str, Any], body: bytes = b"") -> None:
        """Send one frame."""
        if self.broken is not None:
            raise self.broken
        async with self._writing:
            await self._channel.write(self._encoder.encode(dict(header), body))

    # -------------------------------------------------------------- reading

    async def _read(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                data = await self._channel.read()
                if not data:
                    self._decoder.end()
                    raise TargetError("the agent ended", reason="CONNECTION_LOST")
                self._heard = loop.time()
                for frame in self._decoder.feed(data):
                    await self._take(frame)
                if self._decoder.is_greeted:
                    self.greeted.set()
        except FrameError as error:
            self.breaks(TargetError(str(error), reason="AGENT_REFUSED"))
        except TargetError as error:
            self.breaks(error)

    async def _take(self, frame: Frame) -> None:
        number = frame.header.get("id")
        if number is None:
            self._on_push(frame)
            return
        answer = self._answers.get(number) if isinstance(number, int) else None
        if answer is not None:
            await answer.frames.put(frame)

    async def _beat(self) -> None:
        while self.broken is None:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self.send({"beat": True})
            except TargetError as error:
                self.breaks(error)

    async def _listen(self) -> None:
        """Notice silence; apart from `_beat`, which waits while nobody reads there."""
        loop = asyncio.get_running_loop()
        while self.broken is None:
            await asyncio.sleep(BEAT_SECONDS)
            silent = loop.time() - self._heard
            if silent > SILENCE_SECONDS:
                message = f"nothing was heard from the agent for {silent:.0f} s"
                self.breaks(TargetError(message, reason="CONNECTION_LOST"))

    def breaks(self, error: TargetError) -> None:
        """The connection is of no more use: everybody who waits is told."""
        if self.broken is not None:
            return
        self.broken = error
        self.greeted.set()
        for answer in self._answers.values():
            while answer.frames.full():
                answer.frames.get_nowait()
            answer.frames.put_nowait(Frame({}))
        if self._writing.locked() and not self._tasks.is_running("let go"):
            # Nobody reads there any more: only the channel's end frees who is writing.
            self._tasks.start("let go", self._channel.close)
        self._on_broken()

    async def close(self) -> None:
        """End the agent and free the channel."""
        if self.broken is None:
            self.broken = TargetError("the connection was closed", reason="CONNECTION_LOST")
        await self._tasks.close()
        await self._channel.close()


def _check_end(header: Mapping[str, Any], count: int, size: int, digest: str) -> None:
    error = header.get("error")
    if error is not None:
        raise refusal(error)
    if (header.get("count"), header.get("bytes"), header.get("digest")) != (
        count,
        size,
        digest,
    ):
        raise TargetError("the agent's answer is not what it announces", reason="AGENT_REFUSED")


class AgentError(TargetError):
    """The agent said no; `status` is its own word for why."""

    def __init__(self, status: str, message: str) -> None:
        """Keep the agent's word beside the message."""
        super().__init__(message, reason="AGENT_FAILED")
        self.status = status


def refusal(error: object) -> AgentError:
    """Return the agent's refusal as an error; its words are not trusted."""
    values = error if isinstance(error, dict) else {}
    status = str(values.get("reason", "failed"))[:40]
    return AgentError(status, plain(str(values.get("message", ""))) or "the agent failed")


def plain(text: str) -> str:
    """Return what may be shown of an agent's words: short, nothing that steers a terminal."""
    return "".join(character for character in text[:_WORDS] if character.isprintable())
