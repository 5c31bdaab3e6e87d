"""Pingdom: the state-change webhook of an uptime or transaction check."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

LOOK = Look(
    names={"check": "payload.check_params", "probe": "payload.first_probe"},
    facts=[
        ("State", '[payload.previous_state, payload.current_state] | joined(" → ")'),
        ("Importance", "payload.importance_level"),
        ("Checked", "[check.full_url, check.hostname] | any_of"),
        ("Type", "payload.check_type"),
        ("Since", "[payload.state_changed_utc_time, payload.state_changed_timestamp] | any_of | when"),
        ("Probe", "probe.location"),
        ("Tags", "payload.tags"),
    ],
    text='[payload.description, payload.long_description] | joined("\\n\\n")',
    links=[("Checked address", "check.full_url")],
    source_link=(
        '("https://my.pingdom.com/app/reports/uptime#check=" ~ payload.check_id)'
        ' if payload.check_id is not none and payload.check_id is defined else ""'
    ),
)
STATES = {"firing": ("UP", "DOWN"), "resolved": ("DOWN", "UP")}


def example(status: str) -> dict[str, Any]:
    """Return the body of a check that went down, or came back."""
    before, now = STATES[status]
    return {
        "check_id": 4711,
        "check_name": "Shop front page",
        "check_type": "HTTP",
        "check_params": {
            "basic_auth": False,
            "encryption": True,
            "full_url": "https://shop.example.com/",
            "header": "User-Agent:Pingdom.com_bot",
            "hostname": "shop.example.com",
            "ipv6": False,
            "port": 443,
            "url": "/",
        },
        "tags": ["shop", "eu"],
        "previous_state": before,
        "current_state": now,
        "importance_level": "HIGH",
        "state_changed_timestamp": 1767607200,
        "state_changed_utc_time": "2026-01-05T10:00:00",
        "long_description": "HTTP Server Error 503 Service Unavailable" if now == "DOWN" else "OK",
        "description": "HTTP Server Error" if now == "DOWN" else "OK",
        "first_probe": {"ip": "198.51.100.7", "ipv6": "", "location": "Stockholm 2, Sweden"},
        "second_probe": {"ip": "198.51.100.9", "ipv6": "", "location": "Frankfurt, Germany"},
    }


TYPE = IntegrationType(
    slug="pingdom",
    title="Pingdom",
    category=Category.UPTIME,
    summary="Uptime and transaction checks that went down or came back.",
    documentation="https://www.pingdom.com/resources/webhooks/",
    templates=templates(
        title='[payload.check_name, payload.current_state] | joined(" is ")',
        grouping_key="[payload.check_id] | identity",
        resolve='payload.current_state in ["UP", "SUCCESS"]',
        look=LOOK,
    ),
    example_firing=example("firing"),
    example_resolved=example("resolved"),
    notes=(
        "In Pingdom, open *Integrations*, add an integration of the type *Webhook* with the integration's URL, "
        "and tick it under *Alert settings* of every check that shall ring.\n\n"
        "A check is one alert group, known by its `check_id`; it resolves when the check is `UP` again.\n"
    ),
    bodies=one_object,
)
