"""Responders: reached by their own rules whatever others do, until they answer, are taken off, or it is over."""

from __future__ import annotations

from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.action import Circumstances
from shared.domain.configuration import Rule
from shared.domain.direct_pages import DirectPages, direct_page_failed, respond, wake_pages
from shared.domain.model import Actor, Card, Group, Responder
from shared.domain.purposes import DIRECT, REMINDER, why_unwanted
from shared.domain.reminder_pages import reminder_note, reminder_pages
from shared.domain.reminding import Reminders, remind
from shared.domain.states import act
from shared.events import (
    ActionRefused,
    Event,
    GroupAlertAdded,
    GroupReminded,
    GroupRendered,
    GroupResponderAdded,
    NotificationFailed,
    NotificationRequested,
    derived_id,
)
from tests.support.build import ALICE, NOON, a_configuration, a_group, an_action, minute

BOB = Actor(kind="user", id="U2", name="bob")
RULES = (
    Rule(id="1", user_id="U2", position=0, type="notify_by_email"),
    Rule(id="2", user_id="U2", position=1, type="wait", duration=300),
    Rule(id="3", user_id="U2", position=2, type="notify_by_sms"),
    Rule(id="4", user_id="U2", position=0, important=True, type="notify_by_phone_call"),
    Rule(id="5", user_id="U1", position=0, type="notify_by_slack"),
    Rule(id="6", user_id="U1", position=0, important=True, type="notify_by_slack"),
    Rule(id="7", user_id="U1", position=1, important=True, type="notify_by_phone_call"),
)
CONFIG = a_configuration(rules=RULES)


def rendered(group: Group, change: str = GroupResponderAdded.type) -> GroupRendered:
    """Return the group as the escalator gets it."""
    id = derived_id("rendered", group.id, group.version)
    return GroupRendered(
        id=id, time=NOON, group=group, cards={"web": Card(title="Disk", message="full")}, change=change
    )


def paged(group: Group | None = None, *, important: bool = False, now: datetime = NOON) -> Group:
    """Return a group for which bob is paged."""
    request = an_action("page", id="page-1", responders=(Responder(user_id="U2", important=important),))
    after, _ = act(request, group or a_group(), now)
    return after


def channels(events: list[Event]) -> list[str]:
    """Return the channels of the pages."""
    return [one.channel for one in events if isinstance(one, NotificationRequested)]


def test_a_responder_is_reached_by_his_rules_also_while_somebody_else_has_acknowledged():
    group = paged(a_group(acknowledged_at=NOON, acknowledged_by=ALICE))

    pages, first = respond(rendered(group), None, CONFIG, NOON)
    assert pages is not None
    _, second = wake_pages(pages, CONFIG, minute(5))

    assert (channels(first), channels(second)) == (["email"], ["sms"])
    page = first[0]
    assert isinstance(page, NotificationRequested)
    assert (page.purpose, why_unwanted(page, group)) == (DIRECT, None)


def test_his_own_acknowledge_ends_it_and_somebody_elses_does_not():
    group = paged()
    pages, (page, *_) = respond(rendered(group), None, CONFIG, NOON)
    assert isinstance(page, NotificationRequested)

    by_alice, _ = act(an_action("acknowledge", id="x"), group, minute(1))
    by_bob, _ = act(an_action("acknowledge", id="x", actor=BOB), group, minute(1))

    assert why_unwanted(page, by_alice) is None
    assert "acknowledged" in str(why_unwanted(page, by_bob))
    on, _ = respond(rendered(by_alice), pages, CONFIG, minute(1))
    off, _ = respond(rendered(by_bob), pages, CONFIG, minute(1))
    assert on is not None
    assert off is not None
    assert (on.due_at, off.due_at) == (minute(5), None)


def test_who_acknowledges_after_somebody_else_is_called_no_more_and_takes_nothing_away():
    group = paged(a_group(acknowledged_at=NOON, acknowledged_by=ALICE))

    seen, _ = act(an_action("acknowledge", id="x", actor=BOB), group, minute(1))
    _, (answer,) = act(an_action("acknowledge", id="y", actor=BOB), seen, minute(2))

    assert (seen.acknowledged_by, seen.responders[0].answered_at) == (ALICE, minute(1))
    assert isinstance(answer, ActionRefused)


def test_who_is_taken_off_is_reached_no_more_and_can_be_paged_anew():
    group = paged()
    pages, (page, *_) = respond(rendered(group), None, CONFIG, NOON)
    assert isinstance(page, NotificationRequested)

    off, _ = act(an_action("unpage", id="x", responders=(Responder(user_id="U2"),)), group, minute(1))
    stopped, _ = respond(rendered(off), pages, CONFIG, minute(1))
    again, _ = act(an_action("page", id="y", responders=(Responder(user_id="U2"),)), off, minute(2))
    _, events = respond(rendered(again), stopped, CONFIG, minute(2))

    assert "taken off" in str(why_unwanted(page, off))
    assert stopped is not None
    assert stopped.due_at is None
    assert channels(events) == ["email"]
    assert {one.id for one in events}.isdisjoint({page.id})


def test_only_more_important_is_new_to_who_is_paged_already():
    group = paged()
    same = an_action("page", id="x", responders=(Responder(user_id="U2"),))
    louder = an_action("page", id="y", responders=(Responder(user_id="U2", important=True),))

    _, (answer,) = act(same, group, NOON)
    after, _ = act(louder, group, NOON)
    _, events = respond(rendered(after), None, CONFIG, NOON)

    assert isinstance(answer, ActionRefused)
    assert channels(events) == ["phone_call"]


