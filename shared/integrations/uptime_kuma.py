"""Uptime Kuma: its webhook notification, as JSON or as a form with the JSON in one field."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.inner_json import inner_object
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

QUIET = {2: "pending", 3: "in maintenance"}
STATE = '{"0": "DOWN", "1": "UP"}.get(beat.status | words)'
TARGET = "([monitor.url | absolute, monitor.hostname] | any_of)"
LOOK = Look(
    names={"beat": "payload.heartbeat", "monitor": "payload.monitor"},
    facts=[
        ("State", STATE),
        ("Reason", "beat.msg"),
        ("Checked", f'[{TARGET}, monitor.port] | joined(":")'),
        ("Since", "beat.time | when"),
        ("Type", "monitor.type"),
        ("Path", "monitor.pathName"),
        ("Retries", "beat.retries"),
        ("Description", "monitor.description"),
    ],
    text="payload.msg if not beat.msg else ''",
    links=[("Checked address", "monitor.url")],
    source_link=(
        '("/dashboard/" ~ (monitor.id | words)) | absolute(base_url if monitor.id | words else "")'
        " or monitor.url | absolute"
    ),
)


def bodies(body: Any) -> list[Any]:
    """Return the notification of the body.

    Raises:
        Permanent: the body is no object, or the form's field `data` holds none.
        NotAnAlert: a test, or a state that is no problem.
    """
    (payload,) = one_object(body)
    if set(payload) == {"data"}:
        payload = inner_object(payload["data"], "the field data")
    beat, text = payload.get("heartbeat"), payload.get("msg")
    if isinstance(beat, dict) and beat.get("status") in (2, 3):
        raise NotAnAlert(f"The monitor is {QUIET[beat['status']]}.")
    if beat is None and isinstance(text, str) and text.endswith("Testing"):
        raise NotAnAlert("Uptime Kuma tries the notification out.")
    return [payload]


def example(status: int) -> dict[str, Any]:
    """Return the body of a monitor that went down (0), or came back (1)."""
    reason = "timeout of 48000ms exceeded" if status == 0 else "200 - OK"
    sign = "🔴 Down" if status == 0 else "✅ Up"
    at = "10:00:00" if status == 0 else "10:40:00"
    return {
        "heartbeat": {
            "monitorID": 7,
            "status": status,
            "time": f"2026-01-05 {at}.123",
            "msg": reason,
            "ping": None if status == 0 else 84,
            "important": True,
            "duration": 60,
            "retries": 2,
            "timezone": "Europe/Berlin",
            "timezoneOffset": "+01:00",
            "localDateTime": f"2026-01-05 1{at[1:]}",
        },
        "monitor": {
            "id": 7,
            "name": "Shop front page",
            "description": "The page that customers see first",
            "pathName": "Shop / Shop front page",
            "url": "https://shop.example.com/",
            "method": "GET",
            "hostname": None,
            "port": None,
            "type": "http",
            "interval": 60,
            "tags": [],
        },
        "msg": f"[Shop front page] [{sign}] {reason}",
    }


TYPE = IntegrationType(
    slug="uptime_kuma",
    title="Uptime Kuma",
    category=Category.UPTIME,
    summary="Monitors that went down or came back, and certificates that run out.",
    documentation="https://github.com/louislam/uptime-kuma/wiki/Notification-Methods",
    templates=templates(
        title=f'[monitor.name, {STATE}] | joined(" is ") if monitor.name else payload.msg',
        grouping_key=first_key(
            "([monitor.id] if monitor.id | words else [beat.monitorID])",
            "[monitor.name]",
            # A certificate's notice comes again with fewer days.
            '[payload.msg | words | regex_replace(" (will )?expires? in .*", "")]',
        ),
        resolve='beat.status | words == "1"',
        look=LOOK,
    ),
    example_firing=example(0),
    example_resolved=example(1),
    notes=(
        "In Uptime Kuma, open *Settings*, *Notifications*, *Setup Notification*, choose the type *Webhook*, the "
        "method *POST*, the integration's URL as *Post URL* and *Preset - application/json* as *Request Body*. "
        "Tick *Default enabled*, or choose the notification at every monitor that shall ring. "
        "*Test* is answered and makes no alert.\n\n"
        "A monitor is one alert group, known by its number, and resolves when it is up again. Numbers are unique "
        "within one Uptime Kuma only: give each of several an integration of its own. "
        "With Uptime Kuma's address as the integration's `base_url`, alerts link to its dashboard.\n"
    ),
    heartbeat_notes="Add a monitor of the type *HTTP(s)* with the heartbeat URL and a *Heartbeat Interval* of 60 s.\n",
    bodies=bodies,
)
