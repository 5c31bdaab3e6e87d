"""The page around the answers of links that act without signing in; whoever calls it escapes what goes into it."""

from __future__ import annotations

from html import escape

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1d2129}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;vertical-align:top;
border-bottom:1px solid #d8dce3}th{font-weight:600}code{background:#f2f4f7;padding:.1rem .3rem}
.state{padding:.1rem .6rem;border-radius:1rem;background:#e7ebf1}.firing{background:#fbd9d9}
.acknowledged{background:#fdefcf}.resolved{background:#d9f2df}.error{color:#a11}
@media (prefers-color-scheme:dark){body{background:#16191e;color:#e3e6eb}td,th{border-color:#363b44}
code,.state{background:#272c34}.firing{background:#6b2626}.acknowledged{background:#665020}
.resolved{background:#245232}a{color:#8ab4ff}}
"""


def page(title: str, body: str) -> str:
    """Return a whole page; `body` is HTML, the title is text."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )
