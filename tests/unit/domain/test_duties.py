"""What is told of a schedule by itself is told once, at its time, and to those who asked for it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.configuration import ConfigSnapshot, User
from shared.domain.duties import Duty, look
from shared.domain.people import OnCallReminders
from shared.domain.schedules import Schedule
from shared.events import NoticeRequested
from tests.support.schedules import a_schedule, a_swap, an_override, changed, rolling, utc

MONDAY = utc("2026-03-02T09:00:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_rotation(**fields: object) -> ConfigSnapshot:
    """Return a daily rotation of A and B with hand-over at nine, told in channel C1."""
    return a_schedule(rolling("A B"), slack_channel_id="C1", **fields)


def seen(
    config: ConfigSnapshot, at: datetime, duty: Duty | None = None
) -> tuple[Duty, list[NoticeRequested]]:
    """Return what a look makes of a duty, and the notices."""
    after, events = look(duty or Duty(id="S"), config, at)
    return after, [one for one in events if isinstance(one, NoticeRequested)]


def first(config: ConfigSnapshot, at: datetime) -> Duty:
    """Return the duty after its first look, which tells nothing."""
    duty, told = seen(config, at)
    assert told == []
    return duty


def of_user(config: ConfigSnapshot, user_id: str, **fields: object) -> ConfigSnapshot:
    """Return the configuration with one user changed."""
    users = [one.model_copy(update=fields) if one.id == user_id else one for one in config.users]
    return changed(config, users=tuple(users))


def with_settings(config: ConfigSnapshot, **fields: object) -> ConfigSnapshot:
    """Return the configuration with the schedule's settings changed."""
    schedule: Schedule = config.schedules[0].model_copy(update=fields)
    return changed(config, schedules=(schedule,))


def test_a_change_of_shift_is_told_in_the_channel_when_it_comes_and_then_no_more():
    config = a_rotation()
    duty = first(config, MONDAY + HOUR)
    assert duty.due_at == MONDAY + DAY or duty.due_at == MONDAY + HOUR + timedelta(hours=12)

    duty, told = seen(config, MONDAY + DAY, duty)

    (notice,) = told
    assert (notice.channel, notice.address, notice.user_id) == ("slack", "C1", "")
    assert "user-B" in notice.text
    assert "Next: user-A, from 2026-03-04 09:00" in notice.text
    assert seen(config, MONDAY + DAY + HOUR, duty)[1] == []


def test_people_are_mentioned_as_the_schedule_says():
    config = of_user(of_user(a_rotation(), "A", slack_user_id="U0A"), "B", slack_user_id="U0B")
    duty = first(config, MONDAY + HOUR)

    def mentions(**fields: object) -> tuple[str, ...]:
        return seen(with_settings(config, **fields), MONDAY + DAY, duty)[1][0].mentions

    assert mentions() == ("U0B",)
    assert mentions(mention_oncall_start=False) == ()
    assert mentions(mention_oncall_next=True) == ("U0B", "U0A")


def test_a_schedule_that_tells_no_changes_still_tells_that_nobody_is_left():
    quiet = a_rotation(notify_oncall_shift_freq="never", notify_empty_oncall="all")
    duty = first(quiet, MONDAY + HOUR)
    assert seen(quiet, MONDAY + DAY, duty)[1] == []
    empty = changed(quiet, shifts=())

    (notice,) = seen(empty, MONDAY + 2 * HOUR, duty)[1]

    assert notice.mentions == ("!channel",)
    assert "no shifts" in notice.text


@pytest.mark.parametrize(("setting", "mentions"), [("previous", ("U0A",)), ("no_one", ())])
def test_who_is_called_when_nobody_is_on_call_is_the_schedules_choice(
    setting: str, mentions: tuple[str, ...]
):
    config = of_user(a_rotation(notify_empty_oncall=setting), "A", slack_user_id="U0A")
    duty = first(config, MONDAY + HOUR)

    (notice,) = seen(changed(config, shifts=()), MONDAY + 2 * HOUR, duty)[1]

    assert notice.mentions == mentions


def test_an_override_made_now_is_told_now():
    config = a_rotation()
    duty = first(config, MONDAY + HOUR)
    covered = a_schedule(rolling("A B"), an_override("2026-03-02T11:00:00", 2, "F"), slack_channel_id="C1")

    (notice,) = seen(covered, MONDAY + 2 * HOUR, duty)[1]

    assert "user-F" in notice.text


