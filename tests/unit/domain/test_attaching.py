"""Attached groups: whatever is repeated or overtaken, both sides agree when nothing is under way any more."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.action import Circumstances
from shared.domain.attaching import root_state
from shared.domain.model import Group
from shared.domain.states import act, due_at_of, expire_silence
from shared.events import (
    ActionApplied,
    ActionRefused,
    ActionRequested,
    Event,
    GroupAcknowledged,
    GroupAttached,
)
from tests.support.build import ALICE, a_group, an_action, minute

NOW = minute(10)
ROOT, MEMBERS = "IROOT", ("IONE", "ITWO")


def attached(**fields: object) -> Group:
    """Return a group that is attached to IROOT."""
    return a_group(id="IONE", root_id=ROOT, root_version=1, **fields)


def test_an_attached_group_takes_over_acknowledge_and_silence_and_is_paged_for_no_more():
    root = a_group(id=ROOT, acknowledged_at=minute(1), acknowledged_by=ALICE)

    after, events = act(an_action("attach", root_id=ROOT), a_group(), NOW, Circumstances(root=root))

    assert (after.root_id, after.acknowledged_by, after.is_firing) == (ROOT, ALICE, False)
    assert isinstance(events[0], GroupAttached)
    assert [(one.group_id, one.action) for one in events if isinstance(one, ActionRequested)] == [
        (ROOT, "adopt")
    ]


def test_what_cannot_be_attached_is_refused_with_the_reason():
    around = Circumstances(root=a_group(id=ROOT))
    cases = [
        (a_group(resolved_at=NOW), around, "resolved"),
        (a_group(attached=("IX",)), around, "1 groups are attached"),
        (a_group(root_id="IX"), around, "attached to IX already"),
        (a_group(id=ROOT), around, "itself"),
        (a_group(), Circumstances(), "there is no alert group"),
        (a_group(), Circumstances(root=a_group(id=ROOT, resolved_at=NOW)), f"{ROOT} is resolved"),
        (a_group(), Circumstances(root=a_group(id=ROOT, root_id="IX")), "attached to IX itself"),
    ]
    for group, circumstances, words in cases:
        after, (answer,) = act(an_action("attach", root_id=ROOT), group, NOW, circumstances)
        assert isinstance(answer, ActionRefused), words
        assert words in answer.reason
        assert after.root_id == group.root_id


def test_what_is_done_to_a_root_is_asked_of_its_attached_groups_and_not_taken_from_people_there():
    _, events = act(an_action("acknowledge"), a_group(id=ROOT, attached=("IONE",)), NOW)
    (ask,) = [one for one in events if isinstance(one, ActionRequested)]

    followed, told = act(ask, attached(), NOW)
    _, (answer,) = act(an_action("resolve"), attached(), NOW)

    assert (followed.acknowledged_by, isinstance(told[0], GroupAcknowledged)) == (ALICE, True)
    assert isinstance(answer, ActionRefused)
    assert ROOT in answer.reason


def test_older_news_of_the_root_change_nothing():
    state = root_state(a_group(id=ROOT, version=3, resolved_at=NOW, resolved_by=ALICE))
    member = attached().model_copy(update={"root_version": 4})

    after, _ = act(an_action("follow", root_id=ROOT, root=state), member, NOW)

    assert after.is_open


def test_a_group_that_its_source_resolved_is_not_opened_by_its_roots_unacknowledge():
    member = attached(resolved_at=minute(2))
    state = root_state(a_group(id=ROOT, version=9))

    after, _ = act(an_action("follow", root_id=ROOT, root=state), member, NOW)

    assert not after.is_open


def test_a_silence_of_an_attached_group_ends_with_its_roots():
    member = attached(silenced_at=NOW, silenced_until=minute(20))

    assert due_at_of(member) is None
    assert expire_silence(member, minute(30)) == (member, [])


class World:
    """A root and two groups, and the requests that are under way between them."""

    def __init__(self) -> None:
        self.groups = {one: a_group(id=one) for one in (ROOT, *MEMBERS)}
        self.under_way: list[ActionRequested] = []
        self.facts: list[Event] = []

    def handle(self, request: ActionRequested, now: datetime) -> None:
        root = self.groups.get(request.root_id or "")
        group = self.groups[request.group_id]
        self.groups[group.id], events = act(request, group, now, Circumstances(root=root))
        self.under_way += [one for one in events if isinstance(one, ActionRequested)]
        assert isinstance(events[-1], ActionApplied | ActionRefused)

    def settle(self, order: list[int]) -> None:
        """Handle what is under way in the given order, each request perhaps twice, until there is none."""
        for step in range(2000):
            if not self.under_way:
                return
            pick = order[step % len(order)] if order else 0
            request = self.under_way.pop(pick % len(self.under_way))
            self.handle(request, NOW)
            if pick % 3 == 0:
                self.handle(request, NOW)
        raise AssertionError("the groups never come to rest")


by_people = st.tuples(
    st.sampled_from(
        ["attach", "unattach", "acknowledge", "unacknowledge", "resolve", "unresolve", "silence", "unsilence"]
    ),
    st.sampled_from([ROOT, *MEMBERS]),
    st.integers(0, 3),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(by_people, max_size=14), st.lists(st.integers(0, 50), min_size=1, max_size=30))
def test_in_whatever_order_requests_arrive_both_sides_agree_in_the_end(ways, order):
    world = World()
    for number, (action, group_id, handled) in enumerate(ways):
        world.handle(
            an_action(action, id=f"id{number}", group_id=group_id, root_id=ROOT, delay_s=600), minute(number)
        )
        for pick in order[:handled]:
            if world.under_way:
                world.handle(world.under_way.pop(pick % len(world.under_way)), minute(number))
    world.settle(order)

    root = world.groups[ROOT]
    members = {one for one in MEMBERS if world.groups[one].root_id == ROOT}
    assert set(root.attached) == members
    for one in members:
        member = world.groups[one]
        if member.is_open:
            assert (member.acknowledged_at, member.silenced_at) == (root.acknowledged_at, root.silenced_at)
            assert root.is_open
        assert not member.is_firing


def test_a_resolved_roots_groups_are_resolved_with_it_and_opened_with_it():
    world = World()
    world.handle(an_action("attach", id="a", group_id="IONE", root_id=ROOT), NOW)
    world.settle([0])
    world.handle(an_action("resolve", id="b", group_id=ROOT), NOW)
    world.settle([0])
    assert not world.groups["IONE"].is_open
    world.handle(an_action("unresolve", id="c", group_id=ROOT), NOW)
    world.settle([0])

    assert world.groups["IONE"].is_open
