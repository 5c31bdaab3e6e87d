"""Google Cloud Monitoring: an incident opens and closes, by webhook or by Pub/Sub."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.integration_type import NotAnAlert
from shared.integrations.stackdriver import example
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "stackdriver"


def incident(state: str = "open", **fields: Any) -> dict[str, Any]:
    body = example(state)
    return {**body, "incident": {**body["incident"], **fields}}


def pushed(body: Any) -> dict[str, Any]:
    data = base64.b64encode(json.dumps(body).encode()).decode()
    return {
        "message": {"attributes": {}, "data": data, "messageId": "2070443601311540"},
        "subscription": "projects/shop-prod/subscriptions/tocsin",
    }


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_incident_is_named_and_its_closing_resolves_it(wrapped: bool) -> None:
    opened, closed = (pushed(one) if wrapped else one for one in (incident(), incident("closed")))
    before, after = routed(SLUG, opened), routed(SLUG, closed)

    assert (before.title, before.resolve) == ("CPU of the shop: shop-prod db-1", False)
    assert (after.grouping_key, after.resolve) == (before.grouping_key, True)
    assert before.grouping_key == '["0.mtdi83m6w8ao"]'


@pytest.mark.parametrize(
    ("state", "resolve", "acknowledge"), [("CLOSED", True, False), ("acknowledged", False, True)]
)
def test_states_are_read_in_any_case(state: str, resolve: bool, acknowledge: bool) -> None:
    decided = routed(SLUG, incident(state=state))
    assert (decided.resolve, decided.acknowledge) == (resolve, acknowledge)


def test_the_message_says_where_how_bad_since_when_and_links_to_the_incident() -> None:
    shown = card(SLUG, incident())

    for text in ("Critical", "db-1", "0.97, threshold 0.9", "2026-01-05 10:00:00 UTC", "slowest queries"):
        assert text in shown.message
    assert shown.source_link == incident()["incident"]["url"]


def test_two_incidents_and_without_numbers_two_resources_are_two_groups() -> None:
    assert routed(SLUG, incident()).grouping_key != routed(SLUG, incident(incident_id=0)).grouping_key
    one = routed(SLUG, incident(incident_id=None)).grouping_key
    other = routed(SLUG, incident(incident_id=None, resource={"labels": {"zone": "b"}})).grouping_key
    assert one is not None
    assert one != other


def test_an_old_body_of_version_1_1_is_understood() -> None:
    old = {
        "version": "1.1",
        "incident": {
            "incident_id": "f2e08c333dc64cb09f75eaab355393bz",
            "resource_id": "i-4a266a2d",
            "resource_name": "webserver-85",
            "state": "open",
            "started_at": 1385085727,
            "ended_at": None,
            "policy_name": "Webserver Health",
            "condition_name": "CPU usage",
            "url": "https://app.google.stackdriver.com/incidents/f2e08c333dc64cb09f75eaab355393bz",
            "summary": "CPU (agent) for webserver-85 is above the threshold of 1% with a value of 28.5%",
        },
    }
    assert routed(SLUG, old).title == "Webserver Health: webserver-85"
    assert "28.5%" in card(SLUG, old).message


def test_the_trial_of_a_channel_is_no_alert() -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split({**example("open"), "version": "test"})


@pytest.mark.parametrize("data", ["no base64!", base64.b64encode(b"[1]").decode(), 7, None, "é"])
def test_a_push_that_cannot_be_read_is_refused(data: Any) -> None:
    with pytest.raises(Permanent, match=r"message\.data"):
        type_of(SLUG).split({"message": {"data": data}})
