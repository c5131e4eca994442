"""A stand-in for RStudio Server's package, which no index that tests reach has.

The package is named as what it is. Its `rserver` takes the flags of the real one
(RStudio's source, ``server-options.json``) and refuses others, wants the same files
and user, and does what matters behind a prefix: it serves below ``/`` alone, and
names ``www-root-path`` in cookies and redirects.
"""

from __future__ import annotations

import io
import tarfile

NAME = "rstudio-server-stand-in"
PROGRAM = "usr/lib/rstudio-server/bin/rserver"

RSERVER = '''\
#!/usr/bin/python3
"""A stand-in for RStudio Server, for cstudio's tests."""
import argparse, http.server, os, pwd, uuid

parser = argparse.ArgumentParser(prog="rserver", allow_abbrev=False)
for name in (
    "server-daemonize", "server-user", "auth-none", "auth-minimum-user-id", "www-address",
    "www-port", "www-root-path", "www-frame-origin", "www-verify-user-agent", "www-same-site",
    "secure-cookie-key-file", "server-data-dir", "database-config-file", "server-pid-file",
    "rsession-config-file", "rsession-path", "server-working-dir",
):
    parser.add_argument("--" + name, default="")
given = parser.parse_args()
pwd.getpwnam(given.server_user)
pwd.getpwnam(os.environ["USER"])
settings = dict(line.strip().split("=", 1) for line in open(given.database_config_file))
assert settings["provider"] == "sqlite", settings
os.makedirs(settings["directory"], exist_ok=True)
os.makedirs(given.server_data_dir, exist_ok=True)
open(given.rsession_config_file).close()
if not os.path.exists(given.secure_cookie_key_file):
    with open(os.open(given.secure_cookie_key_file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
        file.write(str(uuid.uuid4()))
with open(given.server_pid_file, "w") as file:
    file.write(str(os.getpid()))
frames = {"none": "DENY", "same": "SAMEORIGIN"}.get(given.www_frame_origin or "none")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/auth-sign-in":
            return self.answer(302, b"", Location=given.www_root_path + "/")
        if path != "/":
            return self.answer(404, b"not found")
        self.answer(200, b"<title>RStudio Server stand-in</title>")

    def answer(self, status, body, **headers):
        self.send_response(status)
        root = given.www_root_path or "/"
        self.send_header("Set-Cookie", "user-id=x; path=%s; HttpOnly" % root)
        self.send_header("Content-Length", str(len(body)))
        if frames:
            self.send_header("X-Frame-Options", frames)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


address = (given.www_address, int(given.www_port))
http.server.ThreadingHTTPServer(address, Handler).serve_forever()
'''

_CONTROL = f"""\
Package: {NAME}
Version: 1
Architecture: all
Maintainer: cstudio's tests
Depends: python3
Description: a stand-in for RStudio Server, for tests alone
"""


def package() -> bytes:
    """Return the .deb: an `ar` archive of a version and two tarballs (deb(5))."""
    members = {
        "debian-binary": b"2.0\n",
        "control.tar.gz": _tar({"./control": (_CONTROL.encode(), 0o644)}),
        "data.tar.gz": _tar({f"./{PROGRAM}": (RSERVER.encode(), 0o755)}),
    }
    parts = [b"!<arch>\n"]
    for name, content in members.items():
        head = f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
        parts += [head.encode(), content, b"\n" * (len(content) % 2)]
    return b"".join(parts)


def _tar(files: dict[str, tuple[bytes, int]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.GNU_FORMAT) as made:
        for path, (content, mode) in files.items():
            parts = path.split("/")
            for at in range(2, len(parts)):
                folder = tarfile.TarInfo("/".join(parts[:at]))
                folder.type, folder.mode = tarfile.DIRTYPE, 0o755
                made.addfile(folder)
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(content), mode
            made.addfile(info, io.BytesIO(content))
    return buffer.getvalue()
