"""What providers report and operators settle: nothing goes backwards, and what failed is told once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import delivery, ledger
from shared.domain.delivery import Delivery, DeliveryState, NoWord, Policy, Report, Sent
from shared.domain.delivery_reports import polled, reported, settled, why_not_settled
from shared.errors import Permanent
from shared.events import (
    DeliveryActionRequested,
    NotificationDelivered,
    NotificationFailed,
    StageDecided,
    derived_id,
)
from tests.support.outgoing import ALICE, NOON, page_requested

TRACKED = Policy(tracked=True, polls_s=(30, 60))
LATER = NOON + timedelta(seconds=20)


def a_sent_page(policy: Policy = TRACKED) -> Delivery:
    row = ledger.requested(page_requested(channel="sms"), "sms:+49170", NOON)
    return delivery.concluded(row, Sent(handle="SM1"), policy, NOON)[0]


def an_unknown_page() -> Delivery:
    row = ledger.requested(page_requested(channel="sms"), "sms:+49170", NOON)
    return delivery.concluded(row, NoWord("line broke"), Policy(), NOON)[0]


def asked(action: Literal["mark_sent", "resend", "give_up"], part: str = "") -> DeliveryActionRequested:
    fields: dict[str, Any] = {"delivery_id": "D1", "action": action, "actor": ALICE, "time": NOON}
    return DeliveryActionRequested(id=derived_id(action, part), **fields)


def test_a_report_of_delivery_is_kept_with_its_time_and_told():
    after, event = reported(a_sent_page(), Report("delivered"), LATER) or (None, None)

    assert after is not None
    assert (after.state, after.sent_at, after.delivered_at) == (DeliveryState.DELIVERED, NOON, LATER)
    assert after.finished_at == NOON
    assert isinstance(event, NotificationDelivered)
    assert (event.decision, event.handle) == ("delivered", "SM1")


def test_each_word_of_one_row_is_an_event_of_its_own():
    row = ledger.requested(page_requested(channel="sms"), "sms:+49170", NOON)
    row, sent = delivery.concluded(row, Sent(handle="SM1"), TRACKED, NOON)
    ids = {sent.id if sent else ""}
    for state in ("delivered", "read"):
        row, event = reported(row, Report(state), LATER) or (row, None)
        ids.add(event.id if event else "")

    assert len(ids) == 3
    assert row.state is DeliveryState.READ


def test_a_message_that_was_taken_and_then_failed_makes_the_next_rule_run():
    after, event = reported(a_sent_page(), Report("failed", "no answer"), LATER) or (None, None)

    assert after is not None
    assert (after.state, after.due_at) == (DeliveryState.FAILED, None)
    assert isinstance(event, NotificationFailed)
    assert event.reason == "no answer"
    assert reported(after, Report("failed", "no answer"), LATER) is None
    assert reported(after, Report("delivered"), LATER) is None


def test_a_report_settles_an_unknown_outcome():
    after, event = reported(an_unknown_page(), Report("delivered"), LATER) or (None, None)

    assert after is not None
    assert (after.state, after.finished_at) == (DeliveryState.DELIVERED, LATER)
    assert isinstance(event, NotificationDelivered)


def test_a_page_that_is_to_be_tried_again_is_not_when_its_lost_try_turns_out_delivered():
    row = ledger.requested(page_requested(channel="sms"), "sms:+49170", NOON)
    again, _ = delivery.concluded(row, NoWord("?"), Policy(repeats_unknown=True), NOON)

    after, _ = reported(again, Report("delivered"), LATER) or (None, None)

    assert after is not None
    assert (after.state, after.due_at) == (DeliveryState.DELIVERED, None)
    assert reported(row, Report("delivered"), LATER) is None


STEPS = {"sent": 1, "delivered": 2, "read": 3}
reports = st.lists(st.sampled_from(["sent", "delivered", "read", "failed"]), max_size=8)


@given(reports=reports, starts_unknown=st.booleans())
def test_reports_in_any_order_and_number_never_go_backwards(reports: list[str], starts_unknown: bool):
    row = an_unknown_page() if starts_unknown else a_sent_page()
    failures, best = 0, 0 if starts_unknown else 1
    for word in reports:
        after, event = reported(row, Report(word), LATER) or (row, None)  # type: ignore[arg-type]
        failures += isinstance(event, NotificationFailed)
        if row.state is DeliveryState.FAILED:
            assert after == row
        elif after.state is not DeliveryState.FAILED:
            now = STEPS.get(after.state.value, 0)
            assert now >= best
            best = now
        row = after

    assert failures <= 1
    again = [reported(row, Report(word), LATER) for word in reports]  # type: ignore[arg-type]
    assert row.state is DeliveryState.FAILED or all(
        one is None or one[0].state is not row.state for one in again
    )


def test_a_provider_is_asked_until_it_has_said_the_last_word():
    row = a_sent_page()
    assert row.due_at == NOON + timedelta(seconds=30)

    row, event = polled(row, None, TRACKED.polls_s, LATER)
    assert (row.due_at, event, row.polls) == (LATER + timedelta(seconds=60), None, 1)

    final, event = polled(row, Report("delivered", is_final=True), TRACKED.polls_s, LATER)
    assert (final.state, final.due_at) == (DeliveryState.DELIVERED, None)
    assert isinstance(event, NotificationDelivered)

    tired, _ = polled(row, None, TRACKED.polls_s, LATER)
    assert (tired.state, tired.due_at) == (DeliveryState.SENT, None)


def test_an_operator_marks_an_unknown_page_as_sent():
    after, event = settled(an_unknown_page(), asked("mark_sent"), LATER) or (None, None)

    assert after is not None
    assert (after.state, after.sent_at, after.reason) == (
        DeliveryState.SENT,
        LATER,
        "marked as sent by Alice",
    )
    assert isinstance(event, NotificationDelivered)


def test_a_page_that_is_sent_again_begins_its_tries_anew_and_only_once_per_request():
    request = asked("resend")
    after, event = settled(an_unknown_page(), request, LATER) or (None, None)

    assert after is not None
    assert (after.state, after.due_at, after.attempts, after.resends) == (DeliveryState.PENDING, LATER, 0, 1)
    assert isinstance(event, StageDecided)
    assert settled(after, request, LATER) is None
    _, first = delivery.concluded(an_unknown_page(), NoWord("?"), Policy(), LATER)
    _, second = delivery.concluded(after, NoWord("?"), Policy(), LATER)
    assert first is not None
    assert second is not None
    assert first.id != second.id


def test_a_page_is_given_up_and_the_next_rule_runs():
    after, event = settled(an_unknown_page(), asked("give_up"), LATER) or (None, None)

    assert after is not None
    assert (after.state, after.reason) == (DeliveryState.FAILED, "given up by Alice")
    assert isinstance(event, NotificationFailed)


def test_what_was_sent_is_not_sent_again():
    with pytest.raises(
        Permanent, match="the delivery is sent; resend is for deliveries that are failed or unknown"
    ):
        settled(a_sent_page(), asked("resend"), LATER)
    assert (
        why_not_settled(an_unknown_page(), "explode")
        == "the action must be one of mark_sent, resend, give_up"
    )
