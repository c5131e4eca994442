"""Answers each request with as many bytes as its path says; `flood_server.py PORT`.

Standard library alone: it runs in a pod. Ends by itself after ten minutes.
"""

from __future__ import annotations

import socket
import sys
import threading

SECONDS = 600.0
PIECE = b"x" * 256 * 1024


def serve(port: int) -> None:
    """Take connections, on loopback."""
    listening = socket.create_server(("127.0.0.1", port))
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=_answer, args=(connection,), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    try:
        while asked := connection.recv(65536):
            left = int(asked.split(b" ", 2)[1].rpartition(b"/")[2])
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % left
            connection.sendall(head + PIECE[:left])
            while (left := left - len(PIECE)) > 0:
                connection.sendall(PIECE[:left])
    except OSError:
        pass


if __name__ == "__main__":
    server = threading.Thread(target=serve, args=(int(sys.argv[1]),), daemon=True)
    server.start()
    server.join(SECONDS)
