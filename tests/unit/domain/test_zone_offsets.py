"""Offsets of a zone in a span: one, and another after each change of its clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.zone_offsets import offsets_in

HOUR_MS = 3_600_000
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
)


def test_a_year_has_its_two_changes_on_the_hours_at_which_they_are():
    year = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    found = offsets_in(ZoneInfo("Europe/Berlin"), *year)
    assert [(one.since, one.ms // HOUR_MS) for one in found] == [
        (datetime(2026, 1, 1, tzinfo=UTC), 1),
        (datetime(2026, 3, 29, 1, tzinfo=UTC), 2),
        (datetime(2026, 10, 25, 1, tzinfo=UTC), 1),
    ]
    assert len(offsets_in(ZoneInfo("UTC"), *year)) == 1


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
    st.integers(0, 400 * 24),
)
def test_on_every_full_hour_the_offset_is_that_of_the_zone(name: str, begin: datetime, hours: int):
    zone, since = ZoneInfo(name), begin.replace(tzinfo=UTC)
    at = (since + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0)
    at = max(at, since)
    found = offsets_in(zone, since, at + timedelta(hours=1))
    held = [one for one in found if one.since <= at][-1]
    local = at.astimezone(zone).utcoffset()
    assert local is not None
    assert held.ms == local.total_seconds() * 1000
