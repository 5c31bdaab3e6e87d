"""Event ids: derived, so that the same cause handled twice tells the same events twice."""

from __future__ import annotations

import uuid
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.events import NAMESPACE, Due, StageDecided, derived_id
from tests.support.build import NOON
from tests.support.samples import SAMPLES

parts = st.lists(
    st.text(st.characters(exclude_categories=("Cs",))) | st.integers() | st.booleans(), max_size=4
)
CAUSE = SAMPLES["alert.routed.v1"]


@given(parts)
def test_a_derived_id_is_the_uuid5_of_its_parts_for_ever(found: list[object]):
    assert derived_id(*found) == str(uuid.uuid5(NAMESPACE, "\x1f".join(str(one) for one in found)))


def test_the_namespace_never_changes():
    assert derived_id("a", 1) == "d0cbe95c-4d33-5c9a-ba87-c2565c3cce47"


def test_an_event_takes_over_what_it_follows_from():
    after = StageDecided.following(CAUSE, stage="grouper")

    assert after.cause_id == CAUSE.id
    assert (after.alert_id, after.subject, after.lane) == (CAUSE.alert_id, CAUSE.subject, CAUSE.lane)
    assert after.config_version == CAUSE.config_version


def test_the_same_cause_makes_the_same_event_and_another_part_another():
    one, again = (StageDecided.following(CAUSE, part="x", stage="grouper") for _ in range(2))

    assert one == again
    assert one.id != StageDecided.following(CAUSE, part="y", stage="grouper").id


def test_a_due_time_is_a_cause_of_its_own_each_time():
    first = Due.of("IGROUP", "silence", NOON)

    assert first == Due.of("IGROUP", "silence", NOON)
    others = [
        Due.of("IGROUP", "silence", NOON + timedelta(microseconds=1)),
        Due.of("IGROUP", "step", NOON),
        Due.of("IOTHER", "silence", NOON),
    ]
    assert first.id not in {one.id for one in others}
