"""What becomes of a page or a webhook call, decided without any clock or server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import delivery
from shared.domain.delivery import (
    WAITS_S,
    Answer,
    Delivery,
    DeliveryState,
    NoWord,
    Policy,
    Refused,
    Retry,
    SendOutcome,
    Sent,
)
from shared.domain.model import GroupRun
from shared.events import (
    NotificationCancelled,
    NotificationDelivered,
    NotificationFailed,
    NotificationUnknown,
    WebhookResponded,
)
from tests.support.outgoing import ALICE, NOON, a_group, acknowledged, page_requested, webhook_requested

PAGES, WEBHOOKS = Policy(), Policy(repeats_unknown=True)


def a_page(**fields: object) -> Delivery:
    return delivery.requested(page_requested(**fields), "email:example.org", NOON)


def a_call(**fields: object) -> Delivery:
    return delivery.requested(webhook_requested(**fields), "webhook:WH-1", NOON)


def test_a_request_is_due_at_once():
    row = a_page()

    assert (row.state, row.due_at, row.attempts) == (DeliveryState.PENDING, NOON, 0)
    assert row.id == page_requested().id


def test_a_row_survives_its_storage():
    row = a_page()

    assert Delivery.model_validate_json(row.model_dump_json()) == row
    assert row.event == page_requested()


def test_a_page_that_was_taken_is_delivered():
    row, event = delivery.concluded(a_page(), Sent(handle="250 queued"), PAGES, NOON)

    assert isinstance(event, NotificationDelivered)
    assert (row.state, row.due_at, row.finished_at) == (DeliveryState.SENT, None, NOON)
    assert (event.request_id, event.user_id, event.handle, event.attempts) == (
        row.id,
        "U-alice",
        "250 queued",
        1,
    )
    assert (event.cause_id, event.alert_id) == (row.id, "A-1")


def test_a_refused_page_fails_with_the_reason():
    row, event = delivery.concluded(a_page(), Refused("550 no such user"), PAGES, NOON)

    assert isinstance(event, NotificationFailed)
    assert (row.state, event.reason) == (DeliveryState.FAILED, "550 no such user")


def test_a_page_without_an_answer_is_held_and_the_escalator_is_told():
    row, event = delivery.concluded(a_page(), NoWord("line broke"), PAGES, NOON)

    assert isinstance(event, NotificationUnknown)
    assert (row.state, row.due_at) == (DeliveryState.UNKNOWN, None)


def test_a_webhook_without_an_answer_is_called_again_and_says_so():
    row, event = delivery.concluded(a_call(), NoWord("no answer"), WEBHOOKS, NOON)
    assert (row.state, event) == (DeliveryState.PENDING, None)

    _, told = delivery.concluded(row, Sent(answer=Answer(200, "ok")), WEBHOOKS, NOON)

    assert isinstance(told, WebhookResponded)
    assert told.reason == "sent at try 2; of 1 earlier tries the outcome is unknown"
    assert (told.status_code, told.content, told.fired) == (200, "ok", True)


def test_the_waits_grow_and_then_the_page_fails():
    row, event, waits = a_page(), None, []
    while event is None:
        row, event = delivery.concluded(row, Retry("451 later"), PAGES, NOON)
        if row.due_at is not None:
            waits.append((row.due_at - NOON).total_seconds())

    assert waits == list(WAITS_S)
    assert isinstance(event, NotificationFailed)
    assert event.reason == "451 later (10 tries)"


def test_a_wait_that_was_asked_for_is_kept():
    row, _ = delivery.concluded(a_page(), Retry("429", wait_s=90), PAGES, NOON)

    assert row.due_at == NOON + timedelta(seconds=90)


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        (None, "the alert group no longer exists"),
        (acknowledged(a_group()), "the alert group is acknowledged by Alice"),
        (a_group(resolved_at=NOON, resolved_by=ALICE), "the alert group is resolved by Alice"),
        (a_group(silenced_at=NOON), "the alert group is silenced"),
        (a_group(run=2), "the alert group is in run 2, this belongs to run 1"),
    ],
)
def test_a_page_goes_out_only_while_its_run_fires(group, reason):
    assert delivery.why_not(a_page(), group) == reason
    assert delivery.why_not(a_page(), a_group(version=5)) is None


def test_a_webhook_of_a_state_change_needs_no_firing_group():
    assert delivery.why_not(a_call(trigger="resolve"), a_group(resolved_at=NOON)) is None
    assert delivery.why_not(a_call(), a_group(resolved_at=NOON)) is not None


def test_a_cancelled_page_says_why():
    row, event = delivery.cancelled(a_page(), "the alert group is acknowledged by Alice", NOON)

    assert isinstance(event, NotificationCancelled)
    assert (row.state, event.attempts) == (DeliveryState.CANCELLED, 0)


def test_a_webhook_that_was_not_called_says_that_it_did_not_fire():
    _, event = delivery.cancelled(a_call(), "the trigger template said 'no'", NOON)

    assert isinstance(event, WebhookResponded)
    assert (event.fired, event.decision) == (False, "cancelled")


outcomes = st.one_of(
    st.builds(Sent, handle=st.text(max_size=5)),
    st.builds(Retry, reason=st.just("later"), wait_s=st.none() | st.floats(0, 1e6)),
    st.builds(Refused, reason=st.just("never")),
    st.builds(NoWord, reason=st.just("?")),
)


@given(tries=st.lists(outcomes, min_size=12, max_size=12), repeats=st.booleans())
def test_every_row_ends_within_its_tries_and_is_told_once(tries: list[SendOutcome], repeats: bool):
    row, told = a_page(), []
    for outcome in tries:
        if row.state is not DeliveryState.PENDING:
            break
        row, event = delivery.concluded(row, outcome, Policy(repeats_unknown=repeats), NOON)
        told += [event] if event else []

    assert len(told) == 1
    assert row.attempts <= len(WAITS_S) + 1
    assert row.due_at is None


RUNS = (GroupRun(id="G1", run=1), GroupRun(id="G2", run=3))


def test_a_page_about_several_groups_is_wanted_while_one_of_them_fires_in_its_run():
    page = a_page(digest=RUNS)
    taken = acknowledged(a_group(id="G1"))
    firing = a_group(id="G2", run=3)

    assert delivery.why_none(page, {"G1": taken, "G2": firing}) is None
    assert delivery.why_none(page, {"G2": firing}) is None
    later = delivery.why_none(page, {"G1": taken, "G2": a_group(id="G2", run=4)})
    assert later == "none of its 2 alert groups fires any more: the alert group is acknowledged by Alice"
    assert delivery.why_none(page, {}) is not None


def test_a_page_about_one_group_is_checked_as_ever():
    page = a_page()

    assert delivery.about(page) == (GroupRun(id=page.group_id, run=1),)
    assert delivery.why_none(page, {page.group_id: a_group()}) is None
    reason = delivery.why_none(page, {page.group_id: acknowledged(a_group())})
    assert reason == "the alert group is acknowledged by Alice"
