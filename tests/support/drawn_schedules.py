"""Schedules of every kind for property tests: around clock changes, leap days and turns of the year."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from shared.domain.configuration import ConfigSnapshot
from shared.domain.schedules import WEEKDAYS, Shift, Swap
from tests.support.schedules import a_schedule, a_shift

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "Africa/Casablanca",
)
# Around the clock changes of these zones, Ramadan in Casablanca, a leap day, and a turn of the year.
ANCHORS = (
    "2026-02-10",
    "2026-03-27",
    "2026-10-23",
    "2026-03-06",
    "2026-04-02",
    "2026-09-04",
    "2028-02-26",
    "2026-12-29",
)
CLOCKS = ("00:00:00", "01:30:00", "02:00:00", "02:30:00", "03:00:00", "09:00:00", "23:30:00")
HOURS = (0.5, 1, 2, 8, 12, 23, 24, 36, 48, 168)


def written(day: datetime, clock: str) -> str:
    return f"{day:%Y-%m-%d}T{clock}"


@st.composite
def shifts(draw: Any, anchor: datetime, number: int) -> Shift:
    kind = draw(
        st.sampled_from(["recurrent_event", "rolling_users", "rolling_users", "single_event", "override"])
    )
    frequency = draw(st.sampled_from(["hourly", "daily", "weekly", "monthly"]))
    by_day = tuple(sorted(draw(st.sets(st.sampled_from(WEEKDAYS), max_size=4))))
    most = len(by_day) if kind == "rolling_users" and frequency == "daily" and by_day else 5
    begin = anchor - timedelta(days=draw(st.integers(0, 70)))
    clock = draw(st.sampled_from(CLOCKS))
    effect = draw(st.one_of(st.none(), st.integers(0, 60)))
    until = draw(st.one_of(st.none(), st.none(), st.integers(0, 110)))
    people = st.lists(st.sampled_from("ABCDX"), min_size=0, max_size=2, unique=True).map(tuple)
    turns = tuple(draw(st.lists(people, min_size=1, max_size=4)))

    def later(days: int | None) -> str | None:
        if days is None:
            return None
        return written(begin + timedelta(days=days), draw(st.sampled_from([clock, *CLOCKS])))

    def version_border() -> datetime | None:
        hours = draw(st.one_of(st.none(), st.none(), st.none(), st.integers(0, 100 * 24)))
        return None if hours is None else begin.replace(tzinfo=UTC) + timedelta(hours=hours)

    return a_shift(
        f"L{number}",
        type=kind,
        level=draw(st.integers(0, 2)),
        time_zone=draw(st.sampled_from([None, None, *ZONES])),
        start=written(begin, clock),
        rotation_start=later(effect),
        until=later(until),
        duration=int(draw(st.sampled_from(HOURS)) * 3600),
        frequency=frequency,
        interval=draw(st.one_of(st.none(), st.integers(1, most))),
        week_start=draw(st.sampled_from([None, "MO", "SU", "WE"])),
        by_day=by_day,
        by_month=tuple(draw(st.sets(st.integers(1, 12), max_size=6))) if draw(st.booleans()) else (),
        by_monthday=tuple(
            draw(st.sets(st.sampled_from([1, 15, 28, 29, 30, 31, -1, -2, -29, -31]), max_size=3))
        )
        if draw(st.integers(0, 3)) == 0
        else (),
        users=draw(people),
        rolling_users=turns,
        start_rotation_from_user_index=draw(st.integers(0, len(turns) - 1)),
        effective_from=version_border(),
        ended_at=version_border(),
    )


@st.composite
def schedules(draw: Any) -> tuple[ConfigSnapshot, datetime]:
    anchor = datetime.fromisoformat(draw(st.sampled_from(ANCHORS)))
    parts: list[Any] = [draw(shifts(anchor, number)) for number in range(draw(st.integers(1, 4)))]
    for number in range(draw(st.integers(0, 2))):
        begin = anchor.replace(tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 400)))
        users = draw(st.permutations("ABCD"))
        parts.append(
            Swap(
                id=f"W{number}",
                schedule_id="S",
                swap_start=begin,
                swap_end=begin + timedelta(hours=draw(st.integers(1, 200))),
                beneficiary_id=users[0],
                benefactor_id=draw(st.sampled_from([users[1], users[1], None])),
                created_at=anchor.replace(tzinfo=UTC) - timedelta(days=number),
            )
        )
    return a_schedule(*parts, zone=draw(st.sampled_from(ZONES))), anchor.replace(tzinfo=UTC)
