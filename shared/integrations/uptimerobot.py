"""UptimeRobot: its webhook, with the fields in JSON, a form or the URL, however its user set it up."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

FIELDS = (
    "monitorID",
    "monitorURL",
    "monitorFriendlyName",
    "alertType",
    "alertTypeFriendlyName",
    "alertDetails",
    "alertDuration",
    "alertDateTime",
    "monitorAlertContacts",
    "sslExpiryDate",
    "sslExpiryDaysLeft",
    "dashboardURL",
    "monitorType",
    "httpStatusCode",
    "monitoringRegions",
    "monitorTags",
    "monitorGroup",
    "incidentStartTime",
    "incidentEndTime",
    "responseTime",
)
CANONICAL = {one.lower(): one for one in FIELDS}
NAME = "[payload.monitorFriendlyName, payload.monitorURL] | any_of"
# Up and down are one problem; certificates and domains that run out are others of the same monitor.
KIND = '("availability" if payload.alertType | words in ["1", "2", ""] else (payload.alertType | words))'
WHAT = (
    '([payload.sslExpiryDaysLeft, "days of its certificate left"] | joined if payload.alertType | words == "3"'
    " and payload.sslExpiryDaysLeft | words else"
    ' ([{"1": "DOWN", "2": "UP"}.get(payload.alertType | words), payload.alertTypeFriendlyName] | any_of))'
)
LOOK = Look(
    facts=[
        (
            "State",
            '[{"1": "down", "2": "up"}.get(payload.alertType | words), payload.alertTypeFriendlyName] | any_of',
        ),
        ("Checked", "payload.monitorURL"),
        ("Type", "payload.monitorType"),
        ("HTTP status", "payload.httpStatusCode"),
        ("Certificate until", "payload.sslExpiryDate | when"),
        ("Days left", "payload.sslExpiryDaysLeft"),
        ("Since", "[payload.incidentStartTime, payload.alertDateTime] | any_of | when"),
        ("Lasted (s)", "payload.alertDuration"),
        ("Group", "payload.monitorGroup"),
        ("Tags", "payload.monitorTags"),
        ("Regions", "payload.monitoringRegions"),
    ],
    text="payload.alertDetails",
    links=[("Checked address", "payload.monitorURL"), ("UptimeRobot", "payload.dashboardURL")],
    source_link=(
        "payload.dashboardURL | absolute"
        ' or ("https://dashboard.uptimerobot.com/monitors/" ~ (payload.monitorID | words)'
        ' if payload.monitorID | words else "")'
    ),
)


def prepare(payload: Any) -> Any:
    """Return the fields under the names that UptimeRobot documents, without placeholders that it left as they were."""
    found = {name: value for name, value in payload.items() if not _is_placeholder(name, value)}
    for name, value in payload.items():
        known = CANONICAL.get(name.lower())
        if known is not None and known not in found and not _is_placeholder(known, value):
            found[known] = value
    return found


def _is_placeholder(name: str, value: Any) -> bool:
    return value in (name, f"*{name}*") and name.lower() in CANONICAL


def example(alert_type: str) -> dict[str, Any]:
    """Return the body of a monitor that went down (1), or came back (2)."""
    down = alert_type == "1"
    return {
        "monitorID": "777749809",
        "monitorURL": "https://shop.example.com/",
        "monitorFriendlyName": "Shop front page",
        "alertType": alert_type,
        "alertTypeFriendlyName": "Down" if down else "Up",
        "alertDetails": "HTTP 503 - Service Unavailable" if down else "HTTP 200 - OK",
        "alertDuration": "" if down else "2400",
        "alertDateTime": "1767607200" if down else "1767609600",
        "sslExpiryDate": "",
        "sslExpiryDaysLeft": "",
    }


TYPE = IntegrationType(
    slug="uptimerobot",
    title="UptimeRobot",
    category=Category.UPTIME,
    summary="Monitors that went down or came back, certificates and domains that run out.",
    documentation="https://help.uptimerobot.com/en/articles/14498593-webhook-integration",
    templates=templates(
        title=f'[{NAME}, {WHAT}] | joined(" – " if payload.alertType | words == "3" else " is ")',
        grouping_key=first_key(
            f"([payload.monitorID, {KIND}] if payload.monitorID | words else [])",
            f"([payload.monitorURL, payload.monitorFriendlyName, {KIND}] if {NAME} else [])",
        ),
        resolve='payload.alertType | words == "2"'
        ' or (not payload.alertType | words and payload.alertTypeFriendlyName | words | lower == "up")',
        look=LOOK,
    ),
    example_firing=example("1"),
    example_resolved=example("2"),
    notes=(
        "In UptimeRobot, open *Integrations & API*, add a *Webhook* with the integration's URL, and choose the "
        "events *Up*, *Down* and *SSL & domain expiry*. Tick *Send as JSON* and paste as *POST value*:\n\n"
        "```json\n"
        '{\n  "monitorID": "*monitorID*",\n  "monitorURL": "*monitorURL*",\n'
        '  "monitorFriendlyName": "*monitorFriendlyName*",\n  "alertType": "*alertType*",\n'
        '  "alertTypeFriendlyName": "*alertTypeFriendlyName*",\n  "alertDetails": "*alertDetails*",\n'
        '  "alertDuration": "*alertDuration*",\n  "alertDateTime": "*alertDateTime*",\n'
        '  "sslExpiryDate": "*sslExpiryDate*",\n  "sslExpiryDaysLeft": "*sslExpiryDaysLeft*"\n}\n'
        "```\n\n"
        "Its default parameters, in the body or in the URL, are understood as well. "
        "Then choose this integration at every monitor that shall ring.\n\n"
        "A monitor is one alert group, known by its `monitorID` (without one by address and name); what concerns "
        "its certificate or domain is a group of its own. A group resolves when the monitor is up again.\n"
    ),
    heartbeat_notes=(
        "Add a monitor of the type *HTTP(s)* with the heartbeat URL and an interval of at most a quarter of the "
        "heartbeat's.\n"
    ),
    reads_query=True,
    bodies=one_object,
    prepare=prepare,
)
