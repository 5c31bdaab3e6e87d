"""Fabric: the Crashlytics issue webhook of the mobile platform that Google closed."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

LOOK = Look(
    names={"issue": "payload.payload"},
    facts=[
        ("Impact level", "issue.impact_level"),
        ("Method", "issue.method"),
        ("Crashes", "issue.crashes_count"),
        ("Devices", "issue.impacted_devices_count"),
        ("Issue", "issue.display_id"),
        (
            "Event",
            '{"issue_impact_change": "the impact level changed"}.get(payload.event | words, payload.event)',
        ),
    ],
    source_link="issue.url | absolute(base_url)",
)
EXAMPLE: dict[str, Any] = {
    "event": "issue_impact_change",
    "payload_type": "issue",
    "payload": {
        "display_id": 123,
        "title": "CheckoutActivity.java line 87",
        "method": "com.example.shop.CheckoutActivity.pay",
        "impact_level": 2,
        "crashes_count": 54,
        "impacted_devices_count": 16,
        "url": "https://fabric.io/example/android/apps/com.example.shop/issues/5a1b2c3d4e5f",
    },
}


def bodies(body: Any) -> list[Any]:
    """Return the issue.

    Raises:
        Permanent: the body is no object.
        NotAnAlert: Fabric verifies the address.
    """
    (payload,) = one_object(body)
    if payload.get("event") == "verification":
        raise NotAnAlert("Fabric verified the address.")
    return [payload]


TYPE = IntegrationType(
    slug="fabric",
    title="Fabric",
    category=Category.LOGS,
    summary="Crash issues of Fabric Crashlytics whose impact grew.",
    documentation="https://docs.fabric.io/android/crashlytics/custom-web-hooks.html",
    is_obsolete="Fabric was closed in 2020; use Firebase Crashlytics' alerts through Google Cloud or a webhook.",
    templates=templates(
        title="[issue.title, issue.method, payload.event] | any_of",
        # The number is unique only within one app, which the address names.
        grouping_key=(
            "([issue.url, none if issue.url else issue.display_id] | identity)"
            ' if issue.url or ([issue.display_id] | any_of) is not eq("") else ""'
        ),
        resolve=None,
        look=LOOK,
    ),
    example_firing=EXAMPLE,
    example_resolved=None,
    notes=(
        "Nobody can set this up any more: Fabric was closed in 2020, and what was its Crashlytics belongs to "
        "Firebase.\n"
        "The type is kept so that old integrations, their alert groups and templates stay readable.\n"
    ),
    bodies=bodies,
)
