"""Zabbix: the six fields of OnCall's script, the parameters of its media types, and what is left blank in them."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.zabbix import example
from tests.unit.integrations.bodies import card, routed

SLUG = "zabbix"
UPDATE = {"event_update_status": "1", "event_update_user": "Alice", "event_update_message": "On it"}
SCRIPT = {"alert_uid": "4821", "title": "Disk full on db1", "state": "alerting", "message": "95 % used"}


def test_a_problem_says_what_where_how_bad_and_since_when_and_its_recovery_resolves_it() -> None:
    firing, resolved, shown = (
        routed(SLUG, example("firing")),
        routed(SLUG, example("resolved")),
        card(SLUG, example("firing")),
    )

    assert firing.title == "Free disk space is less than 5% on volume /var on db1.example.com"
    assert (firing.resolve, resolved.resolve) == (False, True)
    assert firing.grouping_digest == resolved.grouping_digest
    for text in ("High", "db1.example.com, 192.0.2.10", "2026.01.05 10:00:12", "95.5 %"):
        assert text in shown.message
    assert shown.source_link == "https://zabbix.example.com/tr_events.php?triggerid=21883&eventid=48213"


def test_the_script_of_oncall_groups_by_its_plain_alert_uid_and_resolves_by_ok() -> None:
    firing, resolved = routed(SLUG, SCRIPT), routed(SLUG, {**SCRIPT, "title": "Resolved", "state": "ok"})

    assert (firing.title, firing.grouping_key, firing.resolve) == ("Disk full on db1", "4821", False)
    assert (resolved.grouping_key, resolved.resolve) == ("4821", True)


@pytest.mark.parametrize(
    ("state", "message", "resolve", "acknowledge"),
    [
        ("alerting", "Problem started at 10:00:12 on 2026.01.05\nHost: db1\nSeverity: High", False, False),
        (
            "alerting",
            "Alice acknowledged problem.\n\nCurrent problem status is PROBLEM, acknowledged: Yes.",
            False,
            True,
        ),
        (
            "alerting",
            "Alice commented problem.\n\nCurrent problem status is PROBLEM, acknowledged: No.",
            False,
            False,
        ),
        ("ok", "Problem has been resolved at 10:40:00 on 2026.01.05", True, False),
    ],
)
def test_the_media_type_for_oncall_that_zabbix_brings_along_is_understood(
    state: str, message: str, resolve: bool, acknowledge: bool
) -> None:
    link = "https://zabbix.example.com/tr_events.php?triggerid=21883&eventid=48213"
    body = {
        "alert_uid": "48213",
        "title": "Disk full",
        "state": state,
        "message": message,
        "link_to_upstream_details": link,
    }
    found = routed(SLUG, body)

    assert (found.title, found.grouping_key) == ("Disk full", "48213")
    assert (found.resolve, found.acknowledge) == (resolve, acknowledge)
    assert card(SLUG, body).source_link == link


@pytest.mark.parametrize("change", [{"event_id": "48214"}, {"zabbix_url": "https://zabbix2.example.com"}])
def test_another_problem_is_another_group(change: dict[str, str]) -> None:
    other = {**example("firing"), **change}

    assert routed(SLUG, example("firing")).grouping_key != routed(SLUG, other).grouping_key


@pytest.mark.parametrize(
    ("action", "acknowledges"),
    [
        ("acknowledged", True),
        ("commented, acknowledged", True),
        ("unacknowledged", False),
        ("changed severity from High to Disaster", False),
    ],
)
def test_an_update_acknowledges_when_it_says_so(action: str, acknowledges: bool) -> None:
    update = {**example("firing"), **UPDATE, "event_update_action": action}

    assert routed(SLUG, update).acknowledge is acknowledges
    assert "Alice" in card(SLUG, update).message


@pytest.mark.parametrize(
    "rest",
    [{"Subject": "Problem: disk"}, {"alert_subject": "Problem: disk"}, {"event_name": "Problem: disk"}],
)
def test_macros_that_zabbix_left_blank_are_not_shown(rest: dict[str, Any]) -> None:
    body = {
        "title": "{EVENT.NAME}",
        "host_name": "*UNKNOWN*",
        "event_tags": "{EVENT.TAGS}",
        "zabbix_url": "{$ZABBIX.URL}",
        **rest,
    }

    assert routed(SLUG, body).title == "Problem: disk"
    assert "{" not in card(SLUG, body).message


def test_ids_of_nought_group_and_without_any_nothing_does() -> None:
    assert routed(SLUG, {"alert_uid": 0}).grouping_key == "0"
    assert routed(SLUG, {"event_id": 0}).grouping_key == "[null,0]"
    assert routed(SLUG, {"trigger_id": "7", "host_name": "db1"}).grouping_key == '[null,"7","db1"]'
    assert routed(SLUG, {"title": "Disk"}).grouping_key is None
