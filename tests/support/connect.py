"""A client of the Connect protocol that shares no code with the server: plain HTTP."""

from __future__ import annotations

import http.client
import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from support.people import METHODS

SECONDS = 60.0


class Connect:
    """Somebody with a key at the gateway's own address."""

    def __init__(self, state: Path, key: str) -> None:
        """`state` is the daemon's folder: its gateway's port is in it."""
        self.port = int((state / "gateway.port").read_text("ascii"))
        self.headers = {"Authorization": f"Bearer {key}"} if key else {}

    def post(self, path: str, body: bytes, **headers: str) -> http.client.HTTPResponse:
        """Return the answer to a request, its body unread; closing it closes the connection."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=SECONDS)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("POST", path, body, {**self.headers, **named, "Connection": "close"})
        return connection.getresponse()

    def once(self, method: str, asked: Any = None, **headers: str) -> tuple[int, Any]:
        """Call a method that answers once; return status and JSON."""
        body = asked if isinstance(asked, bytes) else json.dumps(asked or {}).encode()
        headers = {"Content_Type": "application/json", **headers}
        with self.post(f"/api/cstudio.v1.{method}", body, **headers) as answer:
            return answer.status, json.loads(answer.read())

    def good(self, method: str, **fields: Any) -> Any:
        """Call a method that must not fail."""
        status, answer = self.once(method, fields)
        assert status == 200, answer
        return answer

    def often(self, method: str, asked: Any = None, **headers: str) -> Stream:
        """Call a method that answers again and again."""
        message = json.dumps(asked or {}).encode()
        headers = {"Content_Type": "application/connect+json", **headers}
        body = struct.pack(">BI", 0, len(message)) + message
        return Stream(self.post(f"/api/cstudio.v1.{method}", body, **headers))

    def error(self, method: str, **fields: Any) -> dict[str, Any] | None:
        """Call a method by its shape, as generated messages have it; return why it failed."""
        descriptor = METHODS[method]
        message = descriptor.input_type._concrete_class(**fields)
        asked = json.loads(json_format.MessageToJson(message))
        if not (descriptor.server_streaming or descriptor.client_streaming):
            status, answer = self.once(method, asked)
            return None if status == 200 else answer
        with self.often(method, asked) as stream:
            if stream.status != 200:
                return stream.refusal()
            for _ in stream:
                return None
            return stream.end.get("error")


class Stream:
    """Messages as they come; `end` is what the last envelope has."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self._answer = answer
        self.status = answer.status
        self.type = answer.getheader("content-type")
        self.end: dict[str, Any] = {}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        while True:
            head = self._answer.read(5)
            assert len(head) == 5, "the stream broke off"
            flags, length = struct.unpack(">BI", head)
            message = json.loads(self._answer.read(length))
            if flags & 2:
                self.end = message
                assert self._answer.read() == b""
                return
            yield message

    def refusal(self) -> dict[str, Any]:
        """Return the body of an answer that is no stream."""
        body: dict[str, Any] = json.loads(self._answer.read())
        return body

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._answer.close()


def reason(error: dict[str, Any]) -> tuple[str, str]:
    """Return an error's code and its machine-readable reason."""
    (detail,) = error["details"]
    assert detail["debug"]["domain"] == "cstudio"
    return error["code"], detail["debug"]["reason"]
