"""Bytes from a server in the studio through the gateway, and the time of a small answer.

Beside `kubectl port-forward` to the same port, or, where there is no cluster, beside
the server itself.
"""

from __future__ import annotations

import http.client
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import making
from bench import Bench
from places import Pod

PORT = random.randrange(20_000, 30_000)
"""Another one each time: the server of an earlier run may not have ended yet."""
SIZE = 256 * 1024 * 1024
HERE = Path(__file__).parents[1]
SOURCES = HERE.parents[1] / "daemon"


def run(bench: Bench) -> None:
    """Fetch a large answer, and many small ones, both ways in turn."""
    archive = bench.folder / "gateway.tar"
    words = ["tar", "cf", str(archive), "-C", str(SOURCES), "cstudio_runner"]
    subprocess.run([*words, "-C", str(HERE), "flood_server.py"], check=True)
    bench.remote_shell("mkdir -p gateway && tar xf - -C gateway", f"cat {archive}")
    bench.remote_shell(f"(python3 gateway/flood_server.py {PORT} >/dev/null 2>&1 &)")
    is_pod = isinstance(bench.place, Pod)
    for way in ("forward", "relay") if is_pod else ("relay",):
        with _gateway(bench, way) as through, _peer(bench) as peer:
            _measure(bench, way, through, ("port-forward" if is_pod else "direct", peer))


def _measure(bench: Bench, way: str, through: str, peer: tuple[str, str]) -> None:
    """Report both figures of one way, each beside the peer's (its name and address)."""
    urls = {"gateway": through, "peer": peer[1]}
    rates: dict[str, list[float]] = {name: [] for name in urls}
    times: dict[str, list[float]] = {name: [] for name in urls}
    for url in urls.values():
        making.wait_for(lambda url=url: _answers(url))
    for _ in range(bench.pace.runs):
        for name, url in urls.items():
            size = bench.pace.part(SIZE)
            rates[name].append(size / 1e6 / _fetch(url, size))
    for _ in range(bench.pace.samples):
        for name, url in urls.items():
            times[name].append(_fetch(url, 100) * 1000)
    rate, quick = statistics.median(rates["peer"]), statistics.median(times["peer"])
    tell = bench.report.tell
    beside = f"{peer[0]} {rate:.0f} MB/s"
    tell(f"bytes through the gateway, {way}", rates["gateway"], "MB/s", beside=beside)
    beside = f"{peer[0]} {quick:.2f} ms"
    tell(f"100 bytes through the gateway, {way}", times["gateway"], "ms", beside=beside)


def _fetch(url: str, size: int) -> float:
    """Return the seconds that an answer of so many bytes takes."""
    parts = urlsplit(url)
    began = time.perf_counter()
    connection = http.client.HTTPConnection(parts.netloc, timeout=120)
    connection.request("GET", f"{parts.path}{size}")
    answer = connection.getresponse()
    buffer = bytearray(1024 * 1024)
    left = size
    while left > 0 and (count := answer.readinto(buffer)):
        left -= count
    connection.close()
    if left:
        raise OSError(f"{left} bytes are missing")
    return time.perf_counter() - began


def _answers(url: str) -> bool:
    try:
        return _fetch(url, 1) > 0
    except OSError:
        return False


@contextmanager
def _gateway(bench: Bench, way: str) -> Iterator[str]:
    target = bench.place.target("gateway")
    folder = target[0].rpartition(":")[2]
    words = [way, str(PORT), folder, *target]
    child = subprocess.Popen(
        [sys.executable, str(HERE / "child_gateway.py"), *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        yield child.stdout.readline().strip()
    finally:
        child.communicate("")


@contextmanager
def _peer(bench: Bench) -> Iterator[str]:
    if not isinstance(bench.place, Pod):
        yield f"http://127.0.0.1:{PORT}/"
        return
    pod, _, namespace = bench.place.target("gateway")
    words = ["kubectl", "-n", namespace, "port-forward", pod.partition(":")[0], f":{PORT}"]
    child = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    try:
        yield "http://" + child.stdout.readline().split()[2] + "/"
    finally:
        child.terminate()
        child.communicate()
