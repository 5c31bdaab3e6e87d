"""Escalation by property: any order, any repetition, any moment, any failure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.conditions import Verdict
from shared.domain.configuration import ConfigSnapshot, Rule, Team, User
from shared.domain.escalation import Escalation, Known, begin, follow, page_failed, wake
from shared.domain.model import Card, Group
from shared.domain.schedules import Schedule
from shared.domain.steps import AlertsInWindow, Answers, Condition, Turn
from shared.events import (
    ActionRequested,
    Event,
    GroupRendered,
    NotificationFailed,
    NotificationRequested,
    WebhookRequested,
    derived_id,
)
from tests.support.build import NOON, a_configuration, a_group, notify, wait

REQUESTS = (NotificationRequested, WebhookRequested, ActionRequested)
USERS = ("U1", "U2")
STEPS: tuple[dict[str, Any], ...] = (
    notify("U1"),
    notify("U1", "U2"),
    notify("U2", important=True),
    notify("gone"),
    wait(1),
    wait(30),
    {"type": "wait"},
    {"type": "trigger_webhook", "action_to_trigger": "WH1"},
    {"type": "trigger_webhook"},
    {"type": "repeat_escalation"},
    {"type": "resolve"},
    {"type": "from_the_future", "anything": 1},
    {"type": "notify_person_next_each_time", "persons_to_notify_next_each_time": ["U1", "U2", "gone"]},
    {"type": "notify_if_time_from_to", "notify_if_time_from": "13:00:00Z", "notify_if_time_to": "15:00:00Z"},
    {"type": "notify_if_num_alerts_in_window", "num_alerts_in_window": 2, "num_minutes_in_window": 60},
    {"type": "notify_if_not_acknowledged_within", "duration": 600},
    {"type": "continue_if", "continue_if": "{{ often }}"},
    {"type": "continue_if", "continue_if": "{{ seldom }}"},
    {"type": "raise_importance"},
    {"type": "lower_importance"},
    {"type": "wait_until_on_call", "schedule": "gone"},
    {"type": "wait_until_on_call", "schedule": "S1", "max_duration": 3600},
    {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": "S1"},
    {"type": "notify_team_members", "team_to_notify": "T1", "important": True},
    {"type": "notify_whole_channel"},
)
# Only these let the chain stop before its end.
GATES = ("continue_if", "notify_if_num_alerts_in_window")
steps = st.lists(st.sampled_from(STEPS), max_size=6)
rule_types = st.lists(st.sampled_from(["notify_by_email", "notify_by_sms", "wait"]), max_size=4)


@st.composite
def configurations(draw: st.DrawFn) -> ConfigSnapshot:
    """Any chain, and any default and important rules of two people."""
    rules: list[Rule] = []
    for user_id in USERS:
        for important in (False, True):
            for position, type in enumerate(draw(rule_types)):
                id = f"{user_id}{important}{position}"
                duration = 60 * (position + 1) if type == "wait" else None
                rules.append(
                    Rule(
                        id=id,
                        user_id=user_id,
                        important=important,
                        position=position,
                        type=type,
                        duration=duration,
                    )
                )
    people = (User(id="U1", username="alice", team_ids=("T1",)), User(id="U2", username="bob"))
    schedules = (Schedule(id="S1", name="empty"),)
    more = {"users": people, "teams": (Team(id="T1", name="ops"),), "schedules": schedules}
    return a_configuration(*draw(steps), rules=tuple(rules), **more)


class Facts(Answers):
    """What steps ask, answered from how many alerts there are; the same question has the same answer."""

    def __init__(self, alerts: int) -> None:
        super().__init__()
        self.alerts = alerts

    def turn(self, question: Turn) -> str:
        return question.persons[int(derived_id(question.draw_id)[0], 16) % len(question.persons)]

    def count(self, question: AlertsInWindow) -> int:
        return self.alerts

    def verdict(self, question: Condition) -> Verdict:
        return Verdict(holds="often" in question.template or self.alerts > 3)


@dataclass
class Play:
    """One run of a group, handled as the escalator does: the first event begins, later ones follow."""

    config: ConfigSnapshot
    now: datetime = NOON
    alerts: int = 0
    escalation: Escalation | None = None
    told: list[Event] = field(default_factory=list)
    after_the_end: list[Event] = field(default_factory=list)

    def take(self, after: Escalation | None, events: list[Event]) -> None:
        """Save what was decided and hold what must be true of every decision."""
        before = self.escalation
        if before is not None and before.ended:
            self.after_the_end += [one for one in events if isinstance(one, REQUESTS)]
        self.told += [one for one in events if isinstance(one, REQUESTS)]
        self.escalation = after
        if after is not None:
            assert bool(after.ended) == (after.due_at is None and not after.paused)
            assert not (after.paused and after.next_step_at)
            assert before is None or after is before or after.version == before.version + 1

    @property
    def known(self) -> Known:
        """The facts as of now."""
        return Known(answers=Facts(self.alerts))

    def rendered(self, event: GroupRendered) -> None:
        """Handle a change of the group."""
        self.alerts = max(self.alerts, event.group.alerts_count)
        if self.escalation is None:
            self.take(*begin(event, self.config, self.now, known=self.known))
        else:
            self.take(*follow(event, self.escalation, self.config, self.now, self.known))

    def pause(self, minutes: int) -> None:
        """Let time pass, and look."""
        self.now += timedelta(minutes=minutes)
        if self.escalation is not None:
            self.take(*wake(self.escalation, self.config, self.now, self.known))

    def fail(self, number: int) -> None:
        """Report one of the pages so far as failed."""
        pages = [one for one in self.told if isinstance(one, NotificationRequested)]
        if not pages or self.escalation is None:
            return
        page = pages[number % len(pages)]
        news = NotificationFailed.following(
            page, request_id=page.id, group_id="IGROUP", run=1, user_id=page.user_id, channel=page.channel
        )
        self.take(*page_failed(news, self.escalation, self.config, self.now, self.known))

    def do(self, what: str, number: int) -> None:
        """Do one thing of a script."""
        match what:
            case "event":
                self.rendered(event_of(version(number % 6 + 1)))
            case "taken":
                self.rendered(event_of(version(number % 6 + 1, acknowledged_at=NOON)))
            case "pause":
                self.pause(number)
            case _:
                self.fail(number)


def version(number: int, **fields: Any) -> Group:
    """Return the group as of a version."""
    return a_group(version=number, alerts_count=number, **fields)


def event_of(group: Group) -> GroupRendered:
    """Return a rendered group; every version looks different."""
    return GroupRendered(
        id=derived_id("rendered", group.version, group.is_firing),
        time=NOON,
        alert_id=group.last_alert_id,
        group=group,
        change="group.opened.v1",
        cards={"web": Card(title=f"version {group.version}")},
    )


def reachable(config: ConfigSnapshot) -> set[str]:
    """Return whom the chain must page: everybody who exists and stands in it, unless it may resolve before that.

    A gate may stay closed for ever, and may let pass at once: to a resolve behind it, too.
    """
    found: set[str] = set()
    if any(step.type == "resolve" for step in config.steps):
        return set()
    for step in config.steps:
        if step.type in GATES:
            return found
        found |= set(step.parameters.get("persons_to_notify", ())) & set(USERS)
    return found


words = st.sampled_from(["event", "event", "pause", "fail", "taken"])
scripts = st.lists(st.tuples(words, st.integers(0, 40)), max_size=25)
quiet = st.lists(st.tuples(st.sampled_from(["event", "pause", "fail"]), st.integers(0, 40)), max_size=25)


@given(configurations(), scripts)
def test_nothing_is_asked_for_twice_nor_after_the_end(config: ConfigSnapshot, script: list[tuple[str, int]]):
    play = Play(config)

    for what, number in script:
        play.do(what, number)

    ids = [one.id for one in play.told]
    assert len(set(ids)) == len(ids)
    assert play.after_the_end == []


@given(configurations(), quiet)
def test_every_chain_comes_to_an_end_and_every_person_of_it_was_asked_for(
    config: ConfigSnapshot, script: list[tuple[str, int]]
):
    play = Play(config)
    for what, number in [("event", 0), *script]:
        play.do(what, number)

    for _ in range(300):
        play.pause(60)

    assert play.escalation is not None
    assert play.escalation.ended or play.escalation.paused
    paged = {one.user_id for one in play.told if isinstance(one, NotificationRequested)}
    assert reachable(config) <= paged


@given(configurations(), scripts)
def test_an_instance_that_dies_before_saving_decides_the_same_again(
    config: ConfigSnapshot, script: list[tuple[str, int]]
):
    play, again = Play(config), Play(config)

    for what, number in script:
        play.do(what, number)
        saved, told = again.escalation, list(again.told)
        again.do(what, number)
        if what != "pause":  # the second try is the one that counts
            again.escalation, again.told = saved, told
            again.do(what, number)

    assert [one.id for one in again.told] == [one.id for one in play.told]
    assert again.escalation == play.escalation


@given(configurations(), st.permutations([1, 2, 3, 4, 5]), st.integers(1, 5))
def test_once_the_group_is_taken_no_order_of_its_events_pages_anybody_any_more(
    config: ConfigSnapshot, order: list[int], taken: int
):
    """The newest event says acknowledged; everything that comes after it, older or repeated, changes nothing."""
    play = Play(config)
    for number in order[:taken]:
        play.rendered(event_of(version(number)))
    play.rendered(event_of(version(6, acknowledged_at=NOON)))
    told = len(play.told)

    for number in order:
        play.rendered(event_of(version(number)))
        play.pause(10)
        play.fail(number)

    assert len(play.told) == told
