"""External calendars by example: who is named, what repeats, whose time it is, and what is refused."""

from __future__ import annotations

import pytest

from shared.domain.calendar_keeping import as_kept, kept
from shared.domain.calendar_reading import read_calendar
from shared.domain.external_events import faults_of, fetched_calendar
from shared.errors import Permanent
from tests.support.schedules import (
    MADE_AT,
    a_calendar,
    a_schedule,
    a_swap,
    an_override,
    names,
    story,
    utc,
)

PRIVATE_ZONE = """\
BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:{summer}
TZOFFSETTO:{winter}
RRULE:FREQ={frequency};BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:{winter}
TZOFFSETTO:{summer}
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""


def event(*lines: str, summary: str = "user-A", uid: str = "1") -> str:
    return "\n".join(("BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{summary}", *lines, "END:VEVENT"))


def calendar(*events: str, head: str = "") -> str:
    text = "\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test", head, *events, "END:VCALENDAR", ""])
    return "\n".join(line for line in text.splitlines() if line) + "\n"


def shown(*events: str, until: str = "2026-03-07", zone: str = "UTC", head: str = "") -> list[str]:
    """Return the final shifts from 2 March on, a Monday, of an ical schedule with this calendar."""
    config = a_schedule(a_calendar(calendar(*events, head=head)), type="ical", zone=zone)
    return story(config, "2026-03-02", until, zone)


@pytest.mark.parametrize(
    ("lines", "summary", "who"),
    [
        ((), "user-B", "B"),
        ((), "User-B", ""),
        ((), "B@X.ORG", "B"),
        ((), "[L3] user-B", "B"),
        (("DESCRIPTION:user-C",), "Night duty", "C"),
        (("DESCRIPTION:user-C",), "user-B", "BC"),
        (("ATTENDEE;CN=Bob:MAILTO:b@x.org",), "Night duty", "B"),
        (("ATTENDEE:mailto:b@x.org", "ATTENDEE:mailto:c@x.org"), "Night duty", ""),
        (("STATUS:CANCELLED",), "user-B", ""),
    ],
)
def test_a_user_is_named_by_summary_description_or_the_only_attendee(
    lines: tuple[str, ...], summary: str, who: str
):
    text = calendar(event("DTSTART:20260302T090000Z", "DTEND:20260302T170000Z", *lines, summary=summary))

    assert names(a_schedule(a_calendar(text), type="ical"), "2026-03-02T10:00") == who


def test_the_prefix_of_the_summary_is_the_level_and_the_higher_wins():
    night = event("DTSTART:20260302T000000Z", "DTEND:20260303T000000Z", summary="user-A")
    late = event("DTSTART:20260302T180000Z", "DTEND:20260302T200000Z", summary="[L2]user-B", uid="2")

    assert shown(night, late) == [
        "A 03-02 00:00 to 03-02 18:00",
        "B 03-02 18:00 to 03-02 20:00",
        "A 03-02 20:00 to 03-03 00:00",
    ]


def test_days_and_floating_times_are_those_of_the_calendar_else_of_the_schedule():
    days = event("DTSTART;VALUE=DATE:20260303", "DTEND;VALUE=DATE:20260305")
    floating = event("DTSTART:20260305T090000", "DURATION:PT8H", summary="user-B", uid="2")

    expected = ["A 03-03 00:00 to 03-05 00:00", "B 03-05 09:00 to 03-05 17:00"]
    assert shown(days, floating, zone="Asia/Kathmandu") == expected
    in_tokyo = a_calendar(calendar(days, floating, head="X-WR-TIMEZONE:Asia/Tokyo"))
    assert (
        story(a_schedule(in_tokyo, type="ical", zone="UTC"), "2026-03-02", "2026-03-07", "Asia/Tokyo")
        == expected
    )


def test_a_day_of_days_across_a_clock_change_is_as_long_as_the_day_is():
    weekend = event("DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330")
    config = a_schedule(a_calendar(calendar(weekend)), type="ical", zone="Europe/Berlin")

    assert story(config, "2026-03-27", "2026-03-31", "UTC") == ["A 03-27 23:00 to 03-29 22:00"]


def test_a_series_repeats_in_its_own_local_time_without_what_was_taken_out_and_with_what_was_moved():
    series = event(
        "DTSTART;TZID=Europe/Berlin:20260323T090000",
        "DTEND;TZID=Europe/Berlin:20260323T170000",
        "RRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR,SU;UNTIL=20260401T080000Z",
        "EXDATE;TZID=Europe/Berlin:20260327T090000,20260331T090000",
    )
    moved = event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20260330T090000",
        "DTSTART;TZID=Europe/Berlin:20260330T120000",
        "DTEND;TZID=Europe/Berlin:20260330T130000",
        summary="user-B",
    )
    dropped = event("RECURRENCE-ID:20260326T080000Z", "DTSTART:20260326T080000Z", "STATUS:CANCELLED")

    config = a_schedule(a_calendar(calendar(series, moved, dropped)), type="ical")

    assert story(config, "2026-03-25", "2026-04-05", "Europe/Berlin") == [
        "A 03-25 09:00 to 03-25 17:00",
        "A 03-29 09:00 to 03-29 17:00",
        "B 03-30 12:00 to 03-30 13:00",
        "A 04-01 09:00 to 04-01 17:00",
    ]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=WEEKLY;COUNT=3", ["03-02", "03-09", "03-16"]),
        ("FREQ=WEEKLY;UNTIL=20260309", ["03-02", "03-09"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU;COUNT=4", ["03-02", "03-15", "03-16", "03-29"]),
        ("FREQ=MONTHLY;BYDAY=1MO,-1FR", ["03-02", "03-27"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", ["03-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", ["03-31"]),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=2SU", ["03-08"]),
        ("FREQ=YEARLY", ["03-02"]),
        ("FREQ=DAILY;INTERVAL=10", ["03-02", "03-12", "03-22"]),
    ],
)
def test_a_rule_is_followed_as_it_is_written(rule: str, days: list[str]):
    once = event("DTSTART:20260302T090000Z", "DTEND:20260302T100000Z", f"RRULE:{rule}")

    assert [one.split()[1] for one in shown(once, until="2026-04-01")] == days


@pytest.mark.parametrize(
    "rule",
    ["FREQ=YEARLY", "FREQ=YEARLY;INTERVAL=4", "FREQ=MONTHLY;BYDAY=5SU", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO"],
)
def test_a_rule_is_the_same_far_from_its_start_as_when_followed_from_it(rule: str):
    text = calendar(event("DTSTART:20040229T090000Z", "DTEND:20040229T100000Z", f"RRULE:{rule}"))
    counted = text.replace(rule, f"{rule};COUNT=900")
    window = ("2027-01-01", "2032-12-31")

    far = story(a_schedule(a_calendar(text), type="ical"), *window)

    assert far == story(a_schedule(a_calendar(counted), type="ical"), *window)
    assert far


@pytest.mark.parametrize(
    ("tzid", "summer", "winter"),
    [
        ("W. Europe Standard Time", "", ""),
        ("/vendor.org/20250101/Europe/Berlin", "", ""),
        ('"Customized Time Zone"', "+0200", "+0100"),
    ],
)
def test_a_zone_by_the_name_of_windows_of_a_vendor_or_by_its_own_definition_keeps_local_time(
    tzid: str, summer: str, winter: str
):
    head = PRIVATE_ZONE.format(summer=summer, winter=winter, frequency="YEARLY") if summer else ""
    daily = event(
        f"DTSTART;TZID={tzid}:20260302T090000", f"DTEND;TZID={tzid}:20260302T170000", "RRULE:FREQ=DAILY"
    )
    config = a_schedule(a_calendar(calendar(daily, head=head)), type="ical")

    assert story(config, "2026-03-28", "2026-03-30", "Europe/Berlin") == [
        "A 03-28 09:00 to 03-28 17:00",
        "A 03-29 09:00 to 03-29 17:00",
    ]


def test_one_calendars_private_zone_is_nothing_to_another_calendar():
    once = event("DTSTART;TZID=Customized Time Zone:20260302T090000", "DURATION:PT1H")
    berlin = PRIVATE_ZONE.format(summer="+0200", winter="+0100", frequency="YEARLY")
    athens = PRIVATE_ZONE.format(summer="+0300", winter="+0200", frequency="YEARLY").replace(
        "T030000", "T040000"
    )
    athens = athens.replace("T020000", "T030000")

    found = [read_calendar(calendar(once, head=head)).events[0].zone for head in (berlin, athens, berlin)]

    assert found == ["Europe/Berlin", "Europe/Athens", "Europe/Berlin"]


@pytest.mark.parametrize("frequency", ["SECONDLY", "MINUTELY", "YEARLY;BYSECOND=1"])
def test_a_private_zone_that_would_take_for_ever_to_follow_is_not_followed(frequency: str):
    head = PRIVATE_ZONE.format(summer="+0200", winter="+0100", frequency=frequency)
    once = event("DTSTART;TZID=Customized Time Zone:20260302T090000", "DURATION:PT1H")

    reading = read_calendar(calendar(once, head=head))

    assert reading.events[0].zone == ""
    assert reading.faults == ("Time zone Customized Time Zone is not known: the calendar's own is taken.",)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("DTSTART:20260302T09",), "its DTSTART is not valid"),
        (("DTEND:20260302T090000Z",), "it has no start"),
        (
            ("DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=QQ"),
            "its RRULE is not valid",
        ),
        (
            ("DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=SECONDLY"),
            "FREQ=SECONDLY is not supported",
        ),
        (("DTSTART:20260302T090000Z", "DURATION:P400D", "RRULE:FREQ=DAILY"), "still last"),
        (("DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=100000"), "COUNT"),
        (("DTSTART:10000302T090000Z", "DURATION:PT1H"), "begins in the year 1000"),
    ],
)
def test_an_event_that_is_not_understood_is_told_and_the_others_count(lines: tuple[str, ...], words: str):
    good = event("DTSTART:20260302T090000Z", "DURATION:PT1H", uid="2", summary="user-B")

    reading = read_calendar(calendar(event(*lines), good))

    assert [one.title for one in reading.events] == ["user-B"]
    assert len(reading.faults) == 1
    assert words in reading.faults[0]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>busy</html>",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n",
        "BEGIN:VTODO\nEND:VTODO\n",
        "END:VEVENT\n",
    ],
)
def test_what_is_no_calendar_or_only_half_of_one_is_refused(text: str):
    with pytest.raises(Permanent, match="not an iCalendar"):
        read_calendar(text)


def test_a_calendar_with_too_many_series_is_refused():
    series = event("DTSTART:20260302T090000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY")

    with pytest.raises(Permanent, match="too many repeating"):
        read_calendar(calendar(*[series.replace("UID:1", f"UID:{one}") for one in range(60)]))


def test_overrides_of_a_calendar_schedule_are_external_or_made_here():
    text = calendar(event("DTSTART:20260302T100000Z", "DTEND:20260302T110000Z", summary="user-B"))
    parts = (a_calendar(text, "overrides"), an_override("2026-03-02T10:30:00", 1))

    external = a_schedule(*parts, type="calendar")
    own = a_schedule(*parts, type="calendar", enable_web_overrides=True)

    assert story(external, "2026-03-02", "2026-03-03") == ["B 03-02 10:00 to 03-02 11:00"]
    assert story(own, "2026-03-02", "2026-03-03") == ["F 03-02 10:30 to 03-02 11:30"]


def test_external_overrides_and_swaps_are_over_the_external_primary():
    primary = a_calendar(
        calendar(event("DTSTART:20260302T080000Z", "DTEND:20260302T180000Z", summary="[L9] user-A"))
    )
    overrides = a_calendar(
        calendar(event("DTSTART:20260302T100000Z", "DTEND:20260302T110000Z", summary="user-B")), "overrides"
    )
    swap = a_swap("2026-03-02T16:00", "2026-03-02T20:00", "A", "C")

    config = a_schedule(primary, overrides, swap, type="ical")

    assert story(config, "2026-03-02", "2026-03-03") == [
        "A 03-02 08:00 to 03-02 10:00",
        "B 03-02 10:00 to 03-02 11:00",
        "A 03-02 11:00 to 03-02 16:00",
        "C 03-02 16:00 to 03-02 18:00",
    ]


def test_a_calendar_is_read_where_it_is_fetched_and_the_same_text_only_once():
    text = calendar(event("DTSTART:20260302T080000Z", "DTEND:20260302T180000Z"), event(uid="2"))

    first = fetched_calendar("S", "primary", text, MADE_AT)
    again = fetched_calendar("S", "primary", text, utc("2026-01-02T00:00"), first)

    assert as_kept(first.reading) == kept(read_calendar(text))
    assert again == first.model_copy(update={"fetched_at": utc("2026-01-02T00:00")})
    assert faults_of(first) == ("Event user-A does not count: it has no start.",)
    assert names(a_schedule(first, type="ical"), "2026-03-02T09:00") == "A"


def test_a_calendar_that_was_kept_in_another_way_is_read_anew():
    text = calendar(event("DTSTART:20260302T080000Z", "DTEND:20260302T180000Z"))
    row = fetched_calendar("S", "primary", text, MADE_AT)
    former = row.model_copy(update={"reading": read_calendar(text).model_dump_json(exclude_defaults=True)})

    assert as_kept(former.reading) is None
    assert names(a_schedule(former, type="ical"), "2026-03-02T09:00") == "A"


def test_a_folded_line_and_a_byte_order_mark_do_not_matter():
    text = calendar(event("DTSTART:20260302T080000Z", "DTEND:20260302T180000Z", summary="us\n er-A"))

    assert [one.title for one in read_calendar("\ufeff" + text.replace("\n", "\r\n")).events] == ["user-A"]
