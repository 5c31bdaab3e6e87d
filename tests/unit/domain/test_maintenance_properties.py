"""Maintenance by property: windows come, go, are edited and stopped while alerts, people and time do what they like."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation import Escalation, begin, follow, page_failed, reconsider, wake
from shared.domain.maintenance import MaintenanceWindow, held_by
from shared.domain.model import Card, Group
from shared.events import (
    Event,
    GroupRendered,
    NotificationFailed,
    NotificationRequested,
    WebhookRequested,
    derived_id,
)
from tests.support.build import NOON, a_configuration, a_group, a_window, notify, wait

STEPS = (
    notify("U1"),
    wait(5),
    {"type": "trigger_webhook", "action_to_trigger": "WH1"},
    notify("U2"),
    wait(1),
    notify("U1", important=True),
    {"type": "repeat_escalation"},
)
REQUESTS = (NotificationRequested, WebhookRequested)


@dataclass
class Play:
    """One group and its escalations, by run, as the escalator keeps them, under a configuration that changes."""

    now: datetime = NOON
    windows: tuple[MaintenanceWindow, ...] = ()
    version: int = 1
    group: Group | None = None
    escalations: dict[int, Escalation] = field(default_factory=dict)
    told: list[NotificationRequested | WebhookRequested] = field(default_factory=list)

    @property
    def config(self) -> ConfigSnapshot:
        return a_configuration(*STEPS, maintenance_windows=self.windows, version=self.version)

    def take(self, after: Escalation | None, events: list[Event]) -> None:
        """Save what was decided; nothing may be asked for while a window is open, or for a group that is taken."""
        asked = [one for one in events if isinstance(one, REQUESTS)]
        if asked:
            assert self.group is not None
            assert held_by(self.config.windows_of("C1"), self.group, self.now) is None
            assert self.group.is_firing
            assert {one.group.run for one in asked} == {self.group.run}
        self.told += asked
        if after is not None:
            assert (after.due_at is None) == bool(after.ended)
            self.escalations[after.run] = after

    def say(self, **changes: Any) -> None:
        """Tell a change of the group."""
        before = self.group
        version = before.version + 1 if before is not None else 1
        self.group = (before or a_group()).model_copy(update={"version": version, **changes})
        event = GroupRendered(
            id=derived_id("rendered", version),
            time=self.now,
            group=self.group,
            change="group.opened.v1",
            cards={"web": Card(title=f"version {version}")},
        )
        for run, one in self.escalations.items():
            if run < self.group.run and not one.ended:
                self.escalations[run] = one.model_copy(
                    update={"ended": "a newer run began", "held": None, "version": one.version + 1}
                )
        known = self.escalations.get(self.group.run)
        self.take(
            *(
                begin(event, self.config, self.now)
                if known is None
                else follow(event, known, self.config, self.now)
            )
        )

    def look(self) -> None:
        """Do what is due, and ask the newest configuration about what is held, as the two loops do."""
        for run in list(self.escalations):
            self.take(*wake(self.escalations[run], self.config, self.now))
            one = self.escalations[run]
            if one.held is not None and one.held_version < self.version:
                self.take(*reconsider(one, self.config, self.now))

    def fail(self, number: int) -> None:
        """Report one of the pages so far as failed."""
        pages = [one for one in self.told if isinstance(one, NotificationRequested)]
        if not pages:
            return
        page = pages[number % len(pages)]
        news = NotificationFailed.following(
            page,
            request_id=page.id,
            group_id="IGROUP",
            run=page.group.run,
            user_id=page.user_id,
            channel=page.channel,
        )
        self.take(*page_failed(news, self.escalations[page.group.run], self.config, self.now))

    def act(self, what: str) -> None:
        """Let a person or the source change the group; unsaid when it makes no sense in its state."""
        group = self.group
        assert group is not None
        match what:
            case "acknowledge" if group.is_firing:
                self.say(acknowledged_at=self.now)
            case "resolve" if group.is_open:
                self.say(resolved_at=self.now)
            case "again" if not group.is_firing:
                self.say(acknowledged_at=None, resolved_at=None, run=group.run + 1)
            case _:
                self.say()

    def edit(self, number: int) -> None:
        """Start, plan, stop, lengthen or remove a window."""
        start = self.now + timedelta(minutes=number % 7)
        match number % 5:
            case 0:
                made = a_window(id=f"M{self.version}", starts_at=self.now, duration=60 * (1 + number))
                self.windows = (*self.windows, made)
            case 1:
                made = a_window(id=f"M{self.version}", starts_at=start, duration=600, mode="debug")
                self.windows = (*self.windows, made)
            case 2:
                self.windows = tuple(one.model_copy(update={"stopped_at": self.now}) for one in self.windows)
            case 3:
                self.windows = tuple(
                    one.model_copy(update={"duration": one.duration + 300}) for one in self.windows
                )
            case _:
                self.windows = self.windows[1:]
        self.version += 1

    def do(self, what: str, number: int) -> None:
        """Do one thing of a script; the loops look after each, because they never sleep for long."""
        if what == "pause":
            self.now += timedelta(minutes=number)
        elif what == "edit":
            self.edit(number)
        elif what == "fail":
            self.fail(number)
        elif self.group is None:
            self.say()
        else:
            self.act(what)
        self.look()


words = st.sampled_from(
    ["alert", "pause", "pause", "edit", "edit", "fail", "acknowledge", "resolve", "again"]
)
scripts = st.lists(st.tuples(words, st.integers(0, 30)), max_size=30)


@given(scripts)
def test_no_page_in_a_window_none_twice_and_none_for_a_group_that_is_taken(script: list[tuple[str, int]]):
    play = Play()

    for what, number in script:
        play.do(what, number)

    ids = [one.id for one in play.told]
    assert len(set(ids)) == len(ids)


@given(scripts)
def test_what_still_fires_when_all_windows_are_over_is_escalated_to_the_end(script: list[tuple[str, int]]):
    play = Play()
    for what, number in script:
        play.do(what, number)

    play.do("alert", 0)
    play.do("again", 0)
    for _ in range(300):
        play.do("pause", 30)

    assert play.group is not None
    last = play.escalations[play.group.run]
    assert last.ended.startswith("finished")
    paged = {
        one.user_id
        for one in play.told
        if isinstance(one, NotificationRequested) and one.group.run == play.group.run
    }
    assert paged == {"U1", "U2"}


@given(scripts)
def test_an_instance_that_dies_before_saving_decides_the_same_again(script: list[tuple[str, int]]):
    play = Play()

    for what, number in script:
        play.do(what, number)
        for one in list(play.escalations.values()):
            first = wake(one, play.config, play.now)
            assert wake(one, play.config, play.now) == first
            if one.held is not None:
                assert reconsider(one, play.config, play.now) == reconsider(one, play.config, play.now)
