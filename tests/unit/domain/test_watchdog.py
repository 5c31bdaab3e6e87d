"""What counts as responsible for an open group, and how what is broken is mended."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.escalation_glance import Glance
from shared.domain.watchdog import as_rendered, finding_of, overdue_finding, silence_again, silence_finding
from tests.support.build import ALICE, NOON, a_configuration, a_group, minute, notify

CONFIG = a_configuration(notify("U1"))


def a_glance(**fields: Any) -> Glance:
    return Glance(**{"id": "IGROUP:1", "group_id": "IGROUP", "run": 1, "due_at": minute(5), **fields})


def kind_of(group: Any, *runs: Glance, config: Any = CONFIG) -> str | None:
    found = finding_of(group, runs, config)
    return found.kind if found is not None else None


def test_a_firing_group_needs_an_escalation_with_a_time():
    assert kind_of(a_group()) == "no_escalation"
    assert kind_of(a_group(), a_glance(due_at=None)) == "no_timer"
    assert kind_of(a_group(), a_glance()) is None


def test_an_escalation_of_an_earlier_run_is_nobody():
    assert kind_of(a_group(run=2), a_glance(ended="the group is acknowledged")) == "no_escalation"


@pytest.mark.parametrize(
    "runs",
    [
        (a_glance(ended="finished: no step and no rule is left", due_at=None),),
        (a_glance(paused="the group is acknowledged", due_at=None),),
        (a_glance(run=2),),
    ],
)
def test_a_stated_reason_and_a_newer_run_are_enough(runs: tuple[Glance, ...]):
    assert kind_of(a_group(), *runs) is None


def test_somebody_who_has_it_and_a_route_without_a_chain_are_enough():
    assert kind_of(a_group(acknowledged_at=NOON, acknowledged_by=ALICE)) is None
    assert kind_of(a_group(resolved_at=NOON)) is None
    assert kind_of(a_group(), config=a_configuration(chains=())) is None
    assert kind_of(a_group(), config=a_configuration(routes=())) is None


def test_a_silence_needs_its_end():
    silenced = a_group(silenced_at=NOON, silenced_until=minute(60), silenced_by=ALICE)

    found = silence_finding(silenced, None)

    assert found is not None
    again = silence_again(found, minute(10))
    assert (again.action, again.delay_s, again.actor) == ("silence", 3000, ALICE)
    assert silence_again(found, minute(70)).delay_s == 1
    assert silence_finding(silenced, minute(60)) is None
    assert silence_finding(a_group(silenced_at=NOON), None) is None


def test_mending_twice_asks_for_the_same():
    found = finding_of(a_group(), (), CONFIG)
    assert found is not None

    assert as_rendered(found, 1, NOON).id == as_rendered(found, 2, minute(1)).id


def test_what_is_overdue_again_is_another_thing_to_mend():
    first, again, later = (overdue_finding(a_group(), minute(at), None, minute(9)) for at in (1, 1, 2))

    assert first.key == again.key != later.key
    assert "lease" not in first.words


def test_a_lease_that_nobody_gives_is_named_as_the_cause():
    found = overdue_finding(a_group(), minute(1), minute(60), minute(2))

    assert "because of a lease until" in found.words
