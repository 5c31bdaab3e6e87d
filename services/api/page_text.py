"""The HTML of the api's pages; every value that came from outside is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import metadata
from typing import Any

from shared.domain.model import Group

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


def start(ingest_url: str, is_signed_in: bool) -> str:
    """The start page."""
    out = '<form method="post" action="/sign-out"><button>Sign out</button></form>'
    return page(
        "Tocsin",
        f"<p>Version {escape(metadata.version('tocsin'))}.</p><ul>"
        '<li><a href="/api/v1/openapi.yaml">OpenAPI document</a> of the API at <code>/api/v1/</code></li>'
        '<li><a href="/healthz">health</a>, <a href="/readyz">readiness</a>, <a href="/metrics">metrics</a></li>'
        f"<li>alerts are received at <code>{escape(ingest_url)}/integrations/v1/</code></li></ul>"
        + (out if is_signed_in else _form("/")),
    )


def sign_in(target: str, error: str) -> str:
    """The form that asks for a token."""
    return page("Sign in", (f'<p class="error">{escape(error)}</p>' if error else "") + _form(target))


def again() -> str:
    """A page that loads itself once more."""
    return page("One moment", "", head='<meta http-equiv="refresh" content="0">')


def group(found: Group, entries: list[dict[str, Any]]) -> str:
    """An alert group with its timeline."""
    state = str(found.state)
    facts = (
        f'<p><span class="state {escape(state)}">{escape(state)}</span> {found.alerts_count} alerts, '
        f"since {escape(found.opened_at.isoformat(timespec='seconds'))}; "
        f'last alert: <a href="/alerts/{escape(found.last_alert_id)}/trace">trace</a></p>'
    )
    number = f"#{found.number} " if found.number is not None else ""
    return page(f"{number}{found.title or 'Alert group'}", facts + _stages(entries))


def groups(found: Sequence[Group], count: int) -> str:
    """A list of alert groups, the newest first."""
    rows = "".join(
        f'<tr><td><span class="state {escape(str(one.state))}">{escape(str(one.state))}</span></td>'
        f'<td><a href="/alert-groups/{escape(one.id)}">{_text(one.title or one.id)}</a></td>'
        f"<td>{one.alerts_count}</td><td>{_text(one.opened_at.isoformat(timespec='seconds'))}</td></tr>"
        for one in found
    )
    head = "<tr><th>state<th>title<th>alerts<th>since</tr>"
    left_out = f"<p>The newest {len(found)} of {count}.</p>" if count > len(found) else ""
    return page(f"{count} alert groups", f"<table>{head}{rows}</table>{left_out}")


def trace(found: dict[str, Any]) -> str:
    """The way of an alert."""
    link = ""
    if found["group_id"]:
        group_id = escape(str(found["group_id"]))
        link = f'<p>Alert group <a href="/alert-groups/{group_id}">{group_id}</a></p>'
    body = _stages(found["stages"]) if found["stages"] else "<p>Nothing is recorded of this alert.</p>"
    return page(f"Alert {found['alert_id']}", link + body)


def _stages(stages: list[dict[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td>{_text(one['at'])}</td><td>{_text(one['stage'])}</td><td>{_text(one['event_type'])}</td>"
        f"<td>{_text(one['decision'])}</td><td>{_text(_said(one))}</td>"
        f"<td>{_text(one['waited_ms'])}</td><td>{_text(one['worked_ms'])}</td></tr>"
        for one in stages
    )
    head = "<tr><th>at<th>stage<th>event<th>decision<th>reason<th>waited ms<th>worked ms</tr>"
    return f"<table>{head}{rows}</table>"


def _said(entry: dict[str, Any]) -> str:
    actor = entry.get("actor")
    by = f" (by {actor['name'] or actor['kind']})" if actor else ""
    return f"{entry['reason']}{by}"


def _form(target: str) -> str:
    return (
        '<form method="post" action="/sign-in">'
        f'<input type="hidden" name="next" value="{escape(target)}">'
        '<label>API token <input name="token" type="password" autocomplete="current-password" size="66" required>'
        "</label> <button>Sign in</button></form>"
    )


def _text(value: Any) -> str:
    return "" if value is None else escape(str(value))


def page(title: str, body: str, head: str = "") -> str:
    """Return a whole page; `body` and `head` are HTML, the title is text."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"{head}<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )
