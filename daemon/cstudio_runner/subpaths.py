"""What of a request's path a server gets to see: the rule of each subpath form.

PFX is `<base_path>/<port>`. The browser, and so the daemon, asks for `PFX/…`.

| subpath | the server is asked for | for servers that |
|---|---|---|
| `/` | the rest after PFX, byte for byte | know nothing of the prefix |
| `$request_uri` | what was asked, byte for byte | are configured with the prefix |
| `/$request_uri` | the same: one slash, not the two that nginx would make of it | |
| `$uri$is_args$args` | what was asked with the path decoded, normalised and encoded again | |

The query is never touched. `PFX` without its slash is answered with a redirect (301)
to `PFX/`, query kept, and reaches no server.

With `nginx` in the launch document the daemon sends `PFX/…` as it came to the nginx
port, whatever the form, and nginx does this. Without, the daemon connects to the port's
`listen` and sends `target(…)`. Both do the same; a test compares them. Neither changes
what comes back: `Location` and `Set-Cookie` are rewritten in one place, the gateway.
"""

from __future__ import annotations

from typing import List, Optional
from urllib.parse import quote, unquote_to_bytes

_KEPT = "/!$&'()*+,;=:@-._~[]"


def target(subpath: str, prefix: str, asked: str) -> Optional[str]:
    """Return the request target for the server.

    Args:
        subpath: One of `launch.SUBPATHS`.
        prefix: PFX, no trailing slash.
        asked: The raw request target: path, and query with its `?`.

    Returns:
        None when `asked` is not below the prefix, as it is written.
    """
    if not asked.startswith(prefix + "/"):
        return None
    if subpath == "/":
        return asked[len(prefix) :]
    if subpath == "$uri$is_args$args":
        path, _, query = asked.partition("?")
        return normalised(path) + ("?" + query if query else "")
    return asked


def redirect(prefix: str, asked: str) -> Optional[str]:
    """Return where a request for the bare prefix is sent, or None for any other."""
    path, _, query = asked.partition("?")
    if path != prefix:
        return None
    return prefix + "/" + ("?" + query if query else "")


def normalised(path: str) -> str:
    """Decode a path, merge its slashes, resolve its dots, and encode it again."""
    parts: List[bytes] = []
    pieces = unquote_to_bytes(path).split(b"/")
    for piece in pieces:
        if piece == b"..":
            del parts[-1:]
        elif piece not in (b"", b"."):
            parts.append(piece)
    ends = "/" if parts and pieces[-1] in (b"", b".", b"..") else ""
    return "/" + quote(b"/".join(parts), safe=_KEPT) + ends
