"""Honeycomb: the webhook of triggers and of burn alerts of SLOs."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

STATUS = "(payload.status | words | upper)"
LOOK = Look(
    names={"slo": "payload.slo", "worst": "payload.result_groups_triggered | entries | first"},
    facts=[
        ("State", f"{STATUS} | lower"),
        ("Severity", "payload.severity"),
        ("Threshold", "[payload.operator, payload.threshold] | joined"),
        ("First over it", '[worst.Group, worst.Result] | joined(" = ")'),
        ("Groups over it", '(payload.result_groups_triggered | entries | length) or ""'),
        ("SLO", "[slo.name, slo.description] | joined(' – ')"),
        ("Budget gone in (min)", "payload.exhaustion_minutes"),
        ("Dataset", "[payload.dataset_name, payload.dataset] | any_of"),
        ("Environment", "[payload.environment_name, payload.environment] | any_of"),
        ("At", "payload.timestamp | when"),
    ],
    text='[payload.description, payload.trigger_description, payload.burn_alert_description] | joined("\\n\\n")',
    links=[
        ("Result", "payload.result_url"),
        ("Trigger", "payload.trigger_url"),
        ("SLO", "payload.slo_url"),
    ],
    source_link="payload.result_url | absolute or payload.trigger_url | absolute or payload.slo_url | absolute",
)


def bodies(body: Any) -> list[Any]:
    """Return the alert of the body.

    Raises:
        Permanent: the body is no object.
        NotAnAlert: somebody tries the webhook, or a trigger, out.
    """
    (payload,) = one_object(body)
    if payload.get("is_test") is True:
        raise NotAnAlert("Honeycomb tries the webhook out.")
    return [payload]


def example(status: str) -> dict[str, Any]:
    """Return the body of a trigger that is TRIGGERED, or OK."""
    fired = status == "TRIGGERED"
    slow = {"Group": {"endpoint": "/checkout"}, "Result": 2400}
    return {
        "version": "v0.1.0",
        "id": "HpPzqZtCNA5",
        "name": "Slow checkout",
        "trigger_description": "Look at the payment provider's status page first.",
        "trigger_url": "https://ui.honeycomb.io/shop/environments/prod/datasets/api/triggers/HpPzqZtCNA5",
        "status": status,
        "summary": f"{'Triggered' if fired else 'Resolved'}: Slow checkout",
        "description": (
            "Currently greater than threshold value (2000) for endpoint:/checkout (value 2400)"
            if fired
            else "No longer greater than threshold value (2000)"
        ),
        "operator": "greater than",
        "threshold": 2000,
        "result_url": "https://ui.honeycomb.io/shop/environments/prod/datasets/api/result/g8Pwij7UvK7",
        "result_groups": [slow] if fired else [],
        "result_groups_triggered": [slow] if fired else [],
    }


TYPE = IntegrationType(
    slug="honeycomb",
    title="Honeycomb",
    category=Category.LOGS,
    summary="Triggers, and burn alerts of SLOs.",
    documentation="https://docs.honeycomb.io/notify/webhooks/",
    templates=templates(
        title="[payload.name, slo.name, payload.summary] | any_of",
        grouping_key=first_key(
            "[payload.id]",
            "[payload.trigger_url]",
            "([payload.slo_url, payload.alert_type, payload.exhaustion_minutes] if payload.slo_url | words else [])",
            "([payload.environment, payload.dataset_name, payload.name] if payload.name | words else [])",
        ),
        resolve=f'{STATUS} in ["OK", "RESOLVED"]',
        look=LOOK,
    ),
    example_firing=example("TRIGGERED"),
    example_resolved=example("OK"),
    notes=(
        "In Honeycomb, open *Team Settings*, *Integrations*, *Trigger and SLO Recipients*, *Add Integration*, choose "
        "*Webhook* and enter the integration's URL; leave the payload as it is. Then add it under *Recipients* of "
        "the triggers, and under *Notify* of the burn alerts, that shall ring.\n\n"
        "A trigger or a burn alert is one alert group, known by its `id`; `OK` resolves it. "
        "*Test* is answered and makes no alert.\n"
    ),
    bodies=bodies,
)
