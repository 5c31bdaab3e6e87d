"""Maintenance windows by example: when they are open, what they are about, which of them counts."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.maintenance import (
    LabelMatcher,
    MaintenanceWindow,
    held_by,
    is_over,
    next_occurrence,
    occurrence,
    open_for,
)
from tests.support.build import NOON, a_configuration, a_group, a_window, minute


def test_a_window_is_open_from_its_start_to_just_before_its_end():
    window = a_window(starts_at=minute(10), duration=600)

    assert [occurrence(window, minute(one)) is not None for one in (9.9, 10, 19.9, 20)] == [
        False,
        True,
        True,
        False,
    ]
    assert next_occurrence(window, minute(0)) == (minute(10), minute(20))
    assert is_over(window, minute(20))


def test_a_window_that_was_stopped_is_over_and_its_next_time_is_not():
    daily = a_window(rrule="FREQ=DAILY", stopped_at=minute(5))

    assert occurrence(daily, minute(4)) is not None  # as it was decided then
    assert occurrence(daily, minute(6)) is None
    assert occurrence(daily, minute(24 * 60 + 6)) is not None


def test_of_two_times_that_overlap_the_one_that_ends_last_is_open():
    window = a_window(rrule="FREQ=DAILY", duration=26 * 3600)

    assert occurrence(window, minute(25 * 60)) == (minute(24 * 60), minute(50 * 60))


@pytest.mark.parametrize(
    ("scope", "is_held"),
    [
        ({}, True),
        ({"integration_ids": ("C1", "C2")}, True),
        ({"integration_ids": ("C2",)}, False),
        ({"route_ids": ("R1",)}, True),
        ({"route_ids": ("R2",)}, False),
        ({"labels": {"team": ("db", "web")}}, True),
        ({"labels": {"team": ("web",)}}, False),
        ({"labels": {"team": ("db",), "env": ("prod",)}}, False),
        ({"integration_ids": ("C1",), "labels": {"team": ("db",)}}, True),
    ],
)
def test_a_window_is_about_the_groups_of_its_scope(scope: dict[str, Any], is_held: bool):
    labels = tuple(LabelMatcher(name=name, values=values) for name, values in scope.pop("labels", {}).items())
    window = a_window(labels=labels, **scope)

    found = held_by((window,), a_group(labels={"team": "db"}), NOON)

    assert (found is not None) == is_held


def test_maintenance_outweighs_debug_and_the_later_end_the_earlier_one():
    windows = [
        a_window(id="M1", mode="debug", duration=7200),
        a_window(id="M2", duration=600),
        a_window(id="M3", duration=1200),
    ]

    found = held_by(windows, a_group(), NOON)

    assert found is not None
    assert (found.window_id, found.kind, found.until) == ("M3", "maintenance", minute(20))


def test_only_a_window_over_everything_of_an_integration_is_its_own_mode():
    part = a_window(route_ids=("R1",), integration_ids=("C1",))
    whole = a_window(id="M2", mode="debug")

    assert open_for([part], "C1", NOON) is None
    found = open_for([part, whole], "C1", NOON)
    assert found is not None
    assert found.kind == "debug"


def test_an_integration_finds_the_windows_that_name_it_and_those_that_name_none():
    windows = (a_window(id="M1"), a_window(id="M2", integration_ids=("C1", "C2")))
    config = a_configuration(maintenance_windows=windows)

    assert [one.id for one in config.windows_of("C1")] == ["M1", "M2"]
    assert [one.id for one in config.windows_of("C9")] == ["M1"]


def test_the_sentence_says_what_until_when_why_and_by_whom():
    window = a_window(name="Upgrade", comment="db1 to 16", author="alice", duration=3600)

    found = held_by((window,), a_group(), NOON)

    assert found is not None
    assert found.sentence == (
        "maintenance window Upgrade (db1 to 16), by alice: escalation is held back until 2026-05-04 13:00:00 UTC"
    )


def test_a_window_of_an_older_configuration_is_read():
    stored = {"id": "M1", "name": "W", "starts_at": NOON.isoformat(), "duration": 60}

    assert MaintenanceWindow.model_validate(stored).mode == "maintenance"
