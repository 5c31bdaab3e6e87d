"""Exports: another schedule reads what was exported, uids stay, and what is gone is told as cancelled."""

from __future__ import annotations

from datetime import timedelta

from icalendar import Calendar

from shared.domain.calendar_export import export_schedule, export_user
from shared.domain.configuration import ConfigSnapshot
from tests.support.schedules import a_calendar, a_schedule, a_shift, an_override, rolling, story, utc

NOW = utc("2026-03-20T10:00")
HOUR = timedelta(hours=1)


def test_an_exported_schedule_is_read_by_another_as_it_was():
    config = a_schedule(
        rolling("A BC", duration=30 * 3600, level=1),
        an_override("2026-03-25T08:00:00", 5),
        zone="Europe/Berlin",
    )

    text = export_schedule(config, "S", NOW).text

    copy = a_schedule(a_calendar(text), type="ical")
    window = ("2026-03-21", "2026-05-01")
    assert sorted(story(copy, *window)) == sorted(story(config, *window))


def test_it_reaches_from_fifteen_days_back_to_a_hundred_and_eighty_ahead_and_is_refreshed_every_hour():
    text = export_schedule(a_schedule(a_shift(start="2026-01-01T09:00:00")), "S", NOW).text

    calendar = Calendar.from_ical(text)
    starts = sorted(one["DTSTART"].dt for one in calendar.walk("VEVENT"))
    assert (starts[0], starts[-1]) == (utc("2026-03-05T09:00"), utc("2026-09-16T09:00"))
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in text
    assert calendar["X-WR-CALNAME"] == "Primary"


def test_a_shift_keeps_its_uid_from_hour_to_hour_also_where_the_calendar_begins_in_the_middle_of_it():
    config = a_schedule(rolling("A B", frequency="weekly", duration=7 * 86_400))

    first = export_schedule(config, "S", NOW)
    later = export_schedule(config, "S", NOW + HOUR, first.shifts)

    assert later.shifts == first.shifts
    assert len({one.uid for one in first.shifts}) == len(first.shifts)


def test_what_is_gone_stays_as_cancelled_until_it_is_out_of_reach_and_may_come_back():
    with_override = a_schedule(rolling("A"), an_override("2026-03-21T12:00:00", 2))
    without = a_schedule(rolling("A"))

    first = export_schedule(with_override, "S", NOW)
    second = export_schedule(without, "S", NOW, first.shifts)
    third = export_schedule(without, "S", NOW + HOUR, second.shifts)
    back = export_schedule(with_override, "S", NOW, third.shifts)
    much_later = export_schedule(without, "S", NOW + timedelta(days=20), third.shifts)

    override = next(one for one in first.shifts if one.summary == "user-F")
    cancelled = next(one for one in second.shifts if one.uid == override.uid)
    assert (cancelled.is_cancelled, cancelled.sequence) == (True, 1)
    assert cancelled in third.shifts
    assert f"UID:{override.uid}\r\n" in third.text
    assert "SEQUENCE:1\r\nSTATUS:CANCELLED\r\n" in third.text
    again = next(one for one in back.shifts if one.uid == override.uid)
    assert (again.is_cancelled, again.sequence) == (False, 2)
    assert not any(one.is_cancelled for one in much_later.shifts)


def test_a_shift_that_is_cut_short_is_the_same_event_with_a_higher_sequence():
    first = export_schedule(a_schedule(rolling("A B")), "S", NOW)
    cut = export_schedule(
        a_schedule(rolling("A B"), an_override("2026-03-22T08:00:00", 1)), "S", NOW, first.shifts
    )

    before = {one.uid: one for one in first.shifts}
    changed = [one for one in cut.shifts if one.uid in before and one != before[one.uid]]
    assert [(one.start, one.end, one.sequence) for one in changed] == [
        (utc("2026-03-21T09:00"), utc("2026-03-22T08:00"), 1)
    ]


def test_a_users_export_has_his_shifts_of_all_schedules_and_no_others():
    config = a_schedule(rolling("A B"))
    second = config.schedules[0].model_copy(update={"id": "S2", "name": "Second; line, \\ two"})
    config = ConfigSnapshot(
        users=config.users,
        schedules=(*config.schedules, second),
        shifts=(*config.shifts, a_shift("L2", schedule_id="S2", users=("A",), start="2026-03-21T09:00:00")),
    )

    calendar = Calendar.from_ical(export_user(config, "A", NOW).text)

    titles = {str(one["SUMMARY"]) for one in calendar.walk("VEVENT")}
    assert titles == {"On call: Primary", "On call: Second; line, \\ two"}
    assert len(export_user(config, "B", NOW).shifts) == 98
    assert export_user(config, "nobody", NOW).shifts == ()


def test_long_and_strange_names_are_escaped_and_folded_so_that_every_program_reads_them():
    name = "Bereitschaft äöü 🚒 " * 12 + "\nBEGIN:VEVENT\x00"

    text = export_user(a_schedule(rolling("A"), name=name), "A", NOW).text

    assert max(len(one.encode()) for one in text.split("\r\n")) <= 75
    events = Calendar.from_ical(text).walk("VEVENT")
    assert {str(one["SUMMARY"]) for one in events} == {f"On call: {name}".replace("\x00", "")}
