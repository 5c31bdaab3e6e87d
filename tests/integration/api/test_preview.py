"""POST /preview: what an integration makes of a payload, a stored alert or its last ones, before and after an edit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from shared.domain.model import Alert
from shared.events import derived_id
from shared.store.alerts import Alerts
from tests.integration.api.api_running import RunningApi
from tests.support.build import NOON

pytestmark = pytest.mark.integration
PAYLOAD = {"alert_uid": "db1/disk", "title": "Disk full", "state": "alerting", "severity": "critical"}


async def an_integration(api: RunningApi, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = await api.post("integrations/", type="webhook", name="Hook", **fields)
    return made


async def previewed(api: RunningApi, **body: Any) -> dict[str, Any]:
    reply = await api.ask("POST", "preview", body)
    assert reply.status == 200, reply
    found: dict[str, Any] = reply.body
    return found


async def stored(api: RunningApi, integration_id: str, count: int) -> list[str]:
    alerts = [
        Alert(
            id=derived_id("stored", number),
            integration_id=integration_id,
            received_at=NOON + timedelta(seconds=number),
            payload={**PAYLOAD, "alert_uid": f"u{number}"},
        )
        for number in range(count)
    ]
    await Alerts(api.store).insert_new(alerts, clock.now() + timedelta(days=1))
    return [one.id for one in alerts]


async def test_a_payload_is_shown_in_every_medium_with_its_key_and_signals(api: RunningApi) -> None:
    integration = await an_integration(api)

    (shown,) = (await previewed(api, integration_id=integration["id"], payload=PAYLOAD))["results"]

    assert (shown["grouping_key"], shown["resolve"], shown["title"]) == ("db1/disk", False, "Disk full")
    assert {name: one["title"] for name, one in shown["cards"].items()}["sms"] == "Disk full"
    assert len(shown["cards"]) == 9
    assert (shown["alert_id"], shown["problems"]) == (None, [])


async def test_every_route_says_what_came_of_it(api: RunningApi) -> None:
    integration = await an_integration(api)
    for number, (kind, text) in enumerate(
        [
            ("regex", '"severity": "info"'),
            ("jinja2", "{{ payload.severity }}"),
            ("jinja2", "{{ 1 }}"),
            ("jinja2", "1"),
        ]
    ):
        await api.post(
            "routes/",
            integration_id=integration["id"],
            routing_type=kind,
            routing_regex=text,
            position=number,
        )

    (shown,) = (await previewed(api, integration_id=integration["id"], payload=PAYLOAD))["results"]

    assert [one["matched"] for one in shown["routes"]] == [False, False, True, None, None]
    assert "not found" in shown["routes"][0]["reason"]
    assert "printed 'critical', which is neither" in shown["routes"][1]["reason"]
    assert shown["route_id"] == shown["routes"][2]["id"]


async def test_an_edit_is_compared_with_what_is_stored_over_the_last_alerts(api: RunningApi) -> None:
    integration = await an_integration(api)
    ids = await stored(api, integration["id"], 5)

    found = await previewed(
        api,
        integration_id=integration["id"],
        last=3,
        templates={"grouping_key": '{{ "one" if payload.alert_uid == "u4" else payload.alert_uid }}'},
    )

    assert [one["alert_id"] for one in found["results"]] == ids[:1:-1]
    assert (found["count"], found["changed"]) == (3, 1)
    assert found["results"][0]["differences"] == [{"what": "grouping_key", "before": "u4", "after": "one"}]
    assert found["results"][1]["differences"] == []


async def test_edited_routes_take_the_place_of_the_stored_ones(api: RunningApi) -> None:
    integration = await an_integration(api)
    (alert_id,) = await stored(api, integration["id"], 1)
    routes = [{"id": "mine", "routing_type": "regex", "routing_regex": "critical"}]

    (shown,) = (await previewed(api, integration_id=integration["id"], alert_id=alert_id, routes=routes))[
        "results"
    ]

    assert shown["route_id"] == "mine"
    assert [one["what"] for one in shown["differences"]] == ["route_id"]


async def test_a_template_that_fails_is_a_problem_of_the_preview_and_no_error(api: RunningApi) -> None:
    (shown,) = (
        await previewed(api, type="webhook", payload=PAYLOAD, templates={"slack": {"title": "\n{{ a.b.c }}"}})
    )["results"]

    assert [(one["template"], one["line"]) for one in shown["problems"]] == [("slack.title", 2)]
    assert "Disk full" in shown["cards"]["slack"]["title"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"payload": {}}, "integration_id"),
        ({"type": "webhook", "integration_id": "C1", "payload": {}}, "integration_id"),
        ({"type": "nothing", "payload": {}}, "type"),
        ({"integration_id": "CNONE", "payload": {}}, "integration_id"),
        ({"type": "webhook"}, "payload"),
        ({"type": "webhook", "payload": {}, "last": 5}, "payload"),
        ({"type": "webhook", "last": 0}, "last"),
        ({"type": "webhook", "last": 201}, "last"),
        ({"type": "webhook", "alert_id": "none"}, "alert_id"),
        ({"type": "alertmanager", "payload": [1]}, "payload"),
        ({"type": "webhook", "payload": {}, "templates": {"slack": {"colour": "x"}}}, "templates"),
        ({"type": "webhook", "payload": {}, "templates": {"web": 5}}, "templates"),
        ({"type": "webhook", "payload": {}, "routes": [{"routing_type": "magic"}]}, "routes"),
    ],
)
async def test_a_wrong_question_is_refused_by_the_name_of_the_field(
    api: RunningApi, body: dict[str, Any], field: str
) -> None:
    reply = await api.ask("POST", "preview", body)

    assert (reply.status, list(reply.body)) == (400, [field])


async def test_two_hundred_alerts_in_every_medium_are_previewed_at_once(api: RunningApi) -> None:
    integration = await an_integration(api)
    await stored(api, integration["id"], 200)

    found = await previewed(api, integration_id=integration["id"], last=200)

    assert found["count"] == 200
    assert all(len(one["cards"]) == 9 for one in found["results"])
