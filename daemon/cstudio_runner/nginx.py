"""nginx.conf of a studio, as a pure function of its launch document.

The traps that it avoids (each was met): one `proxy_set_header` in a location drops all
that are inherited, so each location has the full set; `$host` loses the port, and
WebSocket servers compare it with `Origin`, so `$http_host`; a `proxy_pass` with a path
normalises what it passes on, so paths come from `$request_uri` by a map.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import FrozenSet, List

from cstudio_runner.launch import Nginx, Port

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
"""Folders for temporaries; without them nginx wants those of root."""

_HEADERS = (
    ("Host", "$http_host"),
    ("Upgrade", "$http_upgrade"),
    ("Connection", "$cstudio_connection"),
    ("X-Forwarded-For", "$proxy_add_x_forwarded_for"),
    ("X-Forwarded-Proto", "$cstudio_proto"),
    ("X-Forwarded-Host", "$cstudio_host"),
    ("X-Cstudio-Secret", '""'),
)


@dataclass(frozen=True)
class Build:
    """What matters about the nginx that is there."""

    lacks: FrozenSet[str] = frozenset()
    """Modules of `TEMPORARY` that it was built without."""
    takes_error_log: bool = True
    """It knows `-e` (1.19.5): it does not try root's log file before it reads the settings."""


def build_of(said: str) -> Build:
    """Read what `nginx -V` says."""
    without = re.findall(r"--without-http_(fastcgi|uwsgi|scgi|proxy)_module", said)
    numbers = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", said)
    version = tuple(map(int, numbers.groups())) if numbers else (0, 0, 0)
    return Build(frozenset(without), version >= (1, 19, 5))


def command(nginx: Nginx, state: str, build: Build) -> List[str]:
    """Return the words that start it in the foreground."""
    errors = ["-e", "stderr"] if build.takes_error_log else []
    return [nginx.program, *errors, "-p", state, "-c", state + "/nginx.conf"]


@dataclass(frozen=True)
class Place:
    """Where and as whom it runs."""

    base_path: str
    """Expanded: `/` and unreserved characters only."""
    state: str
    """The runner's folder; the configuration's own files are in it."""
    root_user: str = ""
    """Set when it runs as root: the workers stay that user, and can read `state`."""
    build: Build = Build()


def configuration(nginx: Nginx, ports: List[Port], place: Place) -> str:
    """Return the whole nginx.conf.

    Args:
        nginx: Where it listens and what it demands.
        ports: The exposed ports, in order.
        place: Where and as whom it runs.
    """
    lines = [
        *_process(place),
        "events { worker_connections 1024; }",
        "http {",
        *_indented(_shared(place)),
        *_indented(_maps(ports, place.base_path)),
        *_indented([line for port in ports for line in _upstream(port)]),
        *_indented(_server(nginx, ports, place.base_path)),
        "}",
    ]
    return "\n".join(lines) + "\n"


def _indented(lines: List[str]) -> List[str]:
    return ["    " + line for line in lines]


def _quoted(path: str) -> str:
    return '"%s"' % path.replace("\\", "\\\\").replace('"', '\\"')


def _process(place: Place) -> List[str]:
    user = ["user %s;" % place.root_user] if place.root_user else []
    return [
        *user,
        "daemon off;",
        "worker_processes 1;",
        "pid %s;" % _quoted(place.state + "/nginx.pid"),
        "error_log stderr warn;",
    ]


def _shared(place: Place) -> List[str]:
    kept = [name for name in TEMPORARY if name not in place.build.lacks]
    return [
        *(
            "%s_temp_path %s;" % (name, _quoted("%s/nginx-temp/%s" % (place.state, name)))
            for name in kept
        ),
        "access_log off;",
        "server_tokens off;",
        "absolute_redirect off;",
        "client_max_body_size 0;",
        "client_header_buffer_size 16k;",
        "large_client_header_buffers 8 64k;",
        "client_body_timeout 1d;",
        "send_timeout 1d;",
    ]


def _maps(ports: List[Port], base_path: str) -> List[str]:
    lines = [
        "map $http_upgrade $cstudio_connection { default upgrade; '' close; }",
        "map $http_x_forwarded_proto $cstudio_proto {"
        " default $http_x_forwarded_proto; '' $scheme; }",
        "map $http_x_forwarded_host $cstudio_host {"
        " default $http_x_forwarded_host; '' $http_host; }",
    ]
    for port in ports:
        pattern = "%s/%d" % (base_path.replace(".", "\\\\."), port.port)
        rest = "(?<cstudio_found_%d>/.*)" % port.port
        lines.append(
            'map $request_uri $cstudio_rest_%d { default ""; "~^%s%s$" $cstudio_found_%d; }'
            % (port.port, pattern, rest, port.port)
        )
    return lines


def _upstream(port: Port) -> List[str]:
    """Return where a server may listen: some bind to the loopback of IPv6 alone.

    `max_fails=0`: a server that is not up yet is asked again at the next request.
    """
    return [
        "upstream cstudio_%d {" % port.port,
        "    server 127.0.0.1:%d max_fails=0;" % port.listen,
        "    server [::1]:%d max_fails=0 backup;" % port.listen,
        "}",
    ]


_FAULT = (
    # nginx's own errors, not those of servers: the gateway says in words what is wrong.
    "location @cstudio_fault {",
    "    add_header X-Cstudio-Fault not-listening always;",
    "    return 502;",
    "}",
)


def _server(nginx: Nginx, ports: List[Port], base_path: str) -> List[str]:
    address = "[%s]" % nginx.address if ":" in nginx.address else nginx.address
    secret = []
    if nginx.secret:
        secret = ['if ($http_x_cstudio_secret != "%s") { return 403; }' % nginx.secret]
    inside = [
        "listen %s:%d;" % (address, nginx.port),
        *secret,
        "location / { return 404; }",
        *_FAULT,
        *(line for port in ports for line in _locations(port, base_path)),
    ]
    return ["server {", *_indented(inside), "}"]


def _locations(port: Port, base_path: str) -> List[str]:
    prefix = "%s/%d" % (base_path, port.port)
    return [
        "location = %s { return 301 %s/$is_args$args; }" % (prefix, prefix),
        "location ^~ %s/ {" % prefix,
        *_indented(_target(port)),
        *_indented(_passing()),
        "}",
    ]


def _target(port: Port) -> List[str]:
    upstream = "http://cstudio_%d" % port.port
    rest = "$cstudio_rest_%d" % port.port
    # The normalised path is below the prefix and the raw one is not: neither form
    # could say what to ask the server for.
    check = 'if (%s = "") { return 400; }' % rest
    if port.subpath == "$uri$is_args$args":
        return ["rewrite ^ $uri break;", "proxy_pass %s;" % upstream]
    if port.subpath == "/":
        return [check, "proxy_pass %s%s;" % (upstream, rest)]
    return [check, "proxy_pass %s$request_uri;" % upstream]


def _passing() -> List[str]:
    return [
        "proxy_http_version 1.1;",
        *("proxy_set_header %s %s;" % header for header in _HEADERS),
        "proxy_redirect off;",
        "error_page 502 504 @cstudio_fault;",
        "proxy_buffering off;",
        "proxy_request_buffering off;",
        "proxy_buffer_size 64k;",
        "proxy_buffers 8 16k;",
        "proxy_busy_buffers_size 64k;",
        "proxy_connect_timeout 5s;",
        "proxy_read_timeout 1d;",
        "proxy_send_timeout 1d;",
    ]
