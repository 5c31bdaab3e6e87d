"""A group that is replayed pages whom it would have paged, as a rehearsal does: silences and counted alerts too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.behaviour_deeds import Deed
from shared.domain.behaviour_pages import Page, Pages
from shared.domain.behaviour_replay import Moment, Opening, replayed
from shared.domain.conditions import ConditionJob
from shared.domain.configuration import ConfigSnapshot
from shared.domain.model import State
from shared.events import GroupResolved
from tests.support.build import ALICE, NOON, a_group, minute
from tests.support.rehearsing import DECLARATION, a_case, a_declared, played
from tests.support.replaying import a_record, before_of


def finished(asking: Any) -> tuple[Page, ...]:
    with pytest.raises(StopIteration) as end:
        next(asking)
    found: tuple[Page, ...] = end.value.value
    return found


@pytest.mark.parametrize("minutes", [0, 4, 5, 6, 7, 8, None])
def test_pages_that_are_cut_from_a_chain_played_once_are_those_of_a_rehearsal(minutes: int | None):
    config = a_declared()
    (default,) = (one for one in config.routes if one.is_default)
    opened = a_group(integration_id=config.integrations[0].id, route_id=default.id, opened_at=NOON)
    over_at = None if minutes is None else minute(minutes)
    case = a_case(f"""
at: {NOON.isoformat()}
lasts: {60 if minutes is None else minutes}m
steps: [{{ alert: {{ integration: Shop, payload: {{ host: db1 }} }} }}]
expect: {{}}
""")
    names = {one.id: one.username for one in config.users}

    ends = [] if over_at is None else [Moment(over_at, GroupResolved.type, State.RESOLVED, 1)]
    pages = Pages(config, NOON + timedelta(hours=1))
    found = [finished(pages.of(Opening(opened, "a0", moments=ends), default.id)) for _ in range(2)]

    expected = [
        (int((one.at - NOON).total_seconds()), names[one.user_id], one.channel, one.important)
        for one in played(case, config).pages
    ]
    assert [one[:4] for one in found[0]] == expected
    assert found[0] == found[1]


def test_a_route_without_a_chain_pages_nobody():
    config = a_declared()
    (info,) = (one for one in config.routes if not one.is_default)

    pages = Pages(config, NOON + timedelta(hours=1))

    assert finished(pages.of(Opening(a_group(), "a0"), info.id)) == ()


def chain_of(steps: str) -> ConfigSnapshot:
    """Return the declaration with other steps in its chain."""
    begin, end = DECLARATION.index("    steps:\n"), DECLARATION.index("integrations:\n")
    return a_declared(f"{DECLARATION[:begin]}    steps:\n{steps}\n{DECLARATION[end:]}")


def default_of(config: ConfigSnapshot) -> str:
    return next(one.id for one in config.routes if one.is_default)


def opened_with(config: ConfigSnapshot, deeds: list[Deed], *at: float) -> Opening:
    """Return the group that alerts at these minutes make."""
    route_id = default_of(config)
    records = [
        a_record(f"a{place}", minute(one), route_id=route_id)._replace(
            integration_id=config.integrations[0].id
        )
        for place, one in enumerate(at)
    ]
    (opening,) = replayed(records, before_of, deeds, minute(600)).openings.values()
    return opening


def told_by(config: ConfigSnapshot, opening: Opening) -> list[tuple[float, str]]:
    found = finished(Pages(config, minute(600)).of(opening, default_of(config)))
    return [(one.after_s / 60, one.username) for one in found]


ALICE_THEN_BOB = """
      - { type: notify_persons, persons_to_notify: [alice] }
      - { type: wait, duration: 5m }
      - { type: notify_persons, persons_to_notify: [bob] }
"""


def test_nobody_is_paged_in_a_silence_and_the_chain_begins_anew_after_it():
    config = chain_of(ALICE_THEN_BOB)
    silence = Deed(minute(3), "a0", "silence", ALICE, 3600)

    assert told_by(config, opened_with(config, [], 0)) == [(0, "alice"), (5, "bob")]
    assert told_by(config, opened_with(config, [silence], 0)) == [(0, "alice"), (63, "alice"), (68, "bob")]


def test_a_chain_that_counts_sees_the_alerts_that_had_come_by_then():
    counts = (
        "      - { type: notify_if_num_alerts_in_window, num_alerts_in_window: 2, num_minutes_in_window: 10 }"
    )
    config = chain_of(counts + ALICE_THEN_BOB)

    assert told_by(config, opened_with(config, [], 0, 1)) == []
    assert told_by(config, opened_with(config, [], 0, 1, 4)) == [(4, "alice"), (9, "bob")]
    assert told_by(config, opened_with(config, [], 0, 1, 20)) == []


def test_a_condition_is_asked_of_the_group_as_it_is_then():
    config = chain_of(
        "      - { type: wait, duration: 5m }\n"
        "      - { type: notify_persons, persons_to_notify: [bob], condition: '{{ alert_group.alerts_count > 1 }}' }"
    )
    playing = Pages(config, minute(600)).of(opened_with(config, [], 0, 1, 9), default_of(config))

    job, at = next(playing)

    assert isinstance(job, ConditionJob)
    assert (at, job.variables["alert_group"]["alerts_count"]) == (minute(5), 2)
