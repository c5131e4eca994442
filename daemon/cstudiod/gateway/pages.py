"""A fault as a page for people or as JSON for programs, by what they accept.

The page needs no script: it loads itself again after the fault's `refresh`. Its one
style sheet is allowed by its digest.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Sequence
from dataclasses import asdict

from cstudiod.gateway.faults import Fault

_STYLE = """\
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:12vh auto;padding:0 1rem}
h1{font-size:1.4rem}
pre{overflow:auto;padding:.75rem;border:1px solid #8886;border-radius:.3rem}
small{opacity:.75}
"""
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'self'"
)


def answer(
    fault: Fault, accept: bytes | None, *, repeats: bool, framers: Sequence[str] = ()
) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Return the header fields and the body of a fault.

    Args:
        fault: What to say.
        accept: The request's `Accept`.
        repeats: The request may be made again without harm.
        framers: Origins, besides ours, whose pages may show it.
    """
    refresh = fault.refresh if repeats else 0
    if accepts_html(accept):
        kind, body = b"text/html; charset=utf-8", page(fault, refresh)
    else:
        kind, body = b"application/json", as_json(fault)
    fields = [
        (b"Content-Type", kind),
        (b"Content-Length", str(len(body)).encode()),
        (b"Cache-Control", b"no-store"),
        (b"Content-Security-Policy", " ".join([_POLICY, *framers]).encode()),
        (b"Referrer-Policy", b"no-referrer"),
        (b"X-Content-Type-Options", b"nosniff"),
    ]
    if fault.refresh:
        fields.append((b"Retry-After", str(fault.refresh).encode()))
    return fields, body


def accepts_html(accept: bytes | None) -> bool:
    """Tell whether a person with a browser asks: programs do not name HTML."""
    for one in (accept or b"").lower().split(b","):
        kind, _, parameters = one.partition(b";")
        if kind.strip() in (b"text/html", b"application/xhtml+xml"):
            return parameters.replace(b" ", b"") not in (b"q=0", b"q=0.0")
    return False


def as_json(fault: Fault) -> bytes:
    """Return the fault for programs."""
    said = asdict(fault)
    said["links"] = [{"label": label, "url": url} for label, url in fault.links]
    return json.dumps({"error": said}).encode() + b"\n"


def page(fault: Fault, refresh: int) -> bytes:
    """Return the fault for people; `refresh`: load again after so many seconds, 0: do not."""
    again = f'<meta http-equiv="refresh" content="{refresh}">' if refresh else ""
    parts = [f"<h1>{_text(fault.title)}</h1>", f"<p>{_text(fault.message)}.</p>"]
    if fault.next:
        parts.append(f"<p>Next: <code>{_text(fault.next)}</code></p>")
    if fault.links:
        parts.append(f"<ul>{''.join(_link(*link) for link in fault.links)}</ul>")
    if fault.evidence:
        parts.append(f"<pre>{_text(fault.evidence)}</pre>")
    if refresh:
        parts.append("<p><small>This page loads itself again until it is there.</small></p>")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"{again}<title>{_text(fault.title)}</title><style>{_STYLE}</style></head>"
        f'<body><main role="main">{"".join(parts)}</main></body></html>\n'
    ).encode()


def _link(label: str, url: str) -> str:
    return f'<li><a href="{_text(url)}">{_text(label)}</a></li>'


def _text(text: str) -> str:
    return html.escape(text.encode("utf-8", "replace").decode(), quote=True)
