"""The webhook body that Alertmanager defined and Grafana Alerting sends too: counts, and texts for each medium."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from shared.domain.configuration import Templates
from shared.integrations.heartbeat_shapes import or_heartbeat
from shared.integrations.integration_type import NotAnAlert, Part, one_object
from shared.integrations.wording import SLACK_TITLE, medium

Link = Callable[[str, str], str]

HEARTBEAT = (
    "Let a rule that always fires call the heartbeat URL:\n\n"
    "```yaml\n"
    "# Prometheus\n"
    "- alert: Watchdog\n"
    "  expr: vector(1)\n"
    "# Alertmanager\n"
    "route:\n"
    "  routes:\n"
    "    - matchers: [alertname = Watchdog]\n"
    "      receiver: tocsin-heartbeat\n"
    "      group_wait: 0s\n"
    "      group_interval: 1m\n"
    "      repeat_interval: 50s\n"
    "receivers:\n"
    "  - name: tocsin-heartbeat\n"
    "    webhook_configs:\n"
    "      - url: <the heartbeat URL>\n"
    "        send_resolved: false\n"
    "```\n"
)

# What is not an object where one belongs reads as empty, so that no field can make a page unreadable.
NAMES = (
    "{%- set grouped = payload.groupLabels | object -%}"
    "{%- set common = payload.commonLabels | object -%}"
    "{%- set own = payload.labels | object -%}"
)
TITLE = NAMES + (
    "{{ [own.alertname, grouped.alertname, common.alertname, payload.title] | any_of | words"
    ' or ("Alert from " ~ integration_name) }}'
    '{%- set others = (grouped | besides({"alertname": 1})).values() | join(", ") -%}'
    "{% if others %} ({{ others }}){% endif %}"
)
PHONE_TITLE = NAMES + (
    '{{ grouped.values() | list | joined(", ") or ([own.alertname, common.alertname, payload.title] | any_of | words)'
    ' or ("Alert from " ~ integration_name) }}'
)

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
{%- set notes = payload.commonAnnotations | object -%}
{%- if notes.runbook_url %}
:green_book: @RUNBOOK@
{%- endif %}
{%- if notes.runbook_url_internal %}
:closed_book: @INTERNAL_RUNBOOK@
{%- endif %}
"""
LISTS = """\
{%- set notes = notes | besides({"runbook_url": 1, "runbook_url_internal": 1}) -%}
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
# What a body holds, for those who have the room to read it: web and mail.
INNER_LIMIT = 25
INNER = """\
{%- set inner = payload.alerts | entries -%}
{%- if inner %}

Alerts:
{%- for one in inner[:@LIMIT@] %}
{%- set one = one | object -%}
{%- set notes = one.annotations | object -%}
{%- set sign = {"firing": ":fire:", "resolved": ":white_check_mark:"}.get(one.status | words, ":warning:") -%}
{%- set since = one.startsAt | when %}
- {{ sign }} {{ [one.labels | besides(common) or one.labels,
                 notes.summary or notes.description or notes.message] | joined(" – ") }}
{%- if since %} (since {{ since }}){% endif -%}
{%- endfor -%}
{%- if inner | length > @LIMIT@ %}
- … and {{ (inner | length) - @LIMIT@ }} more
{%- endif -%}
{%- endif -%}
""".replace("@LIMIT@", str(INNER_LIMIT))
SOURCE_LINK = (
    "{%- set first = (payload.alerts | entries | first) | object -%}"
    "{{ [first.generatorURL, payload.generatorURL, first.panelURL, payload.externalURL] | any_of"
    " | absolute([payload.externalURL, base_url] | any_of) }}"
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


def instances(body: Any) -> list[Part]:
    """Return one alert per entry of `alerts`, each as the body that would have held it alone.

    What names an instance is its fingerprint, without one its labels.

    Raises:
        Permanent: the body is no object.
        NotAnAlert: its list of alerts is empty.
    """
    (whole,) = one_object(body)
    alerts = whole.get("alerts")
    if not isinstance(alerts, list):
        return [Part(with_counts(whole))]
    if not alerts:
        raise NotAnAlert("The list of alerts is empty.")
    return [_alone(whole, one) for one in alerts]


def _alone(whole: dict[str, Any], inner: Any) -> Part:
    alert = inner if isinstance(inner, dict) else {}
    status = alert.get("status", whole.get("status"))
    payload = {
        **whole,
        "status": status,
        "alerts": [inner],
        "commonLabels": alert.get("labels", whole.get("commonLabels")),
        "commonAnnotations": alert.get("annotations", whole.get("commonAnnotations")),
        "numFiring": int(status == "firing"),
        "numResolved": int(status == "resolved"),
    }
    return Part(payload, instance=fingerprint(alert))


def fingerprint(alert: dict[str, Any]) -> str:
    """Return what tells an inner alert from the others of its group: the sender's fingerprint, else its labels."""
    given = alert.get("fingerprint")
    if isinstance(given, str) and given:
        return given[:200]
    text = json.dumps(alert.get("labels"), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def templates(product: str) -> Templates:
    """Return the templates of a type with this body; `product` names the sender in the link to it."""
    title, phone_title = or_heartbeat(TITLE), or_heartbeat(PHONE_TITLE)
    return {
        "grouping_key": '{{ payload.groupKey if payload.groupKey is not none else "" }}',
        "resolve_signal": '{{ payload.status == "resolved" }}',
        "acknowledge_signal": None,
        "source_link": SOURCE_LINK,
        "web": medium(title, _message(_markdown_link, product, INNER)),
        "slack": medium(SLACK_TITLE, _message(_slack_link, None)),
        "telegram": medium(title, _message(_html_link, product)),
        "phone_call": {"title": phone_title},
    }


def _message(link: Link, product: str | None, inner: str = "") -> str:
    runbooks = RUNBOOKS.replace("@RUNBOOK@", link("{{ notes.runbook_url }}", "Runbook"))
    runbooks = runbooks.replace(
        "@INTERNAL_RUNBOOK@", link("{{ notes.runbook_url_internal }}", "Internal runbook")
    )
    end = ""
    if product:
        end = "{%- if source_link %}\n\n" + link("{{ source_link }}", f"View in {product}") + "{% endif %}"
    return NAMES + STATUS + runbooks + LISTS + inner + end


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
