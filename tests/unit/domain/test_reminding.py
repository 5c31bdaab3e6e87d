"""Acknowledge reminders: asked once per interval, confirmed or given up, and never stopped by age."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.action import Circumstances
from shared.domain.configuration import ConfigSnapshot, Integration, Team
from shared.domain.expiring import Installation, circumstances
from shared.domain.group_settings import GroupSettings, ReminderSettings
from shared.domain.model import SOURCE, Group
from shared.domain.reminding import Reminders, remind
from shared.domain.states import act, due_at_of
from shared.events import ActionApplied, ActionRefused, GroupConfirmed, GroupReminded, GroupUnacknowledged
from tests.support.build import NOON, a_group, an_action, minute

HOURLY = Reminders(remind_after_s=3600, unacknowledge_after_s=900)
ENDLESS = Reminders(remind_after_s=3600)


def acknowledged(reminders: Reminders = HOURLY) -> Group:
    """Return a group that alice acknowledged at noon."""
    after, _ = act(an_action("acknowledge"), a_group(), NOON, Circumstances(reminders=reminders))
    return after


def test_whoever_acknowledged_is_asked_once_and_without_a_word_the_group_is_nobodys_again():
    group = acknowledged()
    assert remind(group, minute(59), HOURLY) == (group, [])

    asked, (question,) = remind(group, minute(60), HOURLY)
    assert remind(asked, minute(60), HOURLY) == (asked, [])
    given_up, (fact,) = remind(asked, minute(75), HOURLY)

    assert isinstance(question, GroupReminded)
    assert isinstance(fact, GroupUnacknowledged)
    assert (given_up.is_firing, given_up.run, due_at_of(given_up)) == (True, 2, None)


def test_who_confirms_is_asked_again_after_the_whole_interval():
    asked, _ = remind(acknowledged(), minute(60), HOURLY)

    confirmed, events = act(an_action("confirm", id="c"), asked, minute(70), Circumstances(reminders=HOURLY))

    assert isinstance(events[0], GroupConfirmed)
    assert due_at_of(confirmed) == minute(130)
    again, _ = remind(confirmed, minute(130), HOURLY)
    assert again.reminder is not None
    assert again.reminder.count == 2


def test_without_automatic_unacknowledge_reminders_go_on_for_ever():
    group = acknowledged(ENDLESS)
    for number in range(1, 24 * 30):
        group, events = remind(group, NOON + timedelta(hours=number), ENDLESS)
        assert len(events) == 1

    assert group.acknowledged_at is not None


def test_after_an_outage_there_is_one_reminder_and_the_whole_time_to_confirm_it():
    late = minute(60 * 24)
    asked, events = remind(acknowledged(), late, HOURLY)

    assert len(events) == 1
    assert due_at_of(asked) == late + timedelta(seconds=900)


def test_a_confirm_is_taken_once_and_only_while_a_reminder_waits():
    around = Circumstances(reminders=HOURLY)
    _, (early,) = act(an_action("confirm", id="early"), acknowledged(), NOON, around)
    asked, _ = remind(acknowledged(), minute(60), HOURLY)

    confirmed, _ = act(an_action("confirm", id="first"), asked, minute(61), around)
    _, (second,) = act(an_action("confirm", id="second"), confirmed, minute(62), around)
    _, again = act(an_action("confirm", id="first"), confirmed, minute(63), around)

    assert isinstance(early, ActionRefused)
    assert due_at_of(confirmed) == minute(121)
    assert "14:01 UTC" in second.reason
    assert isinstance(again[0], ActionApplied)


def test_what_was_switched_off_meanwhile_is_not_carried_out():
    asked, _ = remind(acknowledged(), minute(60), HOURLY)

    kept, events = remind(asked, minute(75), ENDLESS)
    off, nothing = remind(asked, minute(75), Reminders())

    assert (events, nothing) == ([], [])
    assert due_at_of(kept) == minute(135)
    assert (off.acknowledged_at, due_at_of(off)) == (NOON, None)


def test_what_the_source_acknowledged_is_asked_of_nobody():
    after, _ = act(an_action("acknowledge", actor=SOURCE), a_group(), NOON, Circumstances(reminders=HOURLY))
    _, (answer,) = act(an_action("confirm", id="c"), after, NOON, Circumstances(reminders=HOURLY))

    assert after.reminder is None
    assert isinstance(answer, ActionRefused)


@pytest.mark.parametrize(
    ("own", "team", "counts"),
    [
        (ReminderSettings(), ReminderSettings(), Reminders(7200, 600)),
        (ReminderSettings(), ReminderSettings(remind_after=3600), Reminders(3600, 600)),
        (ReminderSettings(remind_after=0), ReminderSettings(remind_after=3600), Reminders(0, 600)),
        (ReminderSettings(unacknowledge_after=0), ReminderSettings(), Reminders(7200, 0)),
    ],
)
def test_the_integration_counts_then_its_team_then_the_installation(
    own: ReminderSettings, team: ReminderSettings, counts: Reminders
):
    integration = Integration(
        id="C1",
        name="x",
        type="webhook",
        token_digest="",
        team_id="T1",
        groups=GroupSettings(acknowledge_reminder=own),
    )
    config = ConfigSnapshot(
        integrations=(integration,), teams=(Team(id="T1", name="x", acknowledge_reminder=team),)
    )

    assert circumstances(config, "C1", Installation(Reminders(7200, 600))).reminders == counts


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 200), max_size=30))
def test_however_often_it_is_looked_at_it_is_asked_once_per_interval(steps):
    group, now, asked_at = acknowledged(ENDLESS), NOON, []
    for step in steps:
        now += timedelta(minutes=step)
        for _ in range(2):
            group, events = remind(group, now, ENDLESS)
            asked_at += [now for _ in events]

    gaps = [b - a for a, b in zip([NOON, *asked_at], asked_at, strict=False)]
    assert all(one >= timedelta(hours=1) for one in gaps)
