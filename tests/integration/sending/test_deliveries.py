"""The ledger of deliveries: many rows in one statement, and each only in the hands that hold it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.domain import delivery
from shared.domain.delivery import Delivery, DeliveryState
from shared.store.deliveries import Change, Claimed, Deliveries
from shared.store.mongo import Database
from tests.support.outgoing import NOON, page_requested

pytestmark = pytest.mark.integration


@pytest.fixture
async def ledger(mongo_url: str) -> AsyncIterator[Deliveries]:
    database = Database(mongo_url)
    deliveries = Deliveries(database, timedelta(days=1))
    await deliveries.prepare()
    yield deliveries
    database.close()


def a_row(number: int) -> Delivery:
    return delivery.requested(page_requested(part=number), "email:example.org", NOON)


def held(number: int, token: str) -> Claimed:
    return Claimed(a_row(number), token)


async def test_a_row_that_is_born_with_a_lease_is_nobody_elses_until_it_ends(ledger: Deliveries):
    await ledger.add([(a_row(1), []), (a_row(2), [])], NOON, [held(1, "mine")], lease_s=15)

    now = await ledger.claim("email", 10, (), NOON + timedelta(seconds=14), 15)
    later = await ledger.claim("email", 10, (), NOON + timedelta(seconds=16), 15)

    assert [one.delivery.id for one in now] == [a_row(2).id]
    assert [one.delivery.id for one in later] == [a_row(1).id]


async def test_each_row_of_a_statement_is_written_only_in_its_own_hands(ledger: Deliveries):
    """Row 1 was taken over by whoever also holds row 2 now: its first holder must hear so, and only he."""
    held_first = held(1, "first")
    rows = [(a_row(number), []) for number in (1, 2, 3)]
    await ledger.add(rows, NOON, [held_first, held(2, "second"), held(3, "third")], lease_s=15)
    await ledger.collection.update_one({"_id": a_row(1).id}, {"$set": {"lease_token": "second"}})
    until = NOON + timedelta(seconds=35)

    begun = await ledger.begin_all(
        [(held_first, until), (held(2, "second"), until), (held(1, "second"), until)], NOON
    )

    assert begun == [False, True, True]
    states = [one.state if (one := await ledger.get(a_row(number).id)) else None for number in (1, 2, 3)]
    assert states == [DeliveryState.SENDING, DeliveryState.SENDING, DeliveryState.PENDING]


async def test_an_outcome_whose_answer_was_lost_counts_as_written(ledger: Deliveries):
    await ledger.add([(a_row(1), [])], NOON, [held(1, "mine")], lease_s=15)
    after, _ = delivery.failed(a_row(1), "refused", NOON)
    change = ledger.outcome(held(1, "mine"), after, [], NOON)

    assert await ledger.write([change]) == [True]
    assert await ledger.write([change]) == [True]
    assert await ledger.write([Change(change.claimed, change.fields)]) == [False]


async def test_an_outcome_ends_the_lease_and_takes_the_row_off_the_due_ones(ledger: Deliveries):
    await ledger.add([(a_row(1), []), (a_row(2), [])], NOON, [held(1, "a"), held(2, "b")], lease_s=15)
    ended, _ = delivery.failed(a_row(1), "refused", NOON)
    again = a_row(2).model_copy(update={"due_at": NOON + timedelta(seconds=1)})
    changes = [ledger.outcome(held(1, "a"), ended, [], NOON), ledger.outcome(held(2, "b"), again, [], NOON)]

    assert await ledger.write(changes) == [True, True]

    stored = {one["_id"]: one for one in await ledger.collection.find({})}
    assert not {"lease_until", "lease_token", "due_at"} & stored[a_row(1).id].keys()
    assert not {"lease_until", "lease_token"} & stored[a_row(2).id].keys()
    (claimed,) = await ledger.claim("email", 10, (), NOON + timedelta(seconds=2), 15)
    assert claimed.delivery == again


async def test_channels_with_due_rows_are_those_whose_rows_are_in_nobodys_hands(ledger: Deliveries):
    rows = {number: a_row(number) for number in (1, 2, 3)}
    later = rows[3].model_copy(update={"channel": "sms", "due_at": NOON + timedelta(seconds=9)})
    taken = rows[2].model_copy(update={"channel": "telegram"})
    await ledger.add([(rows[1], []), (taken, []), (later, [])], NOON, [held(2, "mine")], lease_s=15)
    channels = ["email", "sms", "telegram"]

    assert await ledger.due_channels(channels, NOON) == {"email"}
    assert await ledger.due_channels(["sms", "telegram"], NOON) == set()
    assert await ledger.due_channels(channels, NOON + timedelta(seconds=16)) == set(channels)
