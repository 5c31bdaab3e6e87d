"""The picture of a schedule and the forms of its layers: what lies where, and that a form says what its layer says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from multidict import MultiDict

from services.api.console.layer_sentences import layer_sentence
from services.api.console.local_times import local_text, read_local
from services.api.console.schedule_lanes import Lane, final_lane, other_lanes
from services.api.console.schedule_layers import LayerForm, layer_body, written_layer
from services.api.console.schedule_period import Period, read_period
from services.api.console.schedule_picture import Picture, draw
from services.api.console.schedule_views import layers_of, on_call_now
from services.api.refusals import Invalid
from services.api.resources.shift_checks import checked
from shared.domain.configuration import ConfigSnapshot
from shared.domain.schedules import Shift
from tests.support.schedules import a_schedule, a_shift, a_swap, an_override, rolling, utc

BERLIN, LONDON = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
NOW = utc("2026-03-04T12:00")


def period(query: str = "", zone: ZoneInfo = LONDON, now: datetime = NOW) -> Period:
    pairs = [one.split("=") for one in query.split("&") if one]
    return read_period(MultiDict([(name, value) for name, value in pairs]), "/schedules/S", "UTC", zone, now)


def drawn(config: ConfigSnapshot, query: str = "", zone: ZoneInfo = LONDON) -> Picture:
    return draw(config, config.schedules[0], period(query, zone), NOW)


def lines(lane: Lane) -> list[str]:
    return [f"{one.kind} {one.words} {one.start:%d %H} to {one.end:%d %H}" for one in lane.bars]


def test_a_week_begins_on_monday_and_a_month_shows_every_week_that_it_touches():
    assert period().weeks == [date(2026, 3, 2)]
    assert period("view=month").weeks[0] == date(2026, 2, 23)
    assert period("view=month").weeks[-1] == date(2026, 3, 30)
    assert len(period("view=month&from=2027-02-10").weeks) == 4
    assert period("from=2026-03-02").earlier == "/schedules/S?view=week&from=2026-02-23"
    assert period("view=month&from=2026-12-31").later == "/schedules/S?view=month&from=2027-01-01"


def test_the_zone_of_the_address_is_kept_in_every_link_and_layers_only_where_they_differ_from_the_view():
    shown = period("zone=Asia/Kolkata&layers=no")
    assert shown.later == "/schedules/S?view=week&from=2026-03-09&zone=Asia/Kolkata&layers=no"
    assert period("zone=schedule", BERLIN).zone.key == "UTC"
    assert shown.url(zone="UTC", layers=True) == "/schedules/S?view=week&from=2026-03-04"
    assert shown.url(view="month") == "/schedules/S?view=month&from=2026-03-04&zone=Asia/Kolkata"


@pytest.mark.parametrize(
    ("query", "field"),
    [("view=year", "view"), ("from=soon", "from"), ("from=9999-01-01", "from"), ("zone=Mars/Base", "zone")],
)
def test_what_the_address_asks_for_and_cannot_be_is_named(query: str, field: str):
    with pytest.raises(Invalid) as refused:
        period(query)
    assert list(refused.value.errors) == [field]


def test_days_share_the_width_by_their_hours_over_a_change_of_clocks():
    config = a_schedule(rolling("A"))
    (strip,) = drawn(config, "from=2026-03-29", BERLIN).strips
    widths = [one.width for one in strip.days]

    assert sum(widths) == pytest.approx(100)
    assert widths[6] == pytest.approx(100 * 23 / 167)
    assert [one.day.day for one in strip.days if one.is_today] == []


def test_the_final_lane_joins_a_persons_days_and_marks_gaps():
    config = a_schedule(
        a_shift(by_day=("MO", "TU"), duration=86_400, frequency="weekly", start="2026-03-02T00:00:00")
    )
    found = final_lane(config, config.schedules[0], utc("2026-03-02T00:00"), utc("2026-03-09T00:00"))
    assert lines(found) == ["final user-A 02 00 to 04 00", "gap nobody 04 00 to 09 00"]


def test_what_overlaps_lies_in_rows_below_each_other_and_every_lane_has_its_name():
    config = a_schedule(
        rolling("AB C", level=1),
        a_shift("night", level=3, users=("D",)),
        an_override("2026-03-03T10:00:00", 4, "EF"),
        a_swap("2026-03-04T00:00", "2026-03-05T00:00", "A", "B"),
        a_swap("2026-03-06T00:00", "2026-03-07T00:00", "C", None, "W2"),
    )
    start, end = utc("2026-03-02T00:00"), utc("2026-03-09T00:00")
    lanes = other_lanes(config, config.schedules[0], start, end, with_layers=True)

    assert [one.name for one in lanes] == ["Overrides", "Swaps", "night, level 3", "L1, level 1"]
    assert [len(one.rows) for one in lanes] == [2, 1, 1, 2]
    assert lines(lanes[1]) == ["swap user-B for user-A 04 00 to 05 00", "open user-C asks 06 00 to 07 00"]
    for lane in lanes:
        for row in lane.rows:
            assert all(one.end <= other.start for one, other in pairwise(row))
    assert [one.name for one in other_lanes(config, config.schedules[0], start, end, with_layers=False)] == [
        "Overrides",
        "Swaps",
    ]


def test_forty_people_look_different_and_an_override_changes_nobodys_colour():
    letters = "ABCDEF"
    config = a_schedule(rolling(" ".join(letters[:3])))
    before = dict(drawn(config).legend)
    after = dict(
        drawn(a_schedule(rolling(" ".join(letters[:3])), an_override("2026-03-03T10:00:00", 4, "F"))).legend
    )
    looks = {(number % 8, (number + number // 8) % 5) for number in range(40)}

    assert {name: after[name] for name in before} == before
    assert len(set(after.values())) == len(after) == 4
    assert len(looks) == 40


def test_bars_lie_within_their_strip_and_the_present_only_in_its_week():
    config = a_schedule(rolling("A B C"), an_override("2026-03-03T10:00:00", 4))
    picture = drawn(config, "view=month&layers=yes")
    for strip in picture.strips:
        assert all(one.left >= 0 and one.left + one.width <= 100.0001 and one.width > 0 for one in strip.bars)
        assert all(one.top < strip.height for one in strip.bars)
    assert [one.monday for one in picture.strips if one.now is not None] == [date(2026, 3, 2)]
    assert picture.strips[1].now == pytest.approx(100 * 2.5 / 7)


def test_layers_with_too_many_hand_overs_for_a_page_are_left_out_and_counted():
    layers = [
        rolling("A B", f"L{number}", frequency="hourly", duration=3_600, level=number) for number in range(4)
    ]
    month = drawn(a_schedule(*layers), "view=month&layers=yes")
    week = drawn(a_schedule(*layers), "from=2026-03-09")
    assert month.hidden == 3
    assert week.hidden == 0
    assert [one.name for one in week.strips[0].labels] == [
        "On call",
        *(f"L{one}, level {one}" for one in (3, 2, 1, 0)),
    ]


def test_an_unknown_user_leaves_an_empty_bar_and_a_gap():
    config = a_schedule(rolling("X", start="2026-03-02T00:00:00"))
    start, end = utc("2026-03-02T00:00"), utc("2026-03-04T00:00")
    assert lines(final_lane(config, config.schedules[0], start, end)) == ["gap nobody 02 00 to 04 00"]
    (lane,) = other_lanes(config, config.schedules[0], start, end, with_layers=True)
    assert {one.kind for one in lane.bars} == {"empty"}


def test_on_call_now_says_who_until_when_and_who_is_next():
    found = on_call_now(a_schedule(rolling("A B")), "S", utc("2026-03-02T10:00"))
    assert [name for name, _ in found.people] == ["user-A"]
    assert (found.until, found.next_people) == (utc("2026-03-03T09:00"), ("user-B",))
    nobody = on_call_now(a_schedule(a_shift()), "S", utc("2026-03-02T20:00"))
    assert nobody.people == ()
    assert "Nobody is on call" in nobody.nobody_because


# A form, and who is on call at which times of it (UTC).
FORMS: list[tuple[dict[str, Any], dict[str, str]]] = [
    (
        {"handover": "weekly", "turns": ["user-A", "user-B"]},
        {"2026-03-02T09": "A", "2026-03-09T08": "A", "2026-03-09T09": "B"},
    ),
    ({"handover": "daily", "every": "2"}, {"2026-03-04T08": "A", "2026-03-04T09": "B", "2026-03-06T10": "C"}),
    (
        {"handover": "hourly", "every": "12"},
        {"2026-03-02T20": "A", "2026-03-02T21": "B", "2026-03-03T10": "C"},
    ),
    (
        {"handover": "weekly", "begins": "09:00", "ends": "17:00"},
        {"2026-03-08T10": "A", "2026-03-08T18": "", "2026-03-09T10": "B"},
    ),
    (
        {"handover": "weekly", "begins": "22:00", "ends": "06:00", "days": ["MO", "TU", "WE"]},
        {"2026-03-02T23": "A", "2026-03-03T05": "A", "2026-03-05T23": "", "2026-03-09T23": "B"},
    ),
    (
        {"handover": "daily", "days": ["MO", "TU", "WE", "TH", "FR"]},
        {"2026-03-06T10": "B", "2026-03-08T10": "", "2026-03-09T10": "C"},
    ),
    (
        {"handover": "weekly", "start": "2026-03-04T09:00", "begins": "09:00", "ends": "17:00"},
        {"2026-03-10T10": "A", "2026-03-11T10": "B"},
    ),
    (
        {"handover": "monthly", "start": "2026-03-01T09:00"},
        {"2026-03-01T10": "A", "2026-04-01T08": "A", "2026-04-01T09": "B", "2026-05-31T10": "C"},
    ),
    (
        {"handover": "monthly", "monthdays": "1, -1"},
        {"2026-03-31T10": "A", "2026-04-01T10": "B", "2026-04-02T10": "", "2026-04-30T10": "B"},
    ),
    (
        {"handover": "monthly", "every": "3", "monthdays": "5", "begins": "08:00", "ends": "12:00"},
        {"2026-03-05T09": "A", "2026-03-05T13": "", "2026-04-05T09": "", "2026-06-05T09": "B"},
    ),
    (
        {"handover": "monthly", "days": ["SA", "SU"]},
        {"2026-03-07T10": "A", "2026-03-09T10": "", "2026-04-04T10": "B"},
    ),
    (
        {"handover": "weekly", "start": "2026-03-06T17:00", "lasts": "64"},
        {"2026-03-06T18": "A", "2026-03-09T08": "A", "2026-03-09T10": "", "2026-03-13T18": "B"},
    ),
    (
        {"handover": "weekly", "every": "2", "days": ["MO"], "lasts": "36:30"},
        {"2026-03-03T21": "A", "2026-03-09T10": ""},
    ),
    ({"handover": "weekly", "months": ["7", "8"]}, {"2026-03-10T10": "", "2026-07-08T10": "A"}),
    (
        {"handover": "weekly", "begins": "09:00", "ends": "17:00", "week_start": "WE"},
        {"2026-03-03T10": "A", "2026-03-04T10": "B"},
    ),
    ({"turns": ["user-A, user-B", "user-C"], "level": "3"}, {"2026-03-02T10": "AB", "2026-03-09T10": "C"}),
]


def a_form(**fields: Any) -> LayerForm:
    base: dict[str, Any] = {
        "name": "L",
        "turns": ["user-A", "user-B", "user-C", ""],
        "start": "2026-03-02T09:00",
    }
    return LayerForm(**(base | fields))


def stored(form: LayerForm) -> tuple[ConfigSnapshot, Shift]:
    people = a_schedule()
    fields = layer_body(form, people)
    texts = {"id": "L1", "schedule_id": "S", **fields}
    shift = checked(
        Shift.model_validate(texts | {"rolling_users": tuple(map(tuple, fields["rolling_users"]))})
    )
    return a_schedule(shift), shift


@pytest.mark.parametrize(("fields", "expected"), FORMS)
def test_a_layers_form_puts_people_on_call_as_it_says_and_reads_back_the_same(
    fields: dict[str, Any], expected: dict[str, str]
):
    config, shift = stored(a_form(**fields))
    on_call = {
        at: "".join(
            one.user_id
            for one in final_lane(config, config.schedules[0], utc(f"{at}:00"), utc(f"{at}:01")).bars
        )
        for at in expected
    }
    again = written_layer(shift, config)

    assert on_call == expected
    assert again is not None
    assert stored(again)[1] == shift
    assert layer_sentence(shift, config)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"turns": ["", " "]}, "turns"),
        ({"turns": ["nobody"]}, "turns"),
        ({"start": ""}, "start"),
        ({"start": "9999-01-01T00:00"}, "start"),
        ({"every": "0"}, "every"),
        ({"every": "two"}, "every"),
        ({"begins": "09:00"}, "ends"),
        ({"handover": "yearly"}, "handover"),
        ({"handover": "monthly", "every": "2"}, "every"),
        ({"monthdays": "1"}, "monthdays"),
        ({"handover": "monthly", "monthdays": "0"}, "monthdays"),
        ({"handover": "monthly", "monthdays": "1st"}, "monthdays"),
        ({"months": ["13"]}, "months"),
        ({"lasts": "long"}, "lasts"),
        ({"lasts": "5", "begins": "09:00", "ends": "10:00"}, "lasts"),
        ({"week_start": "XX"}, "week_start"),
        ({"handover": "hourly", "days": ["MO"]}, "handover"),
        ({"handover": "weekly", "every": "2", "days": ["MO"]}, "every"),
        ({"handover": "daily", "every": "3", "days": ["MO", "TU"]}, "every"),
        ({"level": "high"}, "level"),
        ({"until": "later"}, "until"),
    ],
)
def test_a_layers_form_that_cannot_be_is_refused_by_its_field(fields: dict[str, Any], field: str):
    with pytest.raises(Invalid) as refused:
        stored(a_form(**fields))
    assert list(refused.value.errors) == [field]


def test_a_rotation_that_begins_with_another_turn_is_shown_from_that_turn_on():
    shift = rolling("A B C", start_rotation_from_user_index=1)
    form = written_layer(shift, a_schedule(shift))
    assert form is not None
    assert list(form.turns) == ["user-B", "user-C", "user-A"]


@pytest.mark.parametrize(
    "shift",
    [
        a_shift(),
        rolling("A B", duration=3_601),
        rolling("A B", rotation_start="2026-03-01T00:00:00"),
        rolling("A B", effective_from=utc("2026-03-01T00:00")),
    ],
)
def test_a_layer_that_says_more_than_the_form_is_described_and_not_offered(shift: Shift):
    config = a_schedule(shift)
    (view,) = layers_of(config, config.schedules[0])
    assert written_layer(shift, config) is None
    assert not view.is_editable
    assert view.words


@pytest.mark.parametrize(
    ("shift", "words"),
    [
        (rolling("A B", frequency="monthly"), "every month"),
        (rolling("A B", by_month=(1, 12)), "in Jan and Dec"),
        (rolling("A B", frequency="weekly", interval=2, by_day=("MO",)), "every 2 weeks"),
        (
            rolling("A B", frequency="monthly", by_monthday=(1, 22, -1, -2)),
            "on the 1st, 22nd, last and 2nd from",
        ),
    ],
)
def test_layers_that_the_api_made_are_described_and_offered_where_the_form_says_all_of_them(
    shift: Shift, words: str
):
    config = a_schedule(shift)
    (view,) = layers_of(config, config.schedules[0])
    form = written_layer(shift, config)
    assert form is not None
    after = stored(form)[1]
    assert after.interval == (shift.interval or 1)
    for field in ("frequency", "by_day", "by_month", "by_monthday", "duration", "start"):
        assert getattr(after, field) == getattr(shift, field)
    assert words in view.words


def test_a_time_that_the_clocks_skip_is_the_moment_of_the_change():
    at = read_local("2026-03-29T02:30", BERLIN, "start")
    assert at == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert local_text(at, BERLIN) == "2026-03-29T03:00"
    assert local_text(at - timedelta(hours=1), BERLIN) == "2026-03-29T01:00"
    for text in ("", "noon", "2026-03-29T02:30Z", "1999-01-01T00:00"):
        with pytest.raises(Invalid):
            read_local(text, BERLIN, "start")
