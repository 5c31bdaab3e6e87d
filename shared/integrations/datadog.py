"""Datadog: monitors by its Webhooks integration, whose body every user writes with Datadog's own variables.

The fields are found by the names of the variables (`$ALERT_TRANSITION` as `alert_transition`, `ALERT_TRANSITION`,
`alert.transition` …), so that Datadog's default body and those of common guides all read the same.
"""

from __future__ import annotations

import re
from typing import Any

from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object
from shared.templates.given import is_given

NOTES = """\
In Datadog, open *Integrations → Webhooks*, add a webhook with the integration's URL, and as its payload

```json
{
  "alert_id": "$ALERT_ID",
  "aggreg_key": "$AGGREG_KEY",
  "alert_title": "$ALERT_TITLE",
  "alert_transition": "$ALERT_TRANSITION",
  "alert_type": "$ALERT_TYPE",
  "alert_priority": "$ALERT_PRIORITY",
  "alert_scope": "$ALERT_SCOPE",
  "alert_status": "$ALERT_STATUS",
  "alert_metric": "$ALERT_METRIC",
  "hostname": "$HOSTNAME",
  "body": "$TEXT_ONLY_MSG",
  "tags": "$TAGS",
  "date": "$DATE",
  "link": "$LINK",
  "snapshot": "$SNAPSHOT",
  "org": {"id": "$ORG_ID", "name": "$ORG_NAME"}
}
```

Then write `@webhook-<its name>` into the message of each monitor that shall ring, so that it is in both the alert \
and the recovery.

A monitor is one alert group for each of its groups (hosts, services …); *Recovered* resolves it.
Datadog's default payload works too, but names neither the monitor nor its group: there the title without its state \
is what groups.
"""
NESTED = ("alert", "metadata", "data", "event", "monitor", "details")
MOST_FIELDS = 200
# What the variables are called in bodies; the first that is given counts.
FIELDS = {
    "id": ("alertid", "monitorid"),
    "aggreg_key": ("aggregkey", "aggregationkey"),
    "cycle_key": ("alertcyclekey", "cyclekey"),
    "title": ("alerttitle", "eventtitle", "title"),
    "transition": ("alerttransition", "transition"),
    "type": ("alerttype",),
    "priority": ("alertpriority", "priority"),
    "scope": ("alertscope", "scope"),
    "status": ("alertstatus", "status"),
    "metric": ("alertmetric", "metric"),
    "query": ("alertquery", "query"),
    "host": ("hostname", "host"),
    "message": ("textonlymsg", "textmsg", "body", "eventmsg", "message", "description"),
    "link": ("link", "eventurl", "url"),
    "snapshot": ("snapshot",),
    "tags": ("tags",),
    "at": ("date", "lastupdated", "dateposix"),
}
# "[P2] [Triggered on {host:db1}] Disk is full": priority, state and group before the monitor's name.
PRIORITY = re.compile(r"\[(P[1-5])\]\s*")
STATE = re.compile(
    r"\[((?:Re-?)?(?:Triggered|Recovered|Warn(?:ing)?(?: Recovered)?|No ?Data(?: Recovered)?|Renotify|Notify))"
    r"(?: on \{([^{}\[\]]*)\})?\]\s*",
    re.IGNORECASE,
)
LOOK = Look(
    names={"monitor": "payload.monitor", "org": "payload.org"},
    facts=[
        ("State", "[monitor.transition, monitor.type] | any_of"),
        ("Priority", "monitor.priority"),
        ("Where", "[monitor.scope, monitor.host] | any_of"),
        ("What", "[monitor.status, monitor.metric, monitor.query] | any_of"),
        ("At", "monitor.at | when"),
        ("Tags", "monitor.tags"),
        ("Organization", "org.name"),
    ],
    text="monitor.message",
    source_link='monitor.link | absolute(base_url or "https://app.datadoghq.com")',
    image="monitor.snapshot | absolute",
)


