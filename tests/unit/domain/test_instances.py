"""Groups whose instances are tracked: over with the last of them, in whatever order their words are handled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.grouping import fold, group
from shared.domain.instances import MAX_INSTANCES, expire_instances
from shared.domain.model import Alert, Group
from shared.domain.states import act, due_at_of
from shared.domain.watching import Watch
from shared.events import AlertRouted, GroupOpened, GroupResolved
from tests.support.build import NOON, an_action, an_alert, minute, routed


def word(
    name: str, instance: str, at: datetime, over: bool = False, ends_at: datetime | None = None
) -> AlertRouted:
    alert: Alert = an_alert(name, at=at).model_copy(update={"instance": instance, "ends_at": ends_at})
    return routed(alert=alert, at=at, resolve=over)


def until(minutes: float, since: float = 0) -> Watch:
    return Watch(minute(since), minute(minutes))


def after(*words: AlertRouted, before: Group | None = None) -> Group:
    current = before
    for one in words:
        current, _ = group(one, current, NOON)
    assert current is not None
    return current


def test_a_group_is_over_with_the_last_of_its_instances_and_not_before():
    both = after(word("1", "db1", minute(1)), word("2", "db2", minute(2)))
    one = after(word("3", "db1", minute(3), over=True), before=both)
    none = after(word("4", "db2", minute(4), over=True), before=one)

    assert [(each.is_open, each.firing_instances) for each in (both, one, none)] == [
        (True, 2),
        (True, 1),
        (False, 0),
    ]
    assert none.resolved_at == minute(4)


def test_an_instance_that_fires_again_keeps_its_group_open():
    found = after(
        word("1", "db1", minute(1)), word("2", "db1", minute(3)), word("3", "db1", minute(2), over=True)
    )

    assert (found.is_open, found.firing_instances) == (True, 1)


def test_a_resolve_of_one_instance_does_not_swallow_another_that_was_received_before_it():
    """db2 fired at 1.5, db1 ended at 2; handled the other way round db2 must still ring."""
    closed = after(word("1", "db1", minute(1)), word("2", "db1", minute(2), over=True))

    opened, events = group(word("3", "db2", minute(1.5)), closed, NOON)

    assert (opened.is_open, opened.id != closed.id) == (True, True)
    assert isinstance(events[0], GroupOpened)


def test_a_late_firing_of_an_instance_that_is_over_reopens_nothing_even_groups_later():
    first = after(word("1", "db1", minute(2), over=True))
    second = after(word("2", "db2", minute(3)), word("3", "db2", minute(4), over=True), before=first)

    late = after(word("4", "db1", minute(1)), before=second)

    assert (late.id, late.is_open) == (second.id, False)


def test_what_a_person_resolved_is_over_for_all_its_instances():
    both = after(word("1", "db1", minute(1)), word("2", "db2", minute(2)))
    closed, _ = act(an_action("resolve", group_id=both.id), both, minute(3))

    assert after(word("3", "db1", minute(2.5)), before=closed).id == closed.id
    again = after(word("4", "db1", minute(4)), before=closed)
    assert (again.id != closed.id, again.firing_instances) == (True, 1)


def test_more_instances_than_are_kept_are_ended_by_people_only():
    many = [word(str(n), f"i{n}", NOON + timedelta(seconds=n)) for n in range(MAX_INSTANCES + 1)]
    (change,) = fold(many, None, NOON)
    full = change.group

    assert (full.known_instances, full.untracked_instances) == (MAX_INSTANCES, 1)
    (ended,) = fold([word(f"r{n}", f"i{n}", minute(60), over=True) for n in range(MAX_INSTANCES)], full, NOON)
    assert ended.group.is_open


def test_an_instance_is_over_when_it_is_not_sent_again():
    found = after(
        word("1", "db1", minute(1), ends_at=minute(5)), word("2", "db2", minute(1), ends_at=minute(6))
    )
    assert due_at_of(found) == minute(5)

    one, events = expire_instances(found, minute(5), until(5))
    assert (one.is_open, one.firing_instances, due_at_of(one)) == (True, 1, minute(6))
    assert [each.decision for each in events] == ["instances_over"]

    none, events = expire_instances(one, minute(6), until(6))
    assert (none.is_open, due_at_of(none)) == (False, None)
    assert isinstance(events[0], GroupResolved)
    assert expire_instances(none, minute(9), until(9)) == (none, [])


def test_an_instance_that_is_sent_again_lives_on():
    found = after(
        word("1", "db1", minute(1), ends_at=minute(5)), word("2", "db1", minute(4), ends_at=minute(8))
    )

    assert expire_instances(found, minute(5), until(5)) == (found, [])
    assert due_at_of(found) == minute(8)


def test_silence_counts_only_while_somebody_listened():
    found = after(word("1", "db1", minute(1), ends_at=minute(5)))

    assert expire_instances(found, minute(6), None) == (found, [])
    assert expire_instances(found, minute(6), until(4)) == (found, [])
    # Nobody listened until minute 4: it has its four minutes again, from then.
    assert expire_instances(found, minute(7), until(7, since=4)) == (found, [])
    assert not expire_instances(found, minute(8), until(8, since=4))[0].is_open


def test_an_integration_that_does_not_let_its_source_resolve_keeps_the_group_open():
    found = after(word("1", "db1", minute(1), ends_at=minute(5)))

    kept, _ = expire_instances(found, minute(5), until(5), allowed=False)

    assert (kept.is_open, kept.firing_instances) == (True, 0)


def test_instances_are_no_part_of_what_is_told():
    assert "instances" not in after(word("1", "db1", minute(1))).model_dump()


WORDS = st.lists(
    st.tuples(st.sampled_from("abc"), st.booleans(), st.integers(0, 30)),
    min_size=1,
    max_size=9,
    unique_by=lambda one: one[2],
)


def truth(words: Sequence[tuple[str, bool, int]]) -> bool:
    """Whether any instance's youngest word says that it fires."""
    youngest: dict[str, bool] = {}
    for instance, over, _ in sorted(words, key=lambda one: one[2]):
        youngest[instance] = not over
    return any(youngest.values())


@settings(max_examples=300)
@given(words=WORDS, data=st.data())
def test_the_key_ends_open_exactly_when_an_instance_fires_in_any_order_and_any_batches(
    words: list[tuple[str, bool, int]], data: st.DataObject
):
    events = [word(f"{n}", instance, minute(at), over) for n, (instance, over, at) in enumerate(words)]
    shuffled = data.draw(st.permutations(events))
    groups: dict[str, Group] = {}
    members: list[Any] = []
    while shuffled:
        size = data.draw(st.integers(1, len(shuffled)))
        batch, shuffled = shuffled[:size], shuffled[size:]
        newest = _newest(groups)
        for change in fold(batch, newest, NOON):
            groups[change.group.id] = change.group
            members += change.alerts

    assert sorted(members) == sorted(one.alert.id for one in events)
    assert any(one.is_open for one in groups.values()) == truth(words)


def _newest(groups: dict[str, Group]) -> Group | None:
    """What the store returns for a key: its open group, else its newest."""
    ordered = sorted(groups.values(), key=lambda one: (one.is_open, one.generation))
    return ordered[-1] if ordered else None