def test_a_person_is_reminded_as_early_as_the_person_wants_once_for_each_lead():
    config = of_user(
        a_rotation(), "B", on_call_reminders=OnCallReminders(before=(900, 3600)), timezone="Europe/Berlin"
    )
    duty = first(config, MONDAY + HOUR)
    at, told = MONDAY + HOUR, []

    while at < MONDAY + DAY:
        duty, events = seen(config, at, duty)
        told += [(at, one) for one in events]
        assert duty.due_at is not None
        at = max(duty.due_at, at + timedelta(minutes=1))

    hour, quarter = told
    assert (hour[0], quarter[0]) == (MONDAY + DAY - HOUR, MONDAY + DAY - HOUR / 4)
    assert (hour[1].user_id, hour[1].channel, hour[1].title) == ("B", "email", "You go on call in 60 minutes")
    assert "2026-03-03 10:00 (Europe/Berlin)" in hour[1].text
    assert quarter[1].id != hour[1].id


def test_a_shift_made_shortly_before_is_told_once_and_not_for_every_lead():
    config = of_user(a_schedule(), "F", on_call_reminders=OnCallReminders(before=(900, 3600, 21_600)))
    duty = first(config, MONDAY)
    made = of_user(
        a_schedule(an_override("2026-03-02T09:30:00", 2, "F")),
        "F",
        on_call_reminders=OnCallReminders(before=(900, 3600, 21_600)),
    )

    duty, told = seen(made, MONDAY, duty)

    assert [one.title for one in told] == ["You go on call in 30 minutes"]
    assert [one.title for one in seen(made, MONDAY + HOUR / 4, duty)[1]] == ["You go on call in 15 minutes"]


def test_somebody_who_is_on_call_and_stays_so_is_not_reminded():
    config = of_user(a_schedule(rolling("A")), "A", on_call_reminders=OnCallReminders(before=(3600,)))
    duty = first(config, MONDAY + HOUR)

    assert seen(config, MONDAY + DAY - HOUR / 2, duty)[1] == []


def test_an_open_swap_is_asked_for_at_once_again_shortly_before_and_no_more_when_taken():
    plain = a_rotation()
    duty = first(plain, MONDAY)
    swap = a_swap("2026-03-04T09:00:00", "2026-03-05T09:00:00", "A", None)
    swap = swap.model_copy(update={"created_at": MONDAY, "description": "dentist"})
    asked = changed(plain, swaps=(swap,))

    duty, told = seen(asked, MONDAY, duty)
    assert ["user-A asks" in one.text and "dentist" in one.text for one in told] == [True]
    duty, told = seen(asked, MONDAY + HOUR, duty)
    assert told == []
    duty, told = seen(asked, MONDAY + DAY, duty)
    assert ["Nobody has taken" in one.text for one in told if "swap" in one.title] == [True]
    taken = changed(asked, swaps=(swap.model_copy(update={"benefactor_id": "C"}),))
    duty, told = seen(taken, MONDAY + DAY, duty)
    assert [one.text.startswith("user-C stands in for user-A") for one in told] == [True]
    duty, told = seen(taken, MONDAY + 2 * DAY - 12 * HOUR, duty)
    assert [one for one in told if "swap" in one.title] == []


def test_a_schedule_that_is_gone_is_not_looked_at_again():
    duty = first(a_rotation(), MONDAY)

    after, told = seen(ConfigSnapshot(version=9), MONDAY + DAY, duty)

    assert (after.due_at, told) == (None, [])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(min_value=1, max_value=30 * 60), min_size=1, max_size=25))
def test_however_often_it_is_looked_no_change_is_told_twice_and_ids_are_never_the_same(minutes: list[int]):
    """Looks may come late: several changes between two looks are one notice, about who is on call by then."""
    config = a_rotation()
    duty, at = first(config, MONDAY), MONDAY
    ids: list[str] = []
    for step in minutes:
        at += timedelta(minutes=step)
        before = duty.user_ids
        duty, told = seen(config, at, duty)
        assert len(told) == (1 if before != duty.user_ids else 0)
        assert duty.due_at is not None
        assert duty.due_at > at
        ids += [one.id for one in told]
    assert len(set(ids)) == len(ids)


def test_the_reader_of_an_older_configuration_has_no_reminders():
    assert User.model_validate({"id": "A", "username": "a"}).on_call_reminders.before == ()


def test_an_edit_of_something_else_is_passed_over_and_one_of_the_schedule_is_not():
    config = a_rotation()
    duty = first(config, MONDAY + HOUR)

    passed, _ = seen(changed(config, webhooks=()), MONDAY + 2 * HOUR, duty)
    assert passed == duty.model_copy(update={"config_version": 1, "version": duty.version + 1})

    (notice,) = seen(changed(config, shifts=(rolling("C"),)), MONDAY + 2 * HOUR, duty)[1]
    assert "user-C" in notice.text
