"""A demo alert is at the router when it is answered, and is never taken for a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.domain.demo import WITHOUT_DEMO
from shared.events import AlertReceived
from shared.integrations import all_types
from tests.integration.api.api_running import RunningApi, an_api
from tests.integration.receiver_running import events_in

pytestmark = pytest.mark.integration


@pytest.fixture
async def connected(mongo_url: str, amqp_url: str, tmp_path: Path) -> AsyncIterator[RunningApi]:
    """An api with a broker."""
    async with an_api(mongo_url, tmp_path, amqp_url) as running:
        await running.connected()
        yield running


async def demo(api: RunningApi, integration_id: str, **body: Any) -> Any:
    reply = await api.ask("POST", f"integrations/{integration_id}/demo", body or None)
    assert reply.status == 200, reply
    return reply.body


async def test_each_type_sends_its_examples_under_one_demo(connected: RunningApi, amqp_url: str) -> None:
    sent = {}
    for kind in all_types():
        if kind.slug in WITHOUT_DEMO or kind.example_resolved is None:
            continue
        made = await connected.post("integrations/", type=kind.slug)
        first = await demo(connected, made["id"])
        again = await demo(connected, made["id"], state="resolved", demo_id=first["demo_id"])
        assert first["demo_id"] == again["demo_id"]
        sent |= {first["id"]: kind.split(kind.example_firing)[0]}
        sent |= {again["id"]: kind.split(kind.example_resolved)[0]}

    events = await events_in(amqp_url, "tocsin.router", len(sent))

    alerts = [one.alert for one in events if isinstance(one, AlertReceived)]
    assert {one.id: one.payload for one in alerts} == sent
    assert all(one.is_demo and one.demo_id for one in alerts)


async def test_a_payload_of_one_s_own_is_sent_as_it_is(connected: RunningApi, amqp_url: str) -> None:
    made = await connected.post("integrations/", type="webhook")
    answer = await demo(connected, made["id"], payload={"title": "Mine"})
    [event] = await events_in(amqp_url, "tocsin.router", 1)
    assert isinstance(event, AlertReceived)
    assert (event.alert.payload, event.alert.id) == ({"title": "Mine"}, answer["id"])
    assert "demo" in event.reason


async def test_what_cannot_be_sent_is_refused_by_name(connected: RunningApi) -> None:
    made = await connected.post("integrations/", type="alertmanager")
    path = f"integrations/{made['id']}/demo"
    deep: Any = {}
    for _ in range(100):
        deep = {"a": deep}
    for body, field in (
        ({"payload": [1]}, "payload"),
        ({"payload": None}, "payload"),
        ({"payload": deep}, "payload"),
        ({"payload": {}, "state": "firing"}, "state"),
        ({"state": "ok"}, "state"),
        ({"state": "resolved"}, "demo_id"),
        ({"demo_id": "a b"}, "demo_id"),
    ):
        assert list(await connected.refused("POST", path, body)) == [field], body
    await connected.refused("POST", "integrations/CNONE/demo", {}, status=404)


async def test_without_the_broker_a_demo_is_not_said_to_be_sent(api: RunningApi) -> None:
    made = await api.post("integrations/", type="webhook")
    reply = await api.ask("POST", f"integrations/{made['id']}/demo")
    assert (reply.status, "Retry-After" in reply.headers) == (503, True)


@pytest.mark.parametrize("slug", ["maintenance", "manual", "direct_paging", "no_longer_there"])
async def test_types_without_a_sender_have_no_demo(api: RunningApi, slug: str) -> None:
    made = await api.post("integrations/", type="webhook")
    await api.store.collection("integrations").update_one({"_id": made["id"]}, {"$set": {"type": slug}})
    await api.store.collection("configuration_versions").update_one({}, {"$inc": {"version": 1}})
    refused = await api.refused("POST", f"integrations/{made['id']}/demo")
    assert slug in refused["detail"]
