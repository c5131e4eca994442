"""How messages travel on a stream of bytes.

A stream starts with a line of its own, the greeting (`greeting`): bytes that
no shell banner holds, and the protocol's version. Then come frames:

    marker       1 byte   0xC5
    header size  u32
    body size    u32
    sequence     u32      0, 1, 2, …, modulo 2**32
    header       JSON object, UTF-8
    body         raw bytes

all numbers big-endian. What comes before the greeting is collected (login
banners, warnings) and quoted when the greeting never comes. The peer is not
trusted: anything that is not exactly this is a `FrameError`, after which the
decoder is of no more use.
"""

from __future__ import annotations

import json
import struct
from typing import Any, Dict, List, NamedTuple, NoReturn

VERSION = 1
MAGIC = b"\x89\xc2\xabcstudio-sync\xc2\xbb "
"""The greeting without its version: no text, no valid UTF-8."""
MARKER = 0xC5
MAX_HEADER_BYTES = 1024 * 1024
MAX_BODY_BYTES = 8 * 1024 * 1024 + 64 * 1024
MAX_BANNER_BYTES = 64 * 1024
MAX_NUMBER_DIGITS = 40

_HEAD = struct.Struct(">BIII")
_VERSION_BYTES = 8
_QUOTED_BYTES = 400


class FrameError(Exception):
    """The peer does not speak the protocol; the stream is of no more use."""


class Frame(NamedTuple):
    """One message."""

    header: Dict[str, Any]
    body: bytes = b""


def greeting(version: int = VERSION) -> bytes:
    """Return what each peer writes first."""
    return MAGIC + b"%d\n" % version


def encode(header: Dict[str, Any], body: bytes = b"", sequence: int = 0) -> bytes:
    """Return one frame.

    Raises:
        ValueError: it is larger than a decoder takes.
    """
    packed = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    if len(packed) > MAX_HEADER_BYTES or len(body) > MAX_BODY_BYTES:
        raise ValueError("a frame of %d + %d bytes is too large" % (len(packed), len(body)))
    head = _HEAD.pack(MARKER, len(packed), len(body), sequence & 0xFFFFFFFF)
    return b"".join((head, packed, body))


class Encoder:
    """Numbers the frames of one stream."""

    def __init__(self) -> None:
        self._sequence = 0

    def encode(self, header: Dict[str, Any], body: bytes = b"") -> bytes:
        """Return the next frame."""
        frame = encode(header, body, self._sequence)
        self._sequence += 1
        return frame


class Decoder:
    """Takes the stream in pieces of any size, gives frames.

    Pieces are joined once a whole head, header or body is there, so a large
    body costs as much in small pieces as in one.
    """

    def __init__(self, greeted: bool = False) -> None:
        """`greeted`: the stream starts with frames, without a greeting."""
        self.banner = b""
        """What came before the greeting."""
        self._greeted = greeted
        self._pieces: List[bytes] = []
        self._held = 0
        self._needed = _HEAD.size if greeted else 1
        self._sequence = 0
        self._broken = ""

    @property
    def is_greeted(self) -> bool:
        """Whether the peer's greeting has come."""
        return self._greeted

    def feed(self, data: bytes) -> List[Frame]:
        """Take a piece and return the frames that are complete with it.

        Raises:
            FrameError: the peer does not speak the protocol.
        """
        if self._broken:
            raise FrameError(self._broken)
        self._pieces.append(data)
        self._held += len(data)
        if self._held < self._needed:
            return []
        buffer = b"".join(self._pieces)
        start = 0 if self._greeted else self._greet(buffer)
        frames: List[Frame] = []
        if self._greeted:
            start = self._take(buffer, start, frames)
        self._pieces = [buffer[start:]]
        self._held = len(buffer) - start
        return frames

    def end(self) -> None:
        """Say that the stream has ended.

        Raises:
            FrameError: it ended before the greeting, or within a frame.
        """
        if not self._greeted:
            self.banner += b"".join(self._pieces)
            self._fail("the stream ended before the greeting%s" % self._quoted())
        if self._held:
            self._fail("the stream ended within a frame")

    def _greet(self, buffer: bytes) -> int:
        """Look for the greeting; return where the frames start."""
        found = buffer.find(MAGIC)
        if found < 0:
            self._check_banner(buffer)
            self._needed = self._held + 1
            return 0
        start = found + len(MAGIC)
        stop = buffer.find(b"\n", start, start + _VERSION_BYTES)
        if stop < 0 and len(buffer) - start < _VERSION_BYTES:
            self._needed = self._held + 1
            return 0
        self.banner = buffer[:found]
        version = buffer[start : stop if stop >= 0 else start + _VERSION_BYTES]
        if version != b"%d" % VERSION:
            self._fail("the peer speaks version %r of the protocol, not %d" % (version, VERSION))
        self._greeted = True
        return stop + 1

    def _check_banner(self, buffer: bytes) -> None:
        if len(buffer) > MAX_BANNER_BYTES:
            self.banner = buffer[:MAX_BANNER_BYTES]
            self._fail("%d bytes came without a greeting%s" % (len(buffer), self._quoted()))

    def _take(self, buffer: bytes, start: int, frames: List[Frame]) -> int:
        """Append the complete frames; return where the rest starts."""
        while True:
            left = len(buffer) - start
            if left < _HEAD.size:
                self._needed = _HEAD.size
                return start
            marker, header_size, body_size, sequence = _HEAD.unpack_from(buffer, start)
            self._check_head(marker, header_size, body_size, sequence)
            size = _HEAD.size + header_size + body_size
            if left < size:
                self._needed = size
                return start
            body_start = start + _HEAD.size + header_size
            header = self._header(buffer[start + _HEAD.size : body_start])
            frames.append(Frame(header, buffer[body_start : start + size]))
            self._sequence = (self._sequence + 1) & 0xFFFFFFFF
            start += size

    def _check_head(self, marker: int, header_size: int, body_size: int, sequence: int) -> None:
        if marker != MARKER:
            self._fail("a frame starts with 0x%02x: something else wrote to the stream" % marker)
        if header_size > MAX_HEADER_BYTES:
            self._fail("a frame announces a header of %d bytes" % header_size)
        if body_size > MAX_BODY_BYTES:
            self._fail("a frame announces a body of %d bytes" % body_size)
        if sequence != self._sequence:
            self._fail("frame %d came where %d was due" % (sequence, self._sequence))

    def _header(self, raw: bytes) -> Dict[str, Any]:
        try:
            header = json.loads(
                raw.decode("utf-8"), parse_int=_small_integer, parse_constant=_refuse_constant
            )
            if b"\\u" in raw:  # a lone surrogate could not be written anywhere
                json.dumps(header, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError) as error:
            self._fail("a frame's header is no JSON: %s" % error)
        if not isinstance(header, dict):
            self._fail("a frame's header is no JSON object")
        return header

    def _quoted(self) -> str:
        if not self.banner:
            return ", and nothing else came"
        return "; instead: %s" % ascii(self.banner[:_QUOTED_BYTES])[2:-1]

    def _fail(self, message: str) -> NoReturn:
        self._broken = message
        self._pieces = []
        raise FrameError(message)


def _small_integer(digits: str) -> int:
    if len(digits) > MAX_NUMBER_DIGITS:
        raise ValueError("a number of %d digits" % len(digits))
    return int(digits)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError("%s is no JSON" % name)
