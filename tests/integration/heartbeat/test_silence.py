"""A heartbeat that stops rings once and is resolved by the next ping; nothing rings for Tocsin's own absence."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.configuration import Integration
from shared.domain.configuration_draft import Draft
from shared.domain.model import SYSTEM
from shared.store.configuration import ConfigurationStore
from tests.integration.heartbeat.listening import Listening, at, beat, integration, ping
from tests.support.gaps import CLEARING, Gap
from tests.support.house import until

pytestmark = pytest.mark.integration
EXPIRED, RESTORED = "heartbeat_expired", "heartbeat_restored"


async def started(listening: Listening, instances: int = 1) -> None:
    """Start the service and let the tool send its first ping at noon."""
    await listening.house.start("heartbeat", instances=instances)
    await listening.tell(ping(0), beat(0))
    await listening.counted()


@pytest.mark.parametrize("instances", [1, 2])
async def test_a_heartbeat_that_stops_rings_once_and_the_next_ping_resolves_it(
    listening: Listening, instances: int
):
    await started(listening, instances)
    await listening.listen(60)
    await listening.looked()
    assert listening.alarms() == []

    await listening.listen(62)
    await listening.expect(EXPIRED)
    await listening.listen(100, pings=[95])
    await listening.expect(EXPIRED, RESTORED)
    await listening.listen(154)
    await listening.looked()
    await listening.expect(EXPIRED, RESTORED)

    expired, restored = [one["data"]["alert"] for one in listening.told("alert.received.v1")]
    assert (expired["integration_id"], expired["received_at"]) == ("C1", "2026-05-04T12:01:00Z")
    assert (expired["payload"]["state"], restored["payload"]["state"]) == ("alerting", "ok")
    assert expired["payload"]["title"] == "No heartbeat from prod C1 for 1 minute"
    assert expired["payload"]["alert_uid"] == restored["payload"]["alert_uid"]
    assert expired["read_as"] == restored["read_as"] == "webhook"


async def test_nothing_comes_of_an_integration_that_never_pinged(listening: Listening):
    await listening.house.start("heartbeat")
    await listening.listen(200)
    await listening.looked()

    assert listening.alarms() == []
    assert listening.stored.heartbeats.count_documents({}) == 0


async def test_a_ping_exactly_at_the_deadline_is_in_time(listening: Listening):
    await started(listening)
    await listening.listen(100, pings=[60])
    await listening.looked()

    assert listening.alarms() == []


async def test_pings_and_beats_that_come_again_change_nothing(listening: Listening):
    await started(listening)
    await listening.listen(62)
    await listening.expect(EXPIRED)

    await listening.tell(ping(0), beat(4), beat(62), ping(0))
    await listening.listen(64, pings=[63])
    await listening.tell(ping(63), ping(63), beat(62))
    await listening.listen(68)
    await listening.looked()

    await listening.expect(EXPIRED, RESTORED)


@pytest.mark.parametrize(
    "where",
    [("before", "heartbeats", CLEARING), ("after", "heartbeats", CLEARING), ("after", "bus", CLEARING)],
    ids=["claimed, not saved", "saved, not told", "told, not cleared"],
)
async def test_an_instance_that_dies_while_it_raises_an_alert_leaves_one_alert(
    listening: Listening, where: Any
):
    """What it saved is told by the other, with the same ids."""
    await started(listening)
    await listening.listen(58)
    await listening.house.stop_one("heartbeat-0")
    gap = Gap(*where)  # a change of a heartbeat is written like a clearing
    listening.second = 62
    await listening.tell(beat(62))

    await listening.house.start_one("heartbeat", "dies", prepare=gap.into)
    await listening.counted()
    await gap.reached.wait()
    await listening.house.crash("dies")
    await listening.house.start_one("heartbeat", "lives")
    await listening.listen(80)

    await listening.expect(EXPIRED)


async def test_without_beats_nothing_expires_and_afterwards_each_has_its_whole_timeout(listening: Listening):
    """The only receiver is away from second 50 to second 200; its successor begins a new account."""
    await started(listening)
    await listening.listen(50)

    listening.second = 201
    await listening.beat(since=201, receiver="R2")
    await listening.looked()
    assert listening.alarms() == []
    for listening.second in (261, 262):
        await listening.beat(since=201, receiver="R2")
        await listening.looked()
    await listening.expect(EXPIRED)
    (alarm,) = listening.told("alert.received.v1")
    assert alarm["data"]["alert"]["received_at"] == "2026-05-04T12:04:21Z"


async def test_one_receiver_of_two_that_is_cut_off_holds_deadlines_back_for_half_a_minute(
    listening: Listening,
):
    """It may hold pings; it is given up after 30 s, and the deadlines count from there."""
    await started(listening)
    await listening.listen(40)
    for listening.second in (45, 62, 70):
        await listening.beat(receiver="R2")
    for listening.second in (71, 129, 130):
        await listening.beat(receiver="R2")
        await listening.looked()
    assert listening.alarms() == []

    listening.second = 131
    await listening.beat(receiver="R2")
    await listening.expect(EXPIRED)
    assert listening.told("alert.received.v1")[0]["data"]["alert"]["received_at"] == "2026-05-04T12:02:10Z"


async def test_what_was_sent_while_the_heartbeat_service_was_away_counts_when_it_is_back(
    listening: Listening,
):
    await started(listening)
    await listening.house.stop_one("heartbeat-0")
    for second in range(50, 400, 50):
        await listening.tell(ping(second), beat(second))
    listening.second = 398
    await listening.tell(beat(398))

    await listening.house.start("heartbeat")
    await listening.counted()
    await listening.looked()
    assert listening.alarms() == []

    await listening.listen(412)
    await listening.expect(EXPIRED)


async def test_a_tool_that_fell_silent_while_the_heartbeat_service_was_away_rings_when_it_is_back(
    listening: Listening,
):
    await started(listening)
    await listening.house.stop_one("heartbeat-0")
    listening.second = 398
    await listening.tell(beat(100), beat(398))

    await listening.house.start("heartbeat")

    await listening.expect(EXPIRED)


async def test_another_timeout_counts_at_once_and_a_heartbeat_ends_with_its_integration(
    listening: Listening,
):
    await started(listening)
    await listening.configure(integration(timeout_s=600))
    await due(listening, 601)
    await listening.listen(70)
    await listening.looked()
    assert listening.alarms() == []

    await listening.configure(integration(timeout_s=65))
    await due(listening, 66)
    await listening.expect(EXPIRED)
    await listening.configure(integration("C2"))
    await listening.tell(ping(70, "C2"))
    await removed(listening, "C1")
    await listening.configure()

    async def only_c2() -> bool:
        return [one["_id"] for one in listening.stored.heartbeats.find()] == ["C2"]

    await until(only_c2, what="the heartbeat of the removed integration is gone")
    await listening.tell(ping(71, "C1"))
    await listening.listen(74)
    assert await only_c2()
    await listening.expect(EXPIRED)


async def test_the_texts_are_the_users_and_what_fails_is_replaced_and_told(listening: Listening):
    texts = {"title": "{{ integration_name }} is mute since {{ last_seen }}", "message": "{{ 1 / 0 }}"}
    await listening.configure(integration(expired=texts))
    await started(listening)

    await listening.listen(62)
    await listening.expect(EXPIRED)

    payload = listening.told("alert.received.v1")[0]["data"]["alert"]["payload"]
    assert payload["title"] == "prod C1 is mute since 2026-05-04 12:00:00+00:00"
    assert "2026-05-04 12:00:00 UTC" in payload["message"]
    await until(lambda: _count(listening, 1), what="the problem is recorded")
    assert listening.stored.problems.find_one()["where"] == "heartbeat.expired.message"


async def _count(listening: Listening, problems: int) -> bool:
    return bool(listening.stored.problems.count_documents({}) == problems)


async def due(listening: Listening, second: float) -> None:
    """Wait until the heartbeat is due at an instant."""

    async def there() -> bool:
        return bool(listening.stored.heartbeats.count_documents({"_id": "C1", "due_at": at(second)}))

    await until(there, what=f"C1 is due at {second}")


async def removed(listening: Listening, id: str) -> None:
    """Remove an integration from the configuration."""

    def edit(draft: Draft) -> None:
        found = draft.get(Integration, id)
        assert found is not None
        draft.remove(found)

    await ConfigurationStore(listening.house.database).change(edit, SYSTEM, listening.now())
