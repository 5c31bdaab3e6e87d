"""The webhook body that Alertmanager defined and Grafana Alerting sends too: counts, and texts for each medium."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shared.domain.configuration import Templates
from shared.integrations.heartbeat_shapes import or_heartbeat
from shared.integrations.wording import SLACK_TITLE, medium

Link = Callable[[str, str], str]

# What is not an object where one belongs reads as empty, so that no field can make a page unreadable.
NAMES = (
    "{%- set grouped = payload.groupLabels if payload.groupLabels is mapping else {} -%}"
    "{%- set common = payload.commonLabels if payload.commonLabels is mapping else {} -%}"
    "{%- set own = payload.labels if payload.labels is mapping else {} -%}"
)
TITLE = NAMES + (
    '{{ own.alertname or grouped.alertname or common.alertname or "Alert" }}'
    '{%- set others = grouped.items() | rejectattr(0, "eq", "alertname") | map(attribute=1) | join(", ") -%}'
    "{% if others %} ({{ others }}){% endif %}"
)
PHONE_TITLE = NAMES + '{{ grouped.values() | join(", ") or own.alertname or common.alertname or "Alert" }}'

STATUS = """\
{%- set severity = grouped.severity or common.severity or own.severity -%}
{%- set status = payload.status or "Unknown" -%}
{%- set severity_signs = {"critical": ":rotating_light:", "warning": ":warning:"} -%}
{%- set status_signs = {"firing": ":fire:", "resolved": ":white_check_mark:"} -%}
{%- if severity -%}
Severity: {{ severity }} {{ severity_signs.get(severity | string, ":question:") }}
{% endif -%}
Status: {{ status }} {{ status_signs.get(status | string, ":warning:") }} (on the source)
{%- if status == "firing" and payload.numFiring %}
Firing alerts – {{ payload.numFiring }}
Resolved alerts – {{ payload.numResolved }}
{%- endif %}
"""
RUNBOOKS = """\
{%- set notes = payload.commonAnnotations if payload.commonAnnotations is mapping else {} -%}
{%- if notes.runbook_url %}
:green_book: @RUNBOOK@
{%- endif %}
{%- if notes.runbook_url_internal %}
:closed_book: @INTERNAL_RUNBOOK@
{%- endif %}
"""
LISTS = """\
{%- if notes.runbook_url or notes.runbook_url_internal -%}
{%- set notes = dict(notes.items() | rejectattr(0, "in", ["runbook_url", "runbook_url_internal"])) -%}
{%- endif -%}
{%- for heading, entries in [("GroupLabels", grouped), ("CommonLabels", common), ("Annotations", notes),
                             ("Labels", own), ("Annotations", payload.annotations)] -%}
{%- if entries and entries is mapping %}

{{ heading }}:
{%- for name, value in entries.items() %}
- {{ name }}: {{ value }}
{%- endfor -%}
{%- endif -%}
{%- endfor -%}
"""
SOURCE_LINK = (
    "{%- set first = (payload.alerts or [])[0] or {} -%}"
    '{{ first.generatorURL or payload.generatorURL or "" }}'
)


def with_counts(payload: Any) -> Any:
    """Return the payload with `numFiring` and `numResolved`, counted from its alerts unless they were sent."""
    if "numFiring" in payload:
        return payload
    alerts = payload.get("alerts")
    states = (
        [one.get("status") for one in alerts if isinstance(one, dict)] if isinstance(alerts, list) else []
    )
    return {**payload, "numFiring": states.count("firing"), "numResolved": states.count("resolved")}


def templates(product: str) -> Templates:
    """Return the templates of a type with this body; `product` names the sender in the link to it."""
    title, phone_title = or_heartbeat(TITLE), or_heartbeat(PHONE_TITLE)
    return {
        "grouping_key": '{{ payload.groupKey if payload.groupKey is not none else "" }}',
        "resolve_signal": '{{ payload.status == "resolved" }}',
        "acknowledge_signal": None,
        "source_link": SOURCE_LINK,
        "web": medium(title, _message(_markdown_link, product)),
        "slack": medium(SLACK_TITLE, _message(_slack_link, None)),
        "telegram": medium(title, _message(_html_link, product)),
        "phone_call": {"title": phone_title},
    }


def _message(link: Link, product: str | None) -> str:
    runbooks = RUNBOOKS.replace("@RUNBOOK@", link("{{ notes.runbook_url }}", "Runbook"))
    runbooks = runbooks.replace(
        "@INTERNAL_RUNBOOK@", link("{{ notes.runbook_url_internal }}", "Internal runbook")
    )
    end = ""
    if product:
        end = "{%- if source_link %}\n\n" + link("{{ source_link }}", f"View in {product}") + "{% endif %}"
    return NAMES + STATUS + runbooks + LISTS + end


def _markdown_link(url: str, text: str) -> str:
    return f"[{text}]({url})"


def _slack_link(url: str, text: str) -> str:
    return f"<{url}|{text}>"


def _html_link(url: str, text: str) -> str:
    return f'<a href="{url}">{text}</a>'


def example(status: str, *, sender: str) -> dict[str, Any]:
    """Return a body as the sender would send it, with `status` firing or resolved."""
    labels = {"alertname": "DiskFull", "cluster": "prod-eu-1", "severity": "critical"}
    ended = "0001-01-01T00:00:00Z" if status == "firing" else "2026-01-05T10:40:00Z"
    return {
        "receiver": "tocsin",
        "status": status,
        "alerts": [
            {
                "status": status,
                "labels": {**labels, "instance": "db1:9100", "mountpoint": "/var"},
                "annotations": {"summary": "Disk /var on db1 is nearly full"},
                "startsAt": "2026-01-05T10:00:00Z",
                "endsAt": ended,
                "generatorURL": f"https://{sender}.example.com/graph?g0.expr=node_filesystem_avail_bytes",
                "fingerprint": "c6f1b2a3d4e5f607",
            }
        ],
        "groupLabels": {"alertname": "DiskFull", "cluster": "prod-eu-1"},
        "commonLabels": labels,
        "commonAnnotations": {
            "summary": "Disk /var on db1 is nearly full",
            "runbook_url": "https://runbooks.example.com/DiskFull",
        },
        "externalURL": f"https://{sender}.example.com",
        "version": "4",
        "groupKey": '{}/{severity="critical"}:{alertname="DiskFull", cluster="prod-eu-1"}',
        "truncatedAlerts": 0,
    }
