"""Splunk: saved searches, detectors, and alerts shaped for On-Call."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.integration_type import NotAnAlert
from shared.integrations.splunk import example
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "splunk"


def detector(status: str, incident: Any = "BkJ1") -> dict[str, Any]:
    return {
        "sf_schema": 2,
        "detector": "Latency",
        "detectorUrl": "https://app.eu0.signalfx.com/#/detector/1/edit",
        "incidentId": incident,
        "rule": "Slow host",
        "severity": "Critical",
        "description": "Latency of host myserver is 43.4",
        "status": "anomalous" if status == "anomalous" else "ok",
        "statusExtended": status,
        "imageUrl": "https://org.eu0.signalfx.com/chart.png",
        "timestamp": "2026-01-05T10:00:00Z",
        "detectOnCondition": "when(a > b and b > 40)",
        "inputs": {"a": {"value": 43.4}},
    }


def on_call(kind: str) -> dict[str, Any]:
    return {
        "message_type": kind,
        "entity_id": "disk/db-1",
        "entity_display_name": "Disk of db-1 is full",
        "state_message": "98 % of /var",
        "monitoring_tool": "cron",
        "state_start_time": 1767607200,
    }


def test_a_search_is_named_and_known_by_itself_and_its_host() -> None:
    decided = routed(SLUG, example())

    assert (decided.title, decided.resolve) == ("Checkout errors on web-1", False)
    assert decided.grouping_key == '["search","admin","Checkout errors","web-1"]'
    again = {**example(), "sid": "another", "result": {**example()["result"], "count": "50"}}
    assert routed(SLUG, again).grouping_key == decided.grouping_key


@pytest.mark.parametrize(
    "other",
    [{"app": "web"}, {"search_name": "Other"}, {"result": {"host": "web-2"}}, {"owner": "pat"}],
    ids=str,
)
def test_another_search_or_host_is_another_group(other: dict[str, Any]) -> None:
    assert routed(SLUG, {**example(), **other}).grouping_key != routed(SLUG, example()).grouping_key


def test_a_search_without_a_name_is_a_group_of_its_own() -> None:
    decided = routed(SLUG, {**example(), "search_name": None})
    assert decided.title == "Splunk search by admin"
    assert decided.grouping_key == f'["{example()["sid"]}"]'


@pytest.mark.parametrize("status", ["ok", "manually resolved", "stopped"])
def test_an_incident_of_a_detector_is_named_and_its_end_resolves_it(status: str) -> None:
    fired, over = routed(SLUG, detector("anomalous")), routed(SLUG, detector(status))

    assert (fired.title, fired.grouping_key, fired.resolve) == ("Latency: Slow host", '["BkJ1"]', False)
    assert (over.grouping_key, over.resolve) == ('["BkJ1"]', True)


@pytest.mark.parametrize(
    ("kind", "resolve", "acknowledge"),
    [
        ("CRITICAL", False, False),
        ("WARNING", False, False),
        ("ACKNOWLEDGEMENT", False, True),
        ("RECOVERY", True, False),
    ],
)
def test_an_alert_for_on_call_does_what_its_message_type_says(
    kind: str, resolve: bool, acknowledge: bool
) -> None:
    decided = routed(SLUG, on_call(kind))

    assert (decided.title, decided.grouping_key) == ("Disk of db-1 is full", '["disk/db-1"]')
    assert (decided.resolve, decided.acknowledge) == (resolve, acknowledge)


def test_a_message_that_only_informs_is_no_alert() -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split(on_call("INFO"))


@pytest.mark.parametrize(
    ("body", "texts", "link"),
    [
        (example(), ("web-1", "2026-01-05 10:00:00 UTC", "status: 503"), example()["results_link"]),
        (
            detector("anomalous"),
            ("Critical", "Latency of host myserver", "2026-01-05 10:00:00 UTC"),
            "https://app.eu0.signalfx.com/#/detector/1/edit",
        ),
        (on_call("CRITICAL"), ("critical", "98 % of /var", "2026-01-05 10:00:00 UTC"), None),
    ],
    ids=["search", "detector", "on-call"],
)
def test_the_message_says_where_how_bad_since_when_and_links(
    body: Any, texts: tuple[str, ...], link: str
) -> None:
    shown = card(SLUG, body)

    for text in texts:
        assert text in shown.message
    assert shown.source_link == link


def test_an_incident_number_of_nought_is_a_number() -> None:
    assert routed(SLUG, detector("anomalous", 0)).grouping_key == "[0]"
    assert routed(SLUG, {"result": {}}).grouping_key is None
