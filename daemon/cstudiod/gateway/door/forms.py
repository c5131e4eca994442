"""The pages of signing in and out; their style and their script are files, nothing is inline.

The script takes what stands in the address behind ``#``, which browsers send to nobody,
and sends it as a form: that is how a link from `cstudio open` signs in.
"""

from __future__ import annotations

import html
from importlib import resources

from cstudiod.gateway.site import Answer

_FOLDER = "/sign-in/"
_KINDS = {
    "sign-in.css": b"text/css; charset=utf-8",
    "sign-in.js": b"text/javascript; charset=utf-8",
}
ASSETS = frozenset(_FOLDER + name for name in _KINDS)
"""Their paths."""


def asset(path: str) -> Answer:
    """Return one of `ASSETS`."""
    name = path.removeprefix(_FOLDER)
    content = resources.files(__package__).joinpath("assets", name).read_bytes()
    fields = [(b"Content-Type", _KINDS[name]), (b"Cache-Control", b"no-cache")]
    return Answer(headers=fields, body=content)


def page(body: str, status: int = 200, *, goes_to: str = "") -> Answer:
    """Return a whole page; `goes_to`: the other origin where a form may lead in the end."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; base-uri 'none';"
        f" form-action 'self' {goes_to}; frame-ancestors 'none'"
    )
    fields = [
        (b"Content-Type", b"text/html; charset=utf-8"),
        (b"Content-Security-Policy", policy.encode("ascii")),
        (b"Cache-Control", b"no-store"),
        # With `no-referrer` browsers say `Origin: null` when a form is sent.
        (b"Referrer-Policy", b"same-origin"),
    ]
    return Answer(status=status, headers=fields, body=body.encode())


def signing_in(path: str, login: str, wrong: str) -> str:
    """Return the page where somebody signs in.

    Args:
        path: Where they go then.
        login: Who they are already; empty: nobody.
        wrong: What was not good about the last try.
    """
    known = f'<p>You are signed in as <b>{_text(login)}</b>: <a href="{_text(path)}">go on</a>.</p>'
    return _whole(
        "Sign in",
        (f'<p role="alert">{_text(wrong)}.</p>' if wrong else "")
        + (known if login else "")
        + '<form id="link" method="post" action="/sign-in" hidden>'
        '<input name="link" type="hidden"><p>One moment…</p></form>'
        '<form id="key" method="post" action="/sign-in">'
        f'<input name="next" type="hidden" value="{_text(path)}">'
        '<input name="login" autocomplete="username" value="key" hidden>'
        '<label for="secret">Your key</label>'
        '<input id="secret" name="key" type="password" autocomplete="current-password"'
        ' required spellcheck="false" autofocus><button>Sign in</button></form>'
        "<p>On the machine of the daemon <code>cstudio open</code> signs a browser in without"
        " a key. Administrators make keys: <code>cstudio key create LOGIN</code>.</p>",
        '<script type="module" src="/sign-in/sign-in.js"></script>',
    )


def signing_out(token: str) -> str:
    """Return the page where somebody signs out; `token` is the session's."""
    return _whole(
        "Sign out",
        '<form method="post" action="/sign-out">'
        f'<input name="token" type="hidden" value="{_text(token)}">'
        "<button>Sign out</button></form>"
        "<p>What goes on in this browser ends with it; studios go on.</p>",
    )


def _whole(title: str, body: str, more: str = "") -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title} · cstudio</title>"
        f'<link rel="stylesheet" href="/sign-in/sign-in.css">{more}</head>'
        f"<body><main><h1>{title}</h1>{body}</main></body></html>\n"
    )


def _text(text: str) -> str:
    return html.escape(text, quote=True)
