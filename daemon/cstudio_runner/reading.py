"""From the JSON of a launch document to a `Launch`, or to everything that is wrong with it."""

from __future__ import annotations

import json
import re
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Set, Tuple
from urllib.parse import urlsplit

from cstudio_runner import variables
from cstudio_runner.launch import (
    RESTARTS,
    STATE,
    SUBPATHS,
    VERSION,
    WORKDIR,
    Command,
    Entrypoint,
    File,
    Launch,
    LaunchRefused,
    Nginx,
    Port,
    Readiness,
    Timing,
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_SECRET = re.compile(r"[A-Za-z0-9._~-]*\Z")
_ADDRESS = re.compile(r"[0-9a-fA-F:.]+\Z")
_RESERVED = ("cstudio", "nginx")
_DAY = 86400

Object = Dict[str, Any]


def parse(text: str) -> Launch:
    """Return the launch that a document describes.

    Raises:
        LaunchRefused: with every problem, each beginning with its place.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise LaunchRefused(("it is not JSON: %s" % error,)) from None
    if not isinstance(document, dict):
        raise LaunchRefused(("it is not a JSON object",))
    version = document.get("version")
    if version != VERSION:
        known = "version is %r; this runner knows %d" % (version, VERSION)
        raise LaunchRefused((known,))
    problems: List[str] = []
    launch = _launch(_Fields(document, "", problems))
    problems.extend(_disagreements(launch))
    if problems:
        raise LaunchRefused(tuple(problems))
    return launch


class _Fields:
    """Takes fields out of one JSON object; tells what has the wrong type or is left over."""

    def __init__(self, source: object, place: str, problems: List[str]) -> None:
        self._source: Object = source if isinstance(source, dict) else {}
        self._place = place
        self.problems = problems
        if not isinstance(source, dict):
            self.wrong("", "is not an object")

    def wrong(self, key: str, what: str) -> None:
        place = ".".join(part for part in (self._place, key) if part)
        self.problems.append("%s %s" % (place, what))

    def _take(self, key: str, default: Any, kind: Callable[[Any], bool], called: str) -> Any:
        value = self._source.pop(key, default)
        if value is default or kind(value):
            return value
        self.wrong(key, "is not %s" % called)
        return default

    def has(self, key: str) -> bool:
        return key in self._source

    def any(self, key: str, default: object) -> Any:
        return self._source.pop(key, default)

    def text(self, key: str, default: str = "") -> str:
        good = lambda v: isinstance(v, str) and "\0" not in v  # noqa: E731
        return str(self._take(key, default, good, "a text"))

    def flag(self, key: str, default: bool) -> bool:
        return bool(self._take(key, default, lambda v: isinstance(v, bool), "true or false"))

    def port(self, key: str, default: int) -> int:
        return int(self._take(key, default, _is_port, "a port (1 to 65535)"))

    def one_of(self, key: str, known: Tuple[str, ...], default: str) -> str:
        called = "one of " + ", ".join("`%s`" % one for one in known)
        return str(self._take(key, default, lambda v: v in known, called))

    def folder(self, key: str, default: str) -> str:
        good = lambda v: isinstance(v, str) and v.startswith("/") and "\0" not in v  # noqa: E731
        return str(self._take(key, default, good, "an absolute path"))

    def seconds(self, key: str, default: float) -> float:
        return float(
            self._take(key, default, _is_seconds, "a number of seconds above 0, at most a day")
        )

    def texts(self, key: str, names: re.Pattern[str]) -> Mapping[str, str]:
        value = self._take(key, {}, lambda v: isinstance(v, dict), "an object")
        kept = {}
        for name, one in value.items():
            if not names.match(name):
                self.wrong(key, "has the impossible name %r" % name)
            elif not isinstance(one, str) or "\0" in one:
                self.wrong("%s.%s" % (key, name), "is not a text")
            else:
                kept[name] = one
        return kept

    def objects(self, key: str) -> Iterator[_Fields]:
        value = self._take(key, [], lambda v: isinstance(v, list), "a list")
        for number, one in enumerate(value):
            yield _Fields(one, "%s[%d]" % (key, number), self.problems)

    def done(self) -> None:
        """Tell what nobody asked for."""
        for key in self._source:
            self.wrong(key, "is unknown")


def _is_port(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536


def _is_seconds(value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and 0 < value <= _DAY  # type: ignore[operator]


def _launch(of: _Fields) -> Launch:
    of.any("version", VERSION)
    entrypoints = tuple(_entrypoint(one) for one in of.objects("entrypoints"))
    launch = Launch(
        base_path=_base_path(of),
        workdir=of.folder("workdir", WORKDIR),
        state=of.folder("state", STATE),
        env=of.texts("env", _VARIABLE),
        entrypoints=entrypoints,
        ports=tuple(_port(one) for one in of.objects("ports")),
        nginx=_nginx(of),
        readiness=_readiness(of, entrypoints),
        files=tuple(_file(one) for one in of.objects("files")),
        hold=_hold(of),
        timing=_timing(of),
    )
    of.done()
    return launch


def _base_path(of: _Fields) -> str:
    path = of.text("base_path")
    if trouble := variables.base_path_trouble(path):
        of.wrong("base_path", trouble)
    return path


def _entrypoint(of: _Fields) -> Entrypoint:
    name = of.text("name")
    if not _NAME.match(name):
        of.wrong("name", "%r is not made of letters, digits, `.`, `_` and `-`" % name)
    if name in _RESERVED:
        of.wrong("name", "`%s` is the runner's own" % name)
    label = of.text("label")
    if any(ord(letter) < 32 for letter in label):
        of.wrong("label", "has a line break or another control character")
    port = of.any("port", 0)
    if port != 0 and not _is_port(port):
        of.wrong("port", "is not a port (1 to 65535)")
        port = 0
    entry = Entrypoint(
        name=name,
        command=_command(of),
        label=label,
        cwd=of.text("cwd"),
        env=of.texts("env", _VARIABLE),
        port=port,
        restart=of.one_of("restart", RESTARTS, "always"),
        aliases=of.flag("aliases", True),
    )
    of.done()
    return entry


def _command(of: _Fields) -> Command:
    command = of.any("command", None)
    words = [command] if isinstance(command, str) else command
    good = isinstance(words, list) and words and all(isinstance(word, str) for word in words)
    if not good or not words[0].strip() or any("\0" in word for word in words):
        of.wrong("command", "is neither a list of words nor a command line")
        return ""
    return command if isinstance(command, str) else tuple(words)


def _port(of: _Fields) -> Port:
    number = of.port("port", -1) if of.has("port") else 0
    if number == 0:
        of.wrong("port", "is missing")
    port = Port(
        port=number,
        listen=of.port("listen", number),
        label=of.text("label"),
        html=of.flag("html", True),
        subpath=of.one_of("subpath", SUBPATHS, "/"),
        public=of.flag("public", False),
    )
    of.done()
    return port


def _file(of: _Fields) -> File:
    if not of.has("path"):
        of.wrong("path", "is missing")
    file = File(
        path=of.folder("path", "/"),
        content=of.text("content"),
        executable=of.flag("executable", False),
        keep=of.flag("keep", False),
        verbatim=of.flag("verbatim", False),
    )
    of.done()
    return file


def _hold(of: _Fields) -> str:
    word = of.text("hold")
    if not _SECRET.match(word):
        of.wrong("hold", "has characters other than letters, digits and `._~-`")
    return word


def _nginx(of: _Fields) -> Optional[Nginx]:
    given = of.any("nginx", False)
    if isinstance(given, bool):
        return Nginx() if given else None
    its = _Fields(given, "nginx", of.problems)
    default = Nginx()
    nginx = Nginx(
        address=its.text("address", default.address),
        port=its.port("port", default.port),
        secret=its.text("secret"),
        program=its.text("program", default.program),
    )
    if not _ADDRESS.match(nginx.address):
        its.wrong("address", "is not an IP address")
    if not _SECRET.match(nginx.secret):
        its.wrong("secret", "has characters other than letters, digits and `._~-`")
    its.done()
    return nginx


def _readiness(of: _Fields, entrypoints: Tuple[Entrypoint, ...]) -> Readiness:
    its = _Fields(of.any("readiness", {}), "readiness", of.problems)
    tcp = its.any("tcp", False)
    ports: Tuple[int, ...] = ()
    if isinstance(tcp, list) and all(map(_is_port, tcp)):
        ports = tuple(tcp)
    elif tcp is True:
        ports = tuple(entry.port for entry in entrypoints if entry.port)
    elif tcp is not False:
        its.wrong("tcp", "is neither true, false nor a list of ports")
    readiness = Readiness(ports=ports, url=its.text("url"), headers=its.texts("headers", _HEADER))
    for name, value in readiness.headers.items():
        if "\r" in value or "\n" in value:
            its.wrong("headers.%s" % name, "has a line break")
    its.done()
    return readiness


def _timing(of: _Fields) -> Timing:
    its = _Fields(of.any("timing", {}), "timing", of.problems)
    default = Timing()
    names = ("backoff_first", "backoff_longest", "backoff_reset", "grace")
    looks = ("settled", "check_starting", "check_ready", "probe")
    timing = Timing(**{name: its.seconds(name, getattr(default, name)) for name in names + looks})
    its.done()
    return timing


# ------------------------------------------------- what single fields cannot show


def _disagreements(launch: Launch) -> List[str]:
    return [
        *_repeated([entry.name for entry in launch.entrypoints], "the entrypoint `%s`"),
        *_repeated([port.port for port in launch.ports if port.port > 0], "the port %s"),
        *_repeated([entry.port for entry in launch.entrypoints if entry.port], "a server of %s"),
        *_repeated([str(number) for number in _listening(launch)], "a listener on port %s"),
        *_unknown_ports(launch),
        *_url_troubles(launch),
    ]


def _repeated(values: List[Any], called: str) -> List[str]:
    seen: Set[Any] = set()
    twice = []
    for value in values:
        if value in seen:
            twice.append("%s is there twice" % (called % value))
        seen.add(value)
    return twice


def _listening(launch: Launch) -> List[int]:
    own = [launch.nginx.port] if launch.nginx else []
    return [port.listen for port in launch.ports if port.listen > 0] + own


def _unknown_ports(launch: Launch) -> List[str]:
    known = {port.port for port in launch.ports}
    troubles = [
        "entrypoints: `%s` serves port %d, which is not in `ports`" % (entry.name, entry.port)
        for entry in launch.entrypoints
        if entry.port and entry.port not in known
    ]
    return troubles + [
        "readiness.tcp: port %d is not in `ports`" % number
        for number in launch.readiness.ports
        if number not in known
    ]


def _url_troubles(launch: Launch) -> List[str]:
    url = launch.readiness.url
    if not url:
        return []
    unknown = variables.unknown_names(url, variables.prefixes(launch, {}))
    if unknown:
        return ["readiness.url has the unknown variable `${%s}`" % name for name in unknown]
    try:
        parts = urlsplit(variables.expand(url, variables.prefixes(launch, {})))
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    spaced = any(letter <= " " for letter in url)
    return [] if good and not spaced else ["readiness.url is not an http or https address"]
