"""The APIs of other products, as their clients speak them, at a running receiver."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.domain.configuration import ConfigSnapshot, Integration
from shared.domain.model import Alert
from shared.events import AlertReceived, HeartbeatReceived
from shared.secrets import digest
from tests.integration.receiver_running import RunningReceiver, a_receiver, events_in

pytestmark = pytest.mark.integration
CONFIGURATION = ConfigSnapshot(
    version=3,
    integrations=tuple(
        Integration(id=f"C{slug}", name=slug, type=slug, token_digest=digest(f"{slug}-token"))
        for slug in ("pagerduty", "opsgenie", "prometheus", "webhook")
    ),
)
EVENT = {
    "routing_key": "pagerduty-token",
    "event_action": "trigger",
    "payload": {"summary": "Disk full", "source": "db1", "severity": "critical"},
}
GENIE = {"Authorization": "GenieKey opsgenie-token"}
BEARER = {"Authorization": "Bearer prometheus-token"}
ALERT = {"labels": {"alertname": "DiskFull", "instance": "db1"}}


@pytest.fixture
async def receiver(amqp_url: str, tmp_path: Path) -> AsyncIterator[RunningReceiver]:
    async with a_receiver(amqp_url, tmp_path, CONFIGURATION) as receiver:
        await receiver.connected()
        yield receiver


async def alerts_at(amqp_url: str, count: int) -> list[Alert]:
    events = await events_in(amqp_url, "tocsin.router", count)
    found = [one.alert for one in events if isinstance(one, AlertReceived)]
    return sorted(found, key=lambda one: one.received_at)


async def test_an_event_of_pagerduty_is_answered_202_with_the_key_to_resolve_it_by(
    receiver: RunningReceiver, amqp_url: str
) -> None:
    status, answer = await receiver.post("/v2/enqueue", json=EVENT)
    ending = {"routing_key": "pagerduty-token", "event_action": "resolve", "dedup_key": answer["dedup_key"]}
    again, _ = await receiver.post("/v2/enqueue", json=ending)
    fired, resolved = await alerts_at(amqp_url, 2)

    assert (status, again) == (202, 202)
    assert (answer["status"], answer["message"]) == ("success", "Event processed")
    assert fired.payload["dedup_key"] == resolved.payload["dedup_key"] == answer["dedup_key"]
    assert "routing_key" not in fired.payload


async def test_a_retried_event_is_the_same_alert_with_the_same_key(receiver: RunningReceiver) -> None:
    headers = {"Idempotency-Key": "once"}

    _, first = await receiver.post("/v2/enqueue", json=EVENT, headers=headers)
    _, second = await receiver.post("/v2/enqueue", json=EVENT, headers=headers)

    assert (first["dedup_key"], first["id"]) == (second["dedup_key"], second["id"])


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v2/enqueue", {**EVENT, "event_action": "fix"}, 400),
        ("/v2/enqueue", {**EVENT, "routing_key": "nobody"}, 403),
        ("/v2/enqueue", {**EVENT, "routing_key": "webhook-token"}, 400),
        ("/v2/enqueue", {"event_action": "trigger"}, 400),
        ("/v2/enqueue", [1], 400),
        ("/integrations/v1/pagerduty/pagerduty-token/v2/enqueue", {**EVENT, "routing_key": "x"}, 202),
        ("/integrations/v1/pagerduty/pagerduty-token/", EVENT, 200),
    ],
)
async def test_what_pagerduty_would_refuse_is_refused(
    receiver: RunningReceiver, path: str, body: Any, status: int
) -> None:
    assert (await receiver.post(path, json=body))[0] == status


async def test_errors_of_an_event_are_a_list_as_clients_expect(receiver: RunningReceiver) -> None:
    _, answer = await receiver.post("/v2/enqueue", json={**EVENT, "payload": {"summary": "s"}})

    assert answer["status"] == "invalid event"
    assert [one for one in answer["errors"] if "source" in one]
    assert [one for one in answer["errors"] if "severity" in one]


async def test_an_opsgenie_alert_is_created_acknowledged_and_closed_by_its_alias(
    receiver: RunningReceiver, amqp_url: str
) -> None:
    sent = {"message": "Disk full", "alias": "db1/disk", "priority": "P1"}
    created, answer = await receiver.post("/v2/alerts", json=sent, headers=GENIE)
    alias = "/v2/alerts/db1%2Fdisk"
    for action in ("acknowledge", "close"):
        status, _ = await receiver.post(
            f"{alias}/{action}?identifierType=alias", json={"user": "a"}, headers=GENIE
        )
        assert status == 202
    found = await alerts_at(amqp_url, 3)

    assert (created, answer["result"]) == (202, "Request will be processed")
    assert answer["requestId"] == found[0].id
    assert found[0].payload["alias"] == found[2].payload["alert"]["alias"] == "db1/disk"
    assert [one.payload.get("action") for one in found] == [None, "Acknowledge", "Close"]


async def test_an_opsgenie_heartbeat_is_one(receiver: RunningReceiver, amqp_url: str) -> None:
    async with receiver.client.put(receiver.url + "/v2/heartbeats/db1/ping", headers=GENIE) as answer:
        assert answer.status == 202

    async def pinged() -> list[str]:
        events = await events_in(amqp_url, "tocsin.heartbeat", 1)
        return [one.integration_id for one in events if isinstance(one, HeartbeatReceived)]

    async with asyncio.timeout(60):
        while not (found := await pinged()):
            pass
    assert found == ["Copsgenie"]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, {"message": "m"}, 401),
        ({"Authorization": "GenieKey nobody"}, {"message": "m"}, 403),
        ({"Authorization": "GenieKey webhook-token"}, {"message": "m"}, 400),
        (GENIE, {}, 422),
        (GENIE, {"message": "m", "alias": 5}, 422),
    ],
)
async def test_what_opsgenie_would_refuse_is_refused(
    receiver: RunningReceiver, headers: dict[str, str], body: Any, status: int
) -> None:
    assert (await receiver.post("/v2/alerts", json=body, headers=headers))[0] == status


@pytest.mark.parametrize(
    "path", ["/api/v2/alerts", "/integrations/v1/prometheus/prometheus-token/api/v2/alerts"]
)
async def test_alerts_of_prometheus_carry_their_instance_and_their_end(
    receiver: RunningReceiver, amqp_url: str, path: str
) -> None:
    other = {"labels": {"alertname": "DiskFull", "instance": "db2"}, "endsAt": "2099-01-01T00:00:00Z"}

    status, answer = await receiver.post(path, json=[ALERT, other], headers=BEARER)
    found = await alerts_at(amqp_url, 2)

    assert (status, answer["ids"]) == (200, [one.id for one in found])
    assert len({one.instance for one in found}) == 2
    assert found[1].ends_at is not None
    assert found[1].ends_at.year == 2099


async def test_alertmanager_is_answered_for_where_it_has_a_meaning(receiver: RunningReceiver) -> None:
    prefix = "/integrations/v1/prometheus/prometheus-token"

    async def got(path: str) -> tuple[int, Any]:
        async with receiver.client.get(receiver.url + prefix + path) as answer:
            return answer.status, await answer.text()

    assert (await got("/-/ready"))[0] == 200
    assert "versionInfo" in (await got("/api/v2/status"))[1]
    assert await got("/api/v2/silences") == (200, "[]")
    assert (await got("/api/v2/alerts"))[0] == 503  # this receiver has no database
    assert (await got("/api/v2/alerts?filter=nonsense"))[0] == 400
    assert (await receiver.post(prefix + "/api/v2/silences", json={}))[0] == 405
    status, answer = await receiver.post(prefix + "/api/v2/alerts", json=[{"labels": {"a b": "c"}}])
    assert (status, "labels.a b" in answer["detail"]) == (400, True)
    assert await receiver.post(prefix + "/api/v2/alerts", json=[]) == (200, {})


async def test_a_missing_or_foreign_token_sends_nothing(receiver: RunningReceiver) -> None:
    assert (await receiver.post("/api/v2/alerts", json=[ALERT]))[0] == 401
    wrong = {"Authorization": "Bearer webhook-token"}
    assert (await receiver.post("/api/v2/alerts", json=[ALERT], headers=wrong))[0] == 400
