"""Datadog: the body is its user's, so the bodies of Datadog's own page and of common guides are all understood."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.datadog import example
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "datadog"


def default_body(state: str, host: str = "db1") -> dict[str, Any]:
    """The payload that the integration has when nobody changes it."""
    return {
        "body": "%%%\nThe disk fills up.\n%%%",
        "last_updated": "1767607200000",
        "event_type": "query_alert_monitor",
        "title": f"[P1] [{state} on {{host:{host}}}] Disk is nearly full",
        "date": "1767607200000",
        "org": {"id": "123456", "name": "Example"},
        "id": "7512345678901234567",
    }


def nested(transition: str) -> dict[str, Any]:
    """As some guides have it: the fields of the alert in an object of their own."""
    return {
        "title": f"[{transition}] Disk is nearly full",
        "aggreg_key": "9bd4ac",
        "alert": {"id": "1028", "transition": transition, "scope": "host:db1", "status": "0.97 > 0.95"},
        "text_msg": "The disk fills up.",
    }


def capitals(transition: str) -> dict[str, Any]:
    """As others have it: the names of the variables themselves."""
    return {
        "title": f"[{transition}] Disk is nearly full",
        "metadata": {
            "ALERT_ID": "1028",
            "ALERT_TRANSITION": transition,
            "ALERT_SCOPE": "host:db1",
            "HOSTNAME": "",
        },
    }


@pytest.mark.parametrize("body", [nested, capitals, default_body])
def test_every_shape_is_named_grouped_and_resolved(body: Any) -> None:
    firing, resolved = routed(SLUG, body("Triggered")), routed(SLUG, body("Recovered"))

    assert firing.title == "Disk is nearly full on host:db1"
    assert (firing.resolve, resolved.resolve) == (False, True)
    assert firing.grouping_key is not None
    assert firing.grouping_key == resolved.grouping_key


@pytest.mark.parametrize(
    ("state", "resolves"),
    [
        ("Re-Triggered", False),
        ("Warn", False),
        ("Re-Warn", False),
        ("No Data", False),
        ("Renotify", False),
        ("Warn Recovered", True),
        ("No Data Recovered", True),
    ],
)
def test_every_transition_stays_in_its_group_and_only_a_recovery_resolves(state: str, resolves: bool) -> None:
    found = routed(SLUG, default_body(state))

    assert found.resolve is resolves
    assert found.grouping_key == routed(SLUG, default_body("Triggered")).grouping_key


def test_the_same_monitor_on_two_hosts_or_in_two_organizations_is_two_groups() -> None:
    keys = {
        routed(SLUG, body).grouping_key
        for body in (
            example("firing"),
            {**example("firing"), "alert_scope": "host:db2", "aggreg_key": "another"},
            {**example("firing"), "org": {"id": "2"}},
            default_body("Triggered"),
            default_body("Triggered", host="db2"),
        )
    }

    assert len(keys) == 5


def test_the_message_says_where_how_bad_and_since_when_and_links_to_the_monitor() -> None:
    shown = card(SLUG, example("firing"))

    for text in ("Triggered", "P1", "host:db1", "0.95", "2026-01-05 10:00:00 UTC", "Runbook", "team:data"):
        assert text in shown.message
    assert shown.source_link == example("firing")["link"]
    assert shown.image_url == example("firing")["snapshot"]


def test_variables_that_datadog_does_not_know_are_not_shown() -> None:
    body = {"alert_title": "$ALERT_TITLE", "title": "Disk", "hostname": "null", "tags": "$TAGS"}

    assert "$" not in card(SLUG, body).message
    assert routed(SLUG, body).title == "Disk"


def test_an_object_of_the_users_own_keeps_its_fields() -> None:
    (payload,) = type_of(SLUG).split({"monitor": {"id": "7", "team": "data"}, "alert_transition": "Warn"})

    assert payload["monitor"] == {"id": "7", "team": "data", "transition": "Warn"}


def test_a_monitor_number_of_nought_is_a_number() -> None:
    assert routed(SLUG, {"alert_id": 0}).grouping_key == "[null,0,null,null]"
    assert routed(SLUG, {"body": "x"}).grouping_key is None
