"""A way to the API server that is cut at a chosen byte.

with proxy(*kubernetes.server_address()) as way:
    config = kubernetes.kubeconfig_through(way.port, folder)
    way.cut_after(1234)   # so many bytes later every connection is reset
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator

_PIECE_BYTES = 16 * 1024
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Passes bytes both ways and counts them."""

    def __init__(self, host: str, port: int) -> None:
        """Listen on a port of this machine; the bytes go to `host`:`port`."""
        self._address = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cuts = 0
        """How often everything was cut."""
        self.is_open = True
        """False: connections are refused at once."""
        self._lock = threading.Lock()
        self._left: int | None = None
        self._sockets: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_after(self, count: int) -> None:
        """Reset every connection when so many more bytes have passed."""
        with self._lock:
            self._left = count

    def cut(self) -> None:
        """Reset every connection now."""
        with self._lock:
            self._cut()

    def close(self) -> None:
        """End everything."""
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self.is_open:
                near.close()
                continue
            far = socket.create_connection(self._address)
            with self._lock:
                self._sockets |= {near, far}
            for source, destination in ((near, far), (far, near)):
                threading.Thread(
                    target=self._carry, args=(source, destination), daemon=True
                ).start()

    def _carry(self, source: socket.socket, destination: socket.socket) -> None:
        try:
            while data := source.recv(_PIECE_BYTES):
                destination.sendall(data[: self._allowed(len(data))])
        except OSError:
            pass
        for one in (source, destination):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            with self._lock:
                self._sockets.discard(one)
            one.close()

    def _allowed(self, count: int) -> int:
        with self._lock:
            if self._left is None:
                return count
            if count < self._left:
                self._left -= count
                return count
            allowed, self._left = self._left, None
            self._cut()
            return allowed

    def _cut(self) -> None:
        self.cuts += 1
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                one.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()


@contextlib.contextmanager
def proxy(host: str, port: int) -> Iterator[Proxy]:
    """Run a proxy for a test."""
    made = Proxy(host, port)
    try:
        yield made
    finally:
        made.close()
