"""PRTG: the placeholders of Execute HTTP Action, and the six fields of OnCall's script."""

from __future__ import annotations

import pytest

from shared.integrations.prtg import example
from tests.unit.integrations.bodies import card, routed

SLUG = "prtg"
SCRIPT = {
    "alert_uid": "2071 2026-01-05",
    "title": "core-switch-1 Ping Down at 10:00",
    "state": "alerting",
    "image_url": "https://prtg.example.com/chart.png?id=2071&username=oncall&passhash=12345",
    "link_to_upstream_details": "https://prtg.example.com/sensor.htm?id=2071",
    "message": "Request timed out",
    "ack_url_get": "https://prtg.example.com/api/acknowledgealarm.htm?passhash=12345",
}


def test_a_sensor_that_is_down_is_named_and_one_that_is_up_resolves_it() -> None:
    down, up, shown = (
        routed(SLUG, example("firing")),
        routed(SLUG, example("resolved")),
        card(SLUG, example("firing")),
    )

    assert (down.title, down.resolve, up.resolve) == ("core-switch-1 Ping is Down", False, True)
    assert down.grouping_digest == up.grouping_digest
    for text in ("Down", "core-switch-1, 192.0.2.1", "Request timed out", "5 of 5", "2026-01-05 10:00:00"):
        assert text in shown.message
    assert shown.source_link == "https://prtg.example.com/sensor.htm?id=2071"


@pytest.mark.parametrize(
    ("status", "resolve", "acknowledge"),
    [
        ("Up", True, False),
        ("Down ended (now: Up)", True, False),
        ("Up (was: Down)", True, False),
        ("Down (Acknowledged)", False, True),
        ("Warning", False, False),
        ("Unusual", False, False),
    ],
)
def test_the_status_says_whether_it_is_over_or_taken(status: str, resolve: bool, acknowledge: bool) -> None:
    found = routed(SLUG, {**example("firing"), "status": status})

    assert (found.resolve, found.acknowledge) == (resolve, acknowledge)


def test_the_script_of_oncall_groups_by_its_plain_alert_uid_and_resolves_by_ok() -> None:
    assert routed(SLUG, SCRIPT).grouping_key == "2071 2026-01-05"
    assert routed(SLUG, {**SCRIPT, "state": "ok"}).resolve
    assert not routed(SLUG, {**SCRIPT, "status": "Up"}).resolve


def test_an_address_with_the_senders_log_in_is_not_shown() -> None:
    shown = card(SLUG, SCRIPT)

    assert shown.image_url is None
    assert "passhash" not in shown.message
    assert card(SLUG, {**SCRIPT, "image_url": "https://prtg.example.com/a.png"}).image_url is not None


def test_two_sensors_are_two_groups_and_an_id_of_nought_is_one() -> None:
    other = {**example("firing"), "sensorid": "2072"}

    assert routed(SLUG, example("firing")).grouping_key != routed(SLUG, other).grouping_key
    assert routed(SLUG, {"sensorid": 0}).grouping_key == "[null,0]"
    assert routed(SLUG, {"device": "switch", "name": "Ping"}).grouping_key == '[null,"switch","Ping"]'
    assert routed(SLUG, {"device": "switch"}).grouping_key is None