def test_a_team_is_taken_off_as_a_whole():
    team = tuple(Responder(user_id=one, team_id="T1") for one in ("U1", "U2"))
    group, _ = act(an_action("page", id="x", responders=team), a_group(), NOON)

    off, _ = act(an_action("unpage", id="y", responders=(Responder(user_id="", team_id="T1"),)), group, NOON)

    assert [one.is_active for one in off.responders] == [False, False]


def test_a_page_that_failed_lets_the_next_rule_run_at_once():
    pages, (page, *_) = respond(rendered(paged()), None, CONFIG, NOON)
    assert pages is not None
    failed = NotificationFailed(
        id="f", time=NOON, request_id=page.id, group_id="IGROUP", run=1, user_id="U2", channel="email"
    )

    after, events = direct_page_failed(failed, pages, CONFIG, NOON)
    again, nothing = direct_page_failed(failed, after, CONFIG, NOON)

    assert (channels(events), again, nothing) == (["sms"], after, [])


def test_a_resolved_or_attached_group_pages_no_responder():
    group = paged()
    pages, (page, *_) = respond(rendered(group), None, CONFIG, NOON)
    assert isinstance(page, NotificationRequested)
    resolved, _ = act(an_action("resolve", id="x"), group, NOON)
    around = Circumstances(root=a_group(id="IROOT"))
    attached, _ = act(an_action("attach", id="x", root_id="IROOT"), group, NOON, around)

    for after in (resolved, attached):
        stopped, _ = respond(rendered(after), pages, CONFIG, NOON)
        assert stopped is not None
        assert stopped.due_at is None
        assert why_unwanted(page, after) is not None


def test_a_reminder_reaches_whoever_acknowledged_by_every_channel_of_his_rules_once():
    reminders = Reminders(3600, 900)
    taken, _ = act(an_action("acknowledge"), a_group(), NOON, Circumstances(reminders=reminders))
    asked, _ = remind(taken, minute(60), reminders)

    pages = reminder_pages(rendered(asked, GroupReminded.type), CONFIG, minute(60))
    again = reminder_pages(rendered(asked, "group.note_added.v1"), CONFIG, minute(61))

    assert sorted(channels([*pages])) == ["phone_call", "slack"]
    assert [one.id for one in pages] == [one.id for one in again]
    assert all(one.purpose == REMINDER and one.user_id == "U1" for one in pages)
    assert "13:15" in reminder_note(asked)
    assert reminder_pages(rendered(asked, GroupAlertAdded.type), CONFIG, minute(61)) == []
    assert reminder_pages(rendered(taken), CONFIG, NOON) == []


def test_a_reminder_that_was_confirmed_or_came_to_nothing_is_not_sent_any_more():
    reminders = Reminders(3600, 900)
    around = Circumstances(reminders=reminders)
    taken, _ = act(an_action("acknowledge"), a_group(), NOON, around)
    asked, _ = remind(taken, minute(60), reminders)
    page = reminder_pages(rendered(asked, GroupReminded.type), CONFIG, minute(60))[0]
    confirmed, _ = act(an_action("confirm", id="c"), asked, minute(61), around)
    given_up, _ = remind(asked, minute(75), reminders)

    assert why_unwanted(page, asked) is None
    for after in (confirmed, given_up, None):
        assert why_unwanted(page, after) is not None


ways = st.lists(
    st.tuples(
        st.sampled_from(
            ["acknowledge", "unacknowledge", "resolve", "unresolve", "page", "unpage", "silence"]
        ),
        st.sampled_from([ALICE, BOB]),
        st.integers(0, 4),
    ),
    max_size=20,
)


@settings(max_examples=150, deadline=None)
@given(ways, st.lists(st.integers(0, 20), min_size=1, max_size=20))
def test_in_any_order_and_repeated_each_page_is_asked_for_once_and_only_for_active_responders(way, order):
    group, pages, now = a_group(), None, NOON
    versions = [group]
    asked: list[str] = []
    for number, (action, actor, minutes) in enumerate(way):
        now = minute(number * 5 + minutes)
        request = an_action(
            action, id=f"id{number}", actor=actor, delay_s=600, responders=(Responder(user_id="U2"),)
        )
        group, _ = act(request, group, now)
        versions.append(group)
        # What the escalator gets may be late or come again.
        seen = versions[max(0, len(versions) - 1 - order[number % len(order)] % 3) :]
        for one in seen[::-1]:
            pages, events = respond(rendered(one), pages, CONFIG, now)
            asked += [event.id for event in events if isinstance(event, NotificationRequested)]
    pages = _settled(pages, group, now, asked)

    assert len(asked) == len(set(asked))
    active = {one.page_id for one in group.responders if one.is_active and group.is_open}
    running = {one.started_by for one in pages.personal if not one.is_over} if pages else set()
    assert running <= active


def _settled(pages: DirectPages | None, group: Group, now: datetime, asked: list[str]) -> DirectPages | None:
    """Give the escalator the newest version, and ask what is due twice."""
    after, events = respond(rendered(group), pages, CONFIG, now)
    for _ in range(2):
        if after is not None:
            after, more = wake_pages(after, CONFIG, minute(1000))
            events += more
    asked += [one.id for one in events if isinstance(one, NotificationRequested)]
    return after
