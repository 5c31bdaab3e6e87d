"""A rendered group answered at a glance is answered as a whole look would, and only when nothing changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.escalation import Escalation, Glance, at_a_glance, begin, cards_digest, follow
from shared.domain.model import Card, Group
from shared.events import GroupRendered, derived_id
from tests.support.build import ALICE, NOON, a_configuration, a_group, minute, notify, wait

STATES: list[dict[str, Any]] = [
    {},
    {"acknowledged_at": minute(2), "acknowledged_by": ALICE},
    {"silenced_at": minute(2), "silenced_until": minute(9)},
    {"resolved_at": minute(2)},
]


def rendered(group: Group, title: str) -> GroupRendered:
    cards = {"web": Card(title=title)}
    id = derived_id("rendered", group.id, group.run, group.version, title)
    return GroupRendered(id=id, time=NOON, group=group, cards=cards, change="group.alert_added.v1")


def glance(escalation: Escalation) -> Glance:
    """Return what is stored beside the escalation's body."""
    return Glance(
        id=escalation.id,
        group_id=escalation.group_id,
        run=escalation.run,
        group_version=escalation.group.version,
        cards_digest=cards_digest(escalation.cards),
        ended=escalation.ended,
        paused=escalation.paused,
        due_at=escalation.due_at,
    )


@given(
    st.integers(1, 6),
    st.integers(1, 3),
    st.sampled_from(STATES),
    st.sampled_from(["same", "other"]),
    st.booleans(),
    st.booleans(),
)
def test_a_glance_answers_as_following_does_and_only_when_that_saves_nothing(
    version: int, run: int, state: dict[str, Any], title: str, waits: bool, other_run_is_open: bool
):
    steps = (notify("U1"), wait(5)) if waits else (notify("U1"),)
    escalation, _ = begin(rendered(a_group(version=3, run=2), "same"), a_configuration(*steps), NOON)
    assert escalation is not None
    event = rendered(a_group(version=version, run=run, **state), title)
    older = Glance(id="IGROUP:1", group_id="IGROUP", run=1, ended="" if other_run_is_open else "stopped")

    said = at_a_glance(event, [glance(escalation), older], NOON + timedelta(minutes=1))

    if said is not None:
        after, (expected,) = follow(event, escalation, a_configuration(), NOON + timedelta(minutes=1))
        assert after is escalation
        assert said == expected
        assert not other_run_is_open


def test_one_more_alert_with_the_same_cards_is_answered_at_a_glance():
    escalation, _ = begin(rendered(a_group(), "same"), a_configuration(notify("U1"), wait(5)), NOON)
    assert escalation is not None

    said = at_a_glance(rendered(a_group(version=2), "same"), [glance(escalation)], NOON)

    assert said is not None
    assert said.decision == "goes_on"


def test_an_acknowledge_is_never_answered_at_a_glance():
    escalation, _ = begin(rendered(a_group(), "same"), a_configuration(notify("U1"), wait(5)), NOON)
    assert escalation is not None
    acknowledged = a_group(version=2, acknowledged_at=minute(1), acknowledged_by=ALICE)

    assert at_a_glance(rendered(acknowledged, "same"), [glance(escalation)], NOON) is None


def test_a_group_without_an_escalation_is_never_answered_at_a_glance():
    assert at_a_glance(rendered(a_group(), "same"), [], NOON) is None
