"""A shift is refused with the field that is wrong; whatever is taken is on at some time."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.schedules import Shift
from shared.domain.shift_form import shift_faults
from tests.support.schedules import a_shift, an_override, rolling


def told(shift: Shift) -> str:
    """Return the most basic fault of a shift."""
    field, sentence = shift_faults(shift)[0]
    return f"{field}: {sentence}"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": " "}, "name: "),
        ({"time_zone": "Europe/Atlantis"}, "time_zone: "),
        ({"start": "2026-03-02T09:00:00Z"}, "start: Must be a local time without an offset"),
        ({"start": "2026-03-02"}, "start: "),
        ({"start": "2026-02-30T09:00:00"}, "start: "),
        ({"rotation_start": "soon"}, "rotation_start: "),
        ({"until": "2026-03-02 09:00"}, "until: Must be a local time"),
        ({"until": "2026-03-02T08:59:59"}, "until: The shift ends before its first event"),
        ({"duration": 0}, "duration: "),
        ({"duration": 10**12}, "duration: "),
        ({"duration": 367 * 86_400}, "duration: Must be at most 31622400 seconds"),
        ({"duration": 1001 * 3_600, "frequency": "hourly"}, "duration: Must be at most 3600000 seconds"),
        ({"level": -1}, "level: "),
        ({"frequency": None}, "frequency: A recurrent_event must be hourly, daily, weekly or monthly."),
        ({"interval": 0}, "interval: "),
        ({"by_month": (13,)}, "by_month: "),
        ({"by_monthday": (0,)}, "by_monthday: "),
        ({"by_month": (2,), "by_monthday": (30,)}, "never meet"),
        ({"frequency": "monthly", "interval": 12, "by_month": (4,)}, "never meet"),
    ],
)
def test_a_fault_names_the_field(fields: dict[str, Any], words: str):
    assert words in told(a_shift(**fields))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"rolling_users": ()}, "rolling_users: Must be a list of turns"),
        ({"start_rotation_from_user_index": None}, "start_rotation_from_user_index: Must say which turn"),
        ({"start_rotation_from_user_index": 2}, "from 0 to 1"),
        ({"by_day": ("MO", "TU"), "interval": 3}, "interval: Must not be more than the 2 days of by_day"),
    ],
)
def test_a_rotation_needs_its_turns(fields: dict[str, Any], words: str):
    assert words in told(rolling("A B", **fields))


@pytest.mark.parametrize(
    "shift",
    [
        a_shift(),
        a_shift(type="single_event", frequency=None, users=()),
        a_shift(frequency="weekly", week_start=None, by_day=("SA", "SU")),
        a_shift(frequency="monthly", by_monthday=(29,), by_month=(2,), start="2026-01-01T00:00:00"),
        an_override("2026-03-02T09:00:00", 1),
        an_override("2026-03-02T09:00:00", 1, users="", rolling_users=(("A",),)),
        rolling("A BC", frequency="hourly", interval=12, duration=12 * 3600),
    ],
)
def test_what_clients_usually_write_is_taken(shift: Any):
    assert shift_faults(shift) == []
