"""Splunk: the webhook alert action, detectors of Splunk Observability Cloud, and alerts shaped for Splunk On-Call."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

WELL = '["ok", "stopped", "manually resolved", "auto resolved"]'
STATUS = "([payload.statusExtended, payload.status] | any_of | words | lower)"
MESSAGE = "(payload.message_type | words | upper)"
LOOK = Look(
    names={"row": "payload.result"},
    facts=[
        ("State", f"[{STATUS}, {MESSAGE} | lower] | any_of"),
        ("Severity", "[payload.severity, row.severity, row.urgency, row.level] | any_of"),
        ("Host", "[row.host, payload.host_name, payload.hostname] | any_of"),
        ("Rule", "payload.rule"),
        ("Condition", "payload.detectOnCondition"),
        (
            "Since",
            "[payload.timestamp, payload.state_start_time, payload.timestampISO8601, row._time] | any_of | when",
        ),
        ("Result", "row"),
        ("Metric", "payload.originatingMetric"),
        ("Entity", "payload.entity_id"),
        ("App", "payload.app"),
        ("Owner", "payload.owner"),
        ("Source", "payload.monitoring_tool"),
        ("Tip", "payload.tip"),
    ],
    text=(
        "[[payload.messageBody, payload.description, payload.state_message] | any_of,"
        ' (row._raw | string)[:1000] if row._raw is string else ""] | joined("\\n\\n")'
    ),
    links=[
        ("Results", "payload.results_link"),
        ("Detector", "payload.detectorUrl"),
        ("Runbook", "payload.runbookUrl"),
    ],
    source_link="[payload.results_link, payload.detectorUrl, payload.alert_url] | any_of | absolute(base_url)",
    image="payload.imageUrl | absolute",
)


def bodies(body: Any) -> list[Any]:
    """Return the alert of the body.

    Raises:
        Permanent: the body is no object.
        NotAnAlert: a message that only informs.
    """
    (payload,) = one_object(body)
    kind = payload.get("message_type")
    if isinstance(kind, str) and kind.upper() == "INFO":
        raise NotAnAlert("A message of the type INFO makes no alert.")
    return [payload]


def example() -> dict[str, Any]:
    """Return the body of a saved search's webhook action."""
    return {
        "sid": "scheduler__admin__search__RMD5b1c2_at_1767607200_132",
        "search_name": "Checkout errors",
        "app": "search",
        "owner": "admin",
        "results_link": "https://splunk.example.com:8000/app/search/@go?sid=scheduler__admin__search__RMD5b1c2_at_1767607200_132",
        "result": {
            "_time": "1767607200",
            "host": "web-1",
            "sourcetype": "access_combined",
            "status": "503",
            "count": "47",
        },
    }


TYPE = IntegrationType(
    slug="splunk",
    title="Splunk",
    category=Category.LOGS,
    summary="Saved searches with a webhook action, and detectors of Splunk Observability Cloud.",
    documentation="https://help.splunk.com/en/splunk-enterprise/alert-and-respond/alerting-manual",
    templates=templates(
        title=(
            '[[payload.search_name, row.host] | joined(" on ") if payload.search_name else "", payload.messageTitle,'
            "  payload.entity_display_name,"
            ' [payload.detector, payload.rule] | joined(": "), payload.state_message, payload.entity_id,'
            ' ("Splunk search by " ~ (payload.owner | words)) if payload.owner | words else ""] | any_of'
        ),
        grouping_key=first_key(
            "[payload.incidentId]",
            "[payload.entity_id]",
            "([payload.app, payload.owner, payload.search_name, row.host] if payload.search_name | words else [])",
            "[payload.detectorId, payload.detector, payload.rule, payload.eventType]",
            "[payload.sid]",
        ),
        resolve=f'{STATUS} in {WELL} or {MESSAGE} in ["RECOVERY", "OK"]',
        acknowledge=f'{MESSAGE} in ["ACKNOWLEDGEMENT", "ACK"]',
        look=LOOK,
    ),
    example_firing=example(),
    example_resolved=None,
    notes=(
        "In Splunk Enterprise or Cloud Platform, save a search as an *Alert*, and under *Trigger Actions* add "
        "*Webhook* with the integration's URL (from version 9.0 on the URL must be in the webhook allow list, under "
        "*Settings*, *Server settings*). Choose *Trigger: For each result* where each host shall be an alert group "
        "of its own. The body holds the first result alone, and no word when it is over: a group is known by app, "
        "owner, search and the result's `host`, and is resolved by hand.\n\n"
        "In Splunk Observability Cloud, open *Data Management*, *Available integrations*, *Webhook*, enter the "
        "integration's URL, leave the payload as it is, and choose it as an alert recipient of the detectors; an "
        "incident is one alert group, known by its `incidentId`, and resolves with it.\n\n"
        "Alerts made for the REST endpoint of Splunk On-Call (`message_type`, `entity_id`, `state_message`) are "
        "understood as well: `ACKNOWLEDGEMENT` acknowledges, `RECOVERY` resolves, `INFO` makes no alert.\n"
    ),
    heartbeat_notes=(
        "Save a search that always finds something (`| makeresults`), let it run every minute, and give it a "
        "*Webhook* action with the heartbeat URL.\n"
    ),
    bodies=bodies,
)