def with_monitor(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the payload with what it says of the monitor under one name, whatever its user called the fields."""
    flat = _flat(payload)
    found = {
        name: value
        for name, sources in FIELDS.items()
        if (value := next((flat[one] for one in sources if is_given(flat.get(one))), None)) is not None
    }
    own = payload.get("monitor")
    return {**payload, "monitor": {**(own if isinstance(own, dict) else {}), **found, **_read_title(found)}}


def _read_title(found: dict[str, Any]) -> dict[str, str]:
    """Return the monitor's name, and the state, group and priority that stand before it where no field has them."""
    title = found.get("title")
    if not isinstance(title, str):
        return {}
    rest, read = title.strip()[:1000], {}
    for _ in range(3):
        if priority := PRIORITY.match(rest):
            read["priority"], rest = priority[1], rest[priority.end() :]
        if state := STATE.match(rest):
            read["transition"], rest = state[1], rest[state.end() :]
            if state[2]:
                read["scope"] = state[2]
    told = {name: value for name, value in read.items() if name not in found}
    return {**told, "name": rest or title.strip()}


def _flat(payload: dict[str, Any]) -> dict[str, Any]:
    """Return the fields by their names in small letters, those inside some objects also by both names together."""
    flat: dict[str, Any] = {}
    for name, value in list(payload.items())[:MOST_FIELDS]:
        if name.lower() in NESTED and isinstance(value, dict):
            for inner, one in list(value.items())[:MOST_FIELDS]:
                flat.setdefault(_plain(name + inner), one)
                flat.setdefault(_plain(inner), one)
        else:
            flat[_plain(name)] = value
    return flat


def _plain(name: str) -> str:
    return name[:80].replace("_", "").replace("-", "").lower()


def example(status: str) -> dict[str, Any]:
    """Return the body of the notes for a monitor that triggered, or recovered."""
    transition = "Triggered" if status == "firing" else "Recovered"
    return {
        "alert_id": "10283921",
        "aggreg_key": "9bd4ac313a4d1e8fae2482df7b77628e",
        "alert_title": f"[{transition} on {{host:db1}}] Disk is nearly full",
        "alert_transition": transition,
        "alert_type": "error" if status == "firing" else "success",
        "alert_priority": "P1",
        "alert_scope": "host:db1",
        "alert_status": "system.disk.in_use over host:db1 was > 0.95 on average during the last 5m.",
        "alert_metric": "system.disk.in_use",
        "hostname": "db1",
        "body": "The disk of the order database fills up. Runbook: https://runbooks.example.com/disk",
        "tags": "env:prod,host:db1,monitor,team:data",
        "date": "1767607200000",
        "link": "https://app.datadoghq.com/monitors/10283921?group=host%3Adb1",
        "snapshot": "https://p.datadoghq.com/snapshot/view/dd-snapshots-prod/org_123/2026-01-05/1.png",
        "org": {"id": "123456", "name": "Example"},
    }


TYPE = IntegrationType(
    slug="datadog",
    title="Datadog",
    category=Category.METRICS,
    summary="Monitors that trigger and recover, by Datadog's Webhooks integration.",
    documentation="https://docs.datadoghq.com/integrations/webhooks/",
    templates=templates(
        title='[[monitor.name, monitor.title] | any_of, monitor.scope] | joined(" on ")',
        grouping_key=(
            "([org.id, monitor.id, monitor.aggreg_key or monitor.cycle_key, monitor.scope] | identity)"
            ' if ([monitor.id, monitor.aggreg_key, monitor.cycle_key] | any_of) is not eq("")'
            " else ([org.id, none, monitor.name, monitor.scope] | identity)"
            ' if ([monitor.name] | any_of) is not eq("") else ""'
        ),
        resolve=(
            '(monitor.transition | words | lower).endswith("recovered")'
            ' or (not monitor.transition and monitor.type | words | lower == "success")'
        ),
        look=LOOK,
    ),
    example_firing=example("firing"),
    example_resolved=example("resolved"),
    notes=NOTES,
    bodies=one_object,
    prepare=with_monitor,
)
