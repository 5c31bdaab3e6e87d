"""Checkly: the webhook alert channel, whose body its user writes from Checkly's variables."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

# A user's body may keep the variables' own names.
NAMES = {
    "ALERT_TITLE": "event",
    "ALERT_TYPE": "alert_type",
    "CHECK_ID": "check_id",
    "CHECK_NAME": "check_name",
    "CHECK_TYPE": "check_type",
    "CHECK_RESULT_ID": "check_result_id",
    "CHECK_ERROR_MESSAGE": "check_error_message",
    "API_CHECK_RESPONSE_STATUS_CODE": "api_check_response_status_code",
    "API_CHECK_RESPONSE_STATUS_TEXT": "api_check_response_status_text",
    "GROUP_NAME": "group_name",
    "REGION": "region",
    "RUN_LOCATION": "run_location",
    "RESPONSE_TIME": "response_time",
    "RESULT_LINK": "link",
    "SSL_DAYS_REMAINING": "ssl_days_remaining",
    "SSL_CHECK_DOMAIN": "ssl_check_domain",
    "STARTED_AT": "started_at",
    "TAGS": "tags",
}
KIND = "(payload.alert_type | words)"
WATCHED = '("certificate" if ' + KIND + ' == "ALERT_SSL" else "check")'
LOOK = Look(
    facts=[
        ("State", f'{KIND}.removeprefix("ALERT_") | lower | replace("_", " ")'),
        ("Error", "payload.check_error_message"),
        (
            "Response",
            "[payload.api_check_response_status_code, payload.api_check_response_status_text] | joined",
        ),
        ("Certificate of", "payload.ssl_check_domain"),
        ("Days left", "payload.ssl_days_remaining"),
        ("Since", "payload.started_at | when"),
        ("Location", "[payload.run_location, payload.region] | any_of"),
        ("Response time (ms)", "payload.response_time"),
        ("Type", "payload.check_type"),
        ("Group", "payload.group_name"),
        ("Tags", "payload.tags"),
    ],
    links=[("Result", "payload.link")],
    source_link=(
        "payload.link | absolute or"
        ' ("https://app.checklyhq.com/checks/" ~ (payload.check_id | words) if payload.check_id | words else "")'
    ),
)


def bodies(body: Any) -> list[Any]:
    """Return the alert of the body.

    Raises:
        Permanent: the body is no object.
        NotAnAlert: Checkly says that there is nothing to alert about.
    """
    (payload,) = one_object(body)
    if "NO_ALERT" in (payload.get("alert_type"), payload.get("ALERT_TYPE")):
        raise NotAnAlert("Checkly says that there is nothing to alert about.")
    return [payload]


def prepare(payload: Any) -> Any:
    """Return the body with its variables under the names of the notes."""
    named = {ours: payload[theirs] for theirs, ours in NAMES.items() if theirs in payload}
    return {**named, **payload} if named else payload


def example(alert_type: str) -> dict[str, Any]:
    """Return the body of the notes for ALERT_FAILURE or ALERT_RECOVERY."""
    failed = alert_type == "ALERT_FAILURE"
    return {
        "event": f'Check "Shop front page" has {"failed" if failed else "recovered"}',
        "alert_type": alert_type,
        "check_name": "Shop front page",
        "check_id": "1f3d2b60-7a7a-4a53-8d0c-3a52a1f0a001",
        "check_type": "API",
        "check_result_id": "b0b6e6a2-1d4d-4c39-9a58-0a8a5fb9d002",
        "check_error_message": "Expected status 200, received 503" if failed else "",
        "api_check_response_status_code": "503" if failed else "200",
        "api_check_response_status_text": "Service Unavailable" if failed else "OK",
        "group_name": "Shop",
        "run_location": "Frankfurt",
        "response_time": "1234",
        "started_at": "2026-01-05T10:00:00.000Z" if failed else "2026-01-05T10:40:00.000Z",
        "ssl_days_remaining": "",
        "ssl_check_domain": "",
        "tags": "shop,eu",
        "link": (
            "https://app.checklyhq.com/checks/1f3d2b60-7a7a-4a53-8d0c-3a52a1f0a001"
            "/check-sessions/b0b6e6a2-1d4d-4c39-9a58-0a8a5fb9d002"
        ),
    }


TYPE = IntegrationType(
    slug="checkly",
    title="Checkly",
    category=Category.UPTIME,
    summary="API, browser and heartbeat checks that failed, degraded or recovered.",
    documentation="https://www.checklyhq.com/docs/integrations/alerts/webhooks/",
    templates=templates(
        title=(
            '[payload.event, [payload.check_name, payload.alert_type] | joined(" – ")] | any_of | words'
            """ | replace('"', "")"""
        ),
        grouping_key=first_key(
            f"([payload.check_id, {WATCHED}] if payload.check_id | words else [])",
            f"([payload.check_name, payload.group_name, {WATCHED}] if payload.check_name | words else [])",
        ),
        resolve=f'{KIND}.endswith("RECOVERY")',
        look=LOOK,
    ),
    example_firing=example("ALERT_FAILURE"),
    example_resolved=example("ALERT_RECOVERY"),
    notes=(
        "In Checkly, open *Alerts*, *Alert channels*, *Add more channels*, *Webhook*; enter the integration's URL, "
        "the method *POST*, and as body\n\n"
        "```json\n"
        '{\n  "event": "{{ALERT_TITLE}}",\n  "alert_type": "{{ALERT_TYPE}}",\n  "check_name": "{{CHECK_NAME}}",\n'
        '  "check_id": "{{CHECK_ID}}",\n  "check_type": "{{CHECK_TYPE}}",\n  "group_name": "{{GROUP_NAME}}",\n'
        '  "check_error_message": "{{CHECK_ERROR_MESSAGE}}",\n  "run_location": "{{RUN_LOCATION}}",\n'
        '  "response_time": "{{RESPONSE_TIME}}",\n  "started_at": "{{STARTED_AT}}",\n'
        '  "api_check_response_status_code": "{{API_CHECK_RESPONSE_STATUS_CODE}}",\n'
        '  "ssl_days_remaining": "{{SSL_DAYS_REMAINING}}",\n  "ssl_check_domain": "{{SSL_CHECK_DOMAIN}}",\n'
        '  "tags": "{{TAGS}}",\n  "link": "{{RESULT_LINK}}"\n}\n'
        "```\n\n"
        "Tick *Failures* and *Recoveries* (and *Degradations* and *SSL expirations* if they shall ring), and choose "
        "the checks. A body with the variables' own names as keys is understood as well.\n\n"
        "A check is one alert group, known by its id; its certificate is another. A recovery resolves it.\n"
    ),
    heartbeat_notes="Add a *URL monitor* of the heartbeat URL that runs every minute.\n",
    reads_query=True,
    bodies=bodies,
    prepare=prepare,
)
