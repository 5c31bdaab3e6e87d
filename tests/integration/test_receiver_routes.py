"""What monitoring tools get from the receiver, with a real broker behind it and no database."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.domain.ingest import alert_id
from shared.events import AlertReceived, HeartbeatReceived
from tests.integration.receiver_running import WEB, RunningReceiver, a_receiver, events_in

pytestmark = pytest.mark.integration
AM = "/integrations/v1/alertmanager/am-token/"


@pytest.fixture
async def receiver(amqp_url: str, tmp_path: Path) -> AsyncIterator[RunningReceiver]:
    async with a_receiver(amqp_url, tmp_path) as receiver:
        await receiver.connected()
        yield receiver


async def test_an_accepted_alert_is_at_the_router_with_the_id_that_was_answered(
    receiver: RunningReceiver, amqp_url: str
) -> None:
    status, answer = await receiver.post(json={"title": "Disk full"}, headers={"Idempotency-Key": "k1"})
    [event] = await events_in(amqp_url, "tocsin.router", 1)

    assert status == 200
    assert answer["id"] == answer["alert_id"] == alert_id("CWEB", "k1")
    assert answer["ids"] == [answer["id"]]
    assert answer["dedup"] == "k1"
    assert answer["trace_url"].endswith(f"/api/v1/alerts/{answer['id']}/trace")
    assert isinstance(event, AlertReceived)
    assert (event.alert.id, event.alert.payload) == (answer["id"], {"title": "Disk full"})
    assert (event.config_version, event.lane, event.alert_id) == (7, "", answer["id"])


async def test_the_same_key_is_the_same_event_and_another_integrations_is_not(
    receiver: RunningReceiver,
) -> None:
    headers = {"Idempotency-Key": "k"}
    first, again = [(await receiver.post(json={}, headers=headers))[1]["id"] for _ in range(2)]
    _, other = await receiver.post(AM, json={}, headers=headers)
    _, cloud = await receiver.post(json={}, headers={"ce-id": "1", "ce-source": "/s"})
    assert first == again
    assert other["id"] == alert_id("CAM", "k") != first
    assert cloud["id"] == alert_id("CWEB", "/s 1")


async def test_without_a_key_every_request_is_an_alert_of_its_own(receiver: RunningReceiver) -> None:
    ids = {(await receiver.post(json={"a": 1}))[1]["id"] for _ in range(3)}
    assert len(ids) == 3


async def test_the_final_slash_may_be_missing_and_nothing_redirects(receiver: RunningReceiver) -> None:
    assert (await receiver.post(WEB.rstrip("/"), json={}, allow_redirects=False))[0] == 200


async def test_checks_come_in_the_order_token_type_body(receiver: RunningReceiver) -> None:
    broken: dict[str, Any] = {"data": b"{", "headers": {"Content-Type": "application/json"}}
    status, text = await receiver.post("/integrations/v1/webhook/wrong/", **broken)
    assert (status, "not found" in text) == (403, True)
    status, text = await receiver.post("/integrations/v1/alertmanager/web-token/", **broken)
    assert (status, "alertmanager" in text, "webhook" in text) == (400, True, True)
    status, answer = await receiver.post(WEB, **broken)
    assert (status, answer["detail"].startswith("JSON parse error")) == (400, True)


async def test_a_browser_sees_a_page_that_does_not_repeat_the_token(receiver: RunningReceiver) -> None:
    async with receiver.client.get(receiver.url + WEB) as answer:
        page = await answer.text()
        assert (answer.status, answer.content_type) == (200, "text/html")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "Web &lt;shop&gt;" in page
    assert "web-token" not in page
    async with receiver.client.head(receiver.url + WEB) as answer:
        assert answer.status == 200
    async with receiver.client.get(receiver.url + "/integrations/v1/webhook/wrong/") as answer:
        assert answer.status == 403


async def test_other_methods_are_405_with_a_detail(receiver: RunningReceiver) -> None:
    for path in (WEB, WEB + "heartbeat/"):
        async with receiver.client.put(receiver.url + path) as answer:
            assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD, POST")
            assert "PUT" in (await answer.json())["detail"]


async def test_heartbeats_are_answered_as_senders_expect_and_told(
    receiver: RunningReceiver, amqp_url: str
) -> None:
    async with receiver.client.get(receiver.url + WEB + "heartbeat/") as answer:
        assert (answer.status, await answer.json()) == (200, ":)")
    async with receiver.client.post(receiver.url + WEB + "heartbeat") as answer:
        assert (answer.status, await answer.read()) == (200, b"")
    events = await events_in(amqp_url, "tocsin.heartbeat", 3)
    pings = [one.integration_id for one in events if isinstance(one, HeartbeatReceived)]
    assert pings == ["CWEB", "CWEB"]


@pytest.mark.parametrize(
    ("data", "headers"),
    [
        (
            gzip.compress(b'{"a": 1}', mtime=0),
            {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        ),
        (zlib.compress(b'{"a": 1}'), {"Content-Type": "application/json", "Content-Encoding": "deflate"}),
        (b"a=1", {"Content-Type": "application/x-www-form-urlencoded"}),
        ({"a": "1"}, {}),
    ],
)
async def test_packed_json_and_forms_are_read(
    receiver: RunningReceiver, amqp_url: str, data: Any, headers: dict[str, str]
) -> None:
    assert (await receiver.post(data=data, headers=headers))[0] == 200
    [event] = await events_in(amqp_url, "tocsin.router", 1)
    assert isinstance(event, AlertReceived)
    assert event.alert.payload in ({"a": 1}, {"a": "1"})


async def test_bodies_over_the_limit_are_413_packed_or_not(receiver: RunningReceiver) -> None:
    json_type = {"Content-Type": "application/json"}
    limit = receiver.running.settings.max_body_bytes
    just_fits = b'{"a": "' + b"x" * (limit - 9) + b'"}'
    assert len(just_fits) == limit
    assert (await receiver.post(data=just_fits, headers=json_type))[0] == 200
    assert (await receiver.post(data=io.BytesIO(just_fits + b" "), headers=json_type))[0] == 413


async def test_a_bomb_costs_no_more_than_its_size_even_with_a_wrong_token(receiver: RunningReceiver) -> None:
    member = gzip.compress(b" " * 10_000_000, mtime=0)
    bomb = member * (receiver.running.settings.max_body_bytes // len(member))
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    began_s = time.process_time()
    with gzip.open(io.BytesIO(bomb)) as unpacked:
        while unpacked.read(1_000_000):
            pass
    unpacking_s = time.process_time() - began_s

    began_s = time.process_time()
    for path, status in ((WEB, 413), ("/integrations/v1/webhook/wrong/", 403), (WEB + "heartbeat/", 200)):
        assert (await receiver.post(path, data=io.BytesIO(bomb), headers=headers))[0] == status
    assert (await receiver.post(json={}))[0] == 200
    assert time.process_time() - began_s < unpacking_s


async def test_a_chunked_body_is_held_to_the_limit_too(receiver: RunningReceiver) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 65536

    assert (await receiver.post(data=endless(), headers={"Content-Type": "application/json"}))[0] == 413


async def test_broken_or_unknown_content_encodings_are_refused(receiver: RunningReceiver) -> None:
    json_type = {"Content-Type": "application/json"}
    assert (await receiver.post(data=b"no gzip", headers={**json_type, "Content-Encoding": "gzip"}))[0] == 400
    assert (await receiver.post(data=b"{}", headers={**json_type, "Content-Encoding": "snappy"}))[0] == 415


async def test_depth_and_key_limits_are_400(receiver: RunningReceiver) -> None:
    json_type = {"Content-Type": "application/json"}
    assert (await receiver.post(data=b"[" * 65 + b"]" * 65, headers=json_type))[0] == 400
    assert (await receiver.post(json={str(n): n for n in range(20_001)}))[0] == 400


async def test_a_list_at_the_alertmanager_url_is_the_senders_fault(receiver: RunningReceiver) -> None:
    status, text = await receiver.post(AM, json=[1])
    assert (status, "object" in text) == (400, True)


async def test_an_alertmanager_body_gets_its_counts(receiver: RunningReceiver, amqp_url: str) -> None:
    await receiver.post(AM, json={"alerts": [{"status": "firing"}, {"status": "resolved"}]})
    [event] = await events_in(amqp_url, "tocsin.router", 1)
    assert isinstance(event, AlertReceived)
    assert (event.alert.payload["numFiring"], event.alert.payload["numResolved"]) == (1, 1)


async def test_a_flooding_integration_leaves_the_normal_lane(amqp_url: str, tmp_path: Path) -> None:
    async with a_receiver(amqp_url, tmp_path, bulk_above_per_s=2) as receiver:
        await receiver.connected()
        for _ in range(12):
            await receiver.post(json={})
        await receiver.post(AM, json={})
    assert len(await events_in(amqp_url, "tocsin.router", 11)) == 11
    bulk = await events_in(amqp_url, "tocsin.router.bulk", 2)
    assert [one.lane for one in bulk] == ["bulk", "bulk"]


async def test_a_receiver_that_never_had_a_configuration_says_try_later(
    amqp_url: str, tmp_path: Path
) -> None:
    async with a_receiver(amqp_url, tmp_path, configuration=None) as receiver:
        async with receiver.client.post(receiver.url + WEB, json={}) as answer:
            assert (answer.status, "Retry-After" in answer.headers) == (503, True)
        async with receiver.client.get(receiver.url + "/readyz") as answer:
            assert answer.status == 503


async def test_metrics_tell_what_was_accepted_and_why_not(receiver: RunningReceiver) -> None:
    await receiver.post(json={})
    await receiver.post("/integrations/v1/webhook/wrong/", json={})
    assert await receiver.metric("tocsin_ingest_accepted_total", where="broker") == 1
    assert await receiver.metric("tocsin_ingest_refused_total", reason="unknown_token") == 1
    assert await receiver.metric("tocsin_ingest_accept_seconds_count") == 1


async def test_no_token_is_logged(receiver: RunningReceiver, capfd: pytest.CaptureFixture[str]) -> None:
    await receiver.post(json={})
    await receiver.post("/integrations/v1/alertmanager/web-token/", data=b"{")
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.running.port)
    writer.write(b"POST /integrations/v1/webhook/web-token/ HTTP/9.9x\r\n\r\n")
    assert b"400" in await reader.readline()
    writer.close()
    await writer.wait_closed()
    out, err = capfd.readouterr()
    assert "ingest.refused" in out + err
    assert "web-token" not in out + err


async def cut_off(receiver: RunningReceiver, wait_s: float) -> bytes:
    """Send the head of a request and one byte of its body; return the first line of an answer, if one comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.running.port)
    head = (
        f"POST {WEB} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"
    )
    writer.write(head.encode())
    await writer.drain()
    try:
        return await asyncio.wait_for(reader.readline(), wait_s)
    except TimeoutError:
        return b""
    finally:
        writer.transport.abort()


async def test_a_sender_that_hangs_up_is_no_fault_of_the_server(
    receiver: RunningReceiver, caplog: pytest.LogCaptureFixture
) -> None:
    assert await cut_off(receiver, wait_s=0.1) == b""
    async with asyncio.timeout(60):
        while not await receiver.metric("tocsin_ingest_refused_total", reason="cut_off"):
            await asyncio.sleep(0.01)
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []


async def test_a_sender_that_never_ends_its_body_is_sent_away(
    receiver: RunningReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.receiver.body.READ_TIMEOUT_S", 0.2)
    assert b"408" in await cut_off(receiver, wait_s=60)


async def test_json_numbers_survive(receiver: RunningReceiver, amqp_url: str) -> None:
    payload = {"big": 2**53, "float": 0.1, "negative": -5, "text": "ü\n", "null": None, "list": [True, []]}
    await receiver.post(data=json.dumps(payload), headers={"Content-Type": "application/json"})
    [event] = await events_in(amqp_url, "tocsin.router", 1)
    assert isinstance(event, AlertReceived)
    assert event.alert.payload == payload
