"""Grouping: what must stay true whatever comes, how often and in which order."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.grouping import fold, group, group_id_of
from shared.domain.model import Group
from shared.events import (
    AlertRouted,
    GroupAcknowledged,
    GroupAlertAdded,
    GroupOpened,
    GroupResolved,
    StageDecided,
)
from tests.support.build import ALICE, NOON, a_group, minute, routed


def kinds(events: list[object]) -> list[type]:
    return [type(one) for one in events]


def test_the_first_firing_alert_of_a_key_opens_a_group():
    after, events = group(routed("a1", at=minute(1)), None, NOON)

    assert (after.is_open, after.alerts_count, after.version, after.run) == (True, 1, 1, 1)
    assert kinds(events) == [GroupOpened]


def test_a_second_firing_alert_joins_the_open_group():
    after, events = group(routed("a1", at=minute(1)), a_group(), NOON)

    assert (after.id, after.alerts_count, after.version) == ("IGROUP", 2, 2)
    assert kinds(events) == [GroupAlertAdded]


def test_a_late_firing_is_counted_but_does_not_reopen_a_resolved_group():
    before = a_group(resolved_at=minute(2), resolved_through=minute(2), alerts_count=3)

    after, _ = group(routed("late", at=minute(1)), before, NOON)

    assert (after.id, after.is_open, after.alerts_count) == ("IGROUP", False, 4)


def test_a_firing_after_the_resolve_opens_a_new_group():
    before = a_group(resolved_at=minute(2), resolved_through=minute(2))

    after, events = group(routed("next", at=minute(3)), before, NOON)

    assert after.id != before.id
    assert kinds(events) == [GroupOpened]


def test_a_resolve_resolves_the_open_group():
    after, events = group(routed("r", at=minute(2), resolve=True), a_group(), NOON)

    assert (after.is_open, after.resolved_at) == (False, minute(2))
    assert kinds(events) == [GroupAlertAdded, GroupResolved]
    assert [one.group.version for one in events] == [2, 3]


def test_a_resolve_older_than_the_last_firing_resolves_nothing():
    before = a_group(last_fired_at=minute(5))

    after, events = group(routed("r", at=minute(4), resolve=True), before, NOON)

    assert after.is_open
    assert kinds(events) == [GroupAlertAdded]


def test_a_resolve_with_nothing_to_resolve_is_kept_and_shown_to_nobody():
    after, events = group(routed("r", at=minute(2), resolve=True), None, NOON)

    assert (after.is_open, after.seen, after.alerts_count) == (False, False, 1)
    assert kinds(events) == [StageDecided]


def test_a_firing_that_comes_after_its_own_resolve_pages_nobody():
    closed, _ = group(routed("r", at=minute(2), resolve=True), None, NOON)

    after, events = group(routed("f", at=minute(1)), closed, NOON)

    assert (after.id, after.is_open, after.seen, after.alerts_count) == (closed.id, False, True, 2)
    assert GroupOpened not in kinds(events)


def test_an_integration_that_must_not_resolve_takes_the_signal_as_an_alert():
    after, events = group(routed("r", at=minute(2), resolve=True), a_group(), NOON, may_resolve=False)

    assert after.is_open
    assert kinds(events) == [GroupAlertAdded]


def test_an_acknowledge_signal_acknowledges_and_ends_a_silence():
    before = a_group(silenced_at=minute(0), silenced_until=minute(60), silenced_by=ALICE)

    after, events = group(routed("k", at=minute(2), acknowledge=True), before, NOON)

    assert (str(after.state), after.silenced_until) == ("acknowledged", None)
    assert kinds(events) == [GroupAlertAdded, GroupAcknowledged]


def test_alerts_of_one_batch_for_one_group_are_one_change_and_one_fact():
    batch = [routed(f"a{number}", at=minute(number)) for number in range(1, 9)]

    (change,) = fold(batch, None, NOON)

    assert (change.group.alerts_count, len(change.alerts), change.base_version) == (8, 8, None)
    assert kinds(list(change.events)) == [GroupOpened]
    assert change.events[0].alerts == change.alerts


def test_a_batch_may_close_one_group_and_open_the_next():
    batch = [routed("f1", at=minute(1)), routed("r", at=minute(2), resolve=True), routed("f2", at=minute(3))]

    first, second = fold(batch, None, NOON)

    assert (first.group.is_open, second.group.is_open) == (False, True)
    assert (len(first.alerts), len(second.alerts)) == (2, 1)


def test_the_same_alert_opens_the_same_group_at_every_repetition():
    assert group_id_of("x") == group_id_of("x")
    assert len(group_id_of("x")) == 16


signals = st.lists(st.sampled_from(["fire", "resolve", "ack"]), min_size=1, max_size=12)


def in_order(words: list[str]) -> list[AlertRouted]:
    """Return alerts a minute apart."""
    return [
        routed(f"{number}-{word}", at=minute(number), resolve=word == "resolve", acknowledge=word == "ack")
        for number, word in enumerate(words)
    ]


def play(events: list[AlertRouted], cuts: list[int]) -> dict[str, Group]:
    """Handle events in batches, as the grouper does; return all groups by id."""
    groups: dict[str, Group] = {}
    newest: Group | None = None
    edges = sorted({0, len(events), *(cut % (len(events) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        for change in fold(events[start:end], newest, NOON):
            newest = change.group
            groups[newest.id] = newest
    return groups


@given(signals, st.randoms(use_true_random=False), st.lists(st.integers(0, 20), max_size=5))
def test_a_key_ends_open_or_closed_as_in_order_and_every_alert_is_in_one_group(words, random, cuts):
    events = in_order(words)
    shuffled = random.sample(events, len(events))

    groups = play(shuffled, cuts)

    assert sum(one.alerts_count for one in groups.values()) == len(events)
    assert sum(one.is_open for one in groups.values()) == (words[-1] != "resolve")


@given(st.lists(st.sampled_from(["fire", "ack"]), min_size=1, max_size=10), st.booleans(), st.data())
def test_any_order_between_two_resolves_gives_the_same_members_count_and_state(words, ends_resolved, data):
    events = in_order([*words, "resolve"] if ends_resolved else words)
    shuffled = data.draw(st.permutations(events))

    (expected,) = play(events, []).values()
    (found,) = play(list(shuffled), data.draw(st.lists(st.integers(0, 12), max_size=4))).values()

    same = {"alerts_count", "first_alert_id", "last_alert_id", "opened_at", "last_alert_at", "resolved_at"}
    assert {name: getattr(found, name) for name in same} == {name: getattr(expected, name) for name in same}
    assert found.is_open == expected.is_open


@given(signals, st.lists(st.integers(0, 20), max_size=5))
def test_versions_only_rise_and_facts_carry_the_state_they_tell(words, cuts):
    newest: Group | None = None
    for event in in_order(words):
        for change in fold([event], newest, NOON):
            versions = [one.group.version for one in change.events if hasattr(one, "group")]
            assert versions == sorted(versions)
            if newest is not None and newest.id == change.group.id:
                assert change.base_version == newest.version
                assert change.group.version > newest.version
            newest = change.group
