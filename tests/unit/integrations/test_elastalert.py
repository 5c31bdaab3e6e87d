"""ElastAlert: a match has any fields; the static ones name it, group it and resolve it."""

from __future__ import annotations

from shared.integrations.elastalert import example
from tests.unit.integrations.bodies import card, routed

SLUG = "elastalert"


def test_a_match_is_named_grouped_and_resolved_by_its_static_payload() -> None:
    firing, resolved = routed(SLUG, example("firing")), routed(SLUG, example("resolved"))

    assert (firing.title, firing.grouping_key) == ("Many failed logins", "many-failed-logins")
    assert (resolved.resolve, resolved.grouping_key) == (True, "many-failed-logins")


def test_the_message_holds_the_line_that_matched_and_the_fields_of_the_match() -> None:
    shown = card(SLUG, example("firing"))

    for text in ("high", "login2", "212", "2026-01-05 10:00:00 UTC", "198.51.100.7", "user: admin"):
        assert text in shown.message
    assert shown.source_link == "https://kibana.example.com/app/discover"


def test_a_match_without_a_static_payload_is_named_by_its_line_and_grouped_with_nothing() -> None:
    match = {"@timestamp": "2026-01-05T10:00:00Z", "message": "panic: out of memory", "host": "web1"}

    found = routed(SLUG, match)

    assert (found.title, found.grouping_key) == ("panic: out of memory", None)
    assert "web1" in card(SLUG, match).message
    assert routed(SLUG, {**match, "alert_uid": 0}).grouping_key == "0"


def test_the_link_that_elastalert_makes_is_the_source_link_and_no_field() -> None:
    match = {name: one for name, one in example("firing").items() if name != "link_to_upstream_details"}
    for name in ("kibana_discover_url", "opensearch_discover_url"):
        shown = card(SLUG, {**match, name: "https://logs.example.com/app/discover#1"})

        assert shown.source_link == "https://logs.example.com/app/discover#1"
        assert name not in shown.message
