"""A running receiver beats from its first connection to its farewell, behind the pings that it took."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.events import BeatSent, HeartbeatReceived
from tests.integration.receiver_running import WEB, a_receiver, events_in

pytestmark = pytest.mark.integration


async def test_a_receiver_beats_while_it_serves_and_says_when_it_leaves(amqp_url: str, tmp_path: Path):
    async with a_receiver(amqp_url, tmp_path / "data", beat_every_s=0.05, instance="r1") as receiver:
        await receiver.connected()
        first = await events_in(amqp_url, "tocsin.heartbeat", 3)
        async with receiver.client.get(receiver.url + WEB + "heartbeat/") as answer:
            assert answer.status == 200
    rest = await events_in(amqp_url, "tocsin.heartbeat", 2)

    beats = [one for one in (*first, *rest) if isinstance(one, BeatSent)]
    assert {(one.receiver_id, one.instance, one.since) for one in beats} == {
        (beats[0].receiver_id, "r1", beats[0].time)
    }
    assert [one.time for one in beats] == sorted(one.time for one in beats)
    assert any(isinstance(one, HeartbeatReceived) for one in rest)
    assert isinstance(rest[-1], BeatSent)
    assert [one for one in beats if one.is_last] == [rest[-1]]


async def test_a_receiver_without_a_configuration_does_not_say_that_it_serves(amqp_url: str, tmp_path: Path):
    """It answers 503: whoever pings it meanwhile was not heard."""
    data = tmp_path / "data"
    async with a_receiver(amqp_url, data, configuration=None, beat_every_s=0.05) as deaf:
        await deaf.connected()
        async with a_receiver(amqp_url, tmp_path / "other", beat_every_s=0.05, instance="heard") as receiver:
            await receiver.connected()
            events = await events_in(amqp_url, "tocsin.heartbeat", 5)

    assert {one.instance for one in events if isinstance(one, BeatSent)} == {"heard"}
