"""Stories of maintenance through router, grouper, renderer and escalator, with a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared import clock
from shared.domain.configuration import ChatTarget, ConfigSnapshot, Integration, Route, Templates
from shared.domain.labels import Label, LabelSettings
from shared.domain.maintenance import LabelMatcher, MaintenanceWindow
from shared.domain.model import Actor
from shared.events import ActionRequested, derived_id
from shared.store.alert_groups import AlertGroups
from tests.support.build import a_configuration, a_window, notify, wait
from tests.support.house import House, until
from tests.support.journal import events_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
STAGES = ("recorder", "router", "grouper", "renderer", "escalator")
TEMPLATES: Templates = {
    "grouping_key": "{{ payload.title }}",
    "resolve_signal": "{{ payload.state == 'ok' }}",
    "web": {"title": "{{ payload.title }}"},
}
Turn = Callable[[timedelta], None]


def minutes(number: float) -> timedelta:
    """Return a span."""
    return timedelta(minutes=number)


def configured(*windows: MaintenanceWindow, labels: LabelSettings | None = None) -> ConfigSnapshot:
    """Return integration C1 with route R2 for payloads that say `two`, a default route, and Slack."""
    hook = Integration(
        id="C1",
        name="Hook",
        type="webhook",
        token_digest="x",
        templates=TEMPLATES,
        labels=labels or LabelSettings(),
    )
    slack = ChatTarget(id="C042", enabled=True)
    routes = (
        Route(id="R2", integration_id="C1", routing_regex="two", escalation_chain_id="F1", slack=slack),
        Route(id="R1", integration_id="C1", is_default=True, escalation_chain_id="F1", slack=slack),
    )
    return a_configuration(
        notify("U1"), wait(5), notify("U2"), integrations=(hook,), routes=routes, maintenance_windows=windows
    )


class Story:
    """What happens to groups, by title: who was paged, what was posted, what was decided."""

    def __init__(self, house: House, stored: Any) -> None:
        self.house = house
        self._stored = stored

    async def fire(self, title: str, **payload: Any) -> None:
        """Let something fire (or be over, with `state="ok"`), and wait until the escalator has looked at it."""
        seen = len(self._events(title, "group.rendered.v1"))
        await self.house.receive({"title": title, **payload})

        async def looked_at() -> bool:
            rendered = len(self._events(title, "group.rendered.v1"))
            decided = [one for one in self._events(title, "stage.decided.v1") if one["stage"] == "escalator"]
            return rendered > seen and len({one["causeid"] for one in decided}) >= rendered

        await until(looked_at, what=f"{title} is looked at")

    async def acknowledge(self, title: str) -> None:
        """Let alice take a group, and wait until it is taken."""
        groups = AlertGroups(self.house.database)
        (group,) = await groups.find({"title": title}, [("opened_at", -1)], 1)
        action = ActionRequested(
            id=derived_id("ack", group.id),
            time=clock.now(),
            group_id=group.id,
            action="acknowledge",
            actor=Actor(kind="user", id="U1", name="alice"),
        )
        await self.house.publish(action)
        await self.expect(title, "stopped")

    def pages(self, title: str) -> list[str]:
        """Return who was asked for, oldest first."""
        return [one["user_id"] for one in self._events(title, "notification.requested.v1")]

    def posts(self, title: str) -> list[str]:
        """Return the notes of the posts that were asked for, oldest first."""
        return [one.get("note", "") for one in self._events(title, "post.requested.v1")]

    async def expect(self, title: str, decision: str) -> str:
        """Wait until the escalator has decided this; return its reason."""

        async def found() -> str:
            said = [one for one in self._events(title, "stage.decided.v1") if one["decision"] == decision]
            return said[-1]["reason"] if said else ""

        return await until(found, what=f"{title}: {decision}")

    async def expect_pages(self, title: str, *users: str) -> None:
        """Wait until exactly these were asked for."""

        async def asked() -> bool:
            return self.pages(title) == list(users)

        await until(asked, what=f"{title} pages {users}")

    def _events(self, title: str, type: str) -> list[dict[str, Any]]:
        return events_of(self._stored, type, title)


@pytest.fixture
async def story(house: House, mongo_client: Any, database: str) -> Story:
    return Story(house, mongo_client[database])


async def test_a_window_in_the_future_holds_what_begins_in_it_until_its_end(
    house: House, story: Story, turn_clock: Turn
):
    now = clock.now()
    window = a_window(starts_at=now + minutes(10), duration=1800, comment="new disks", author="bob")
    await house.configure_all(configured(window))
    await house.start(*STAGES)

    await story.fire("before")
    await story.expect_pages("before", "U1")
    await story.acknowledge("before")
    turn_clock(minutes(15))
    await story.fire("within")
    reason = await story.expect("within", "held")
    await story.fire("over before it ends")
    await story.fire("over before it ends", state="ok")
    await story.expect("over before it ends", "stopped")
    await story.fire("taken")
    await story.acknowledge("taken")
    turn_clock(minutes(39))
    await story.fire("late")
    turn_clock(minutes(41))

    await story.expect_pages("within", "U1")
    await story.expect_pages("late", "U1")
    turn_clock(minutes(47))
    await story.expect_pages("within", "U1", "U2")
    assert "maintenance window Upgrade (new disks), by bob" in reason
    assert story.pages("over before it ends") == story.pages("taken") == []
    # Not posted in maintenance; what fires at its end is posted then.
    assert story.posts("over before it ends") == []
    assert story.posts("within") == [""]


async def test_two_in_the_morning_holds_at_two_in_the_morning_also_after_the_clocks_went_forward(
    house: House, story: Story, turn_clock: Turn
):
    """In Berlin the clocks of 2040 go forward on 25 March; a window of 02:00 is an hour earlier in UTC after it."""
    real = clock.now()
    first = datetime(2040, 3, 20, 1, 0, tzinfo=UTC)
    window = a_window(
        starts_at=first, duration=1800, rrule="FREQ=DAILY", time_zone="Europe/Berlin", mode="debug"
    )
    await house.configure_all(configured(window))
    turn_clock(datetime(2040, 3, 24, 1, 10, tzinfo=UTC) - real)
    await house.start(*STAGES)

    await story.fire("before the change")
    await story.expect("before the change", "held")
    turn_clock(datetime(2040, 3, 24, 1, 30, tzinfo=UTC) - real)
    await story.expect_pages("before the change", "U1")
    turn_clock(datetime(2040, 3, 26, 0, 10, tzinfo=UTC) - real)
    await story.fire("after the change")
    await story.expect("after the change", "held")
    turn_clock(datetime(2040, 3, 26, 1, 10, tzinfo=UTC) - real)
    await story.fire("an hour later")

    await story.expect_pages("an hour later", "U1")
    await story.expect_pages("after the change", "U1")


async def test_a_window_that_is_stopped_early_pages_at_once_and_the_note_in_the_chat_goes(
    house: House, story: Story
):
    window = a_window(starts_at=clock.now() - minutes(1), mode="debug")
    await house.configure_all(configured(window))
    await house.start(*STAGES)
    await story.fire("disk")
    await story.expect("disk", "held")

    await house.reconfigure(window.model_copy(update={"stopped_at": clock.now()}))

    await story.expect_pages("disk", "U1")
    assert "was stopped or changed" in await story.expect("disk", "released")

    async def posted() -> bool:
        return len(story.posts("disk")) == 2

    await until(posted, what="the post without the note")
    held, released = story.posts("disk")
    assert "debug window Upgrade: escalation is held back until" in held
    assert released == ""


async def test_a_window_that_is_made_longer_holds_longer(house: House, story: Story, turn_clock: Turn):
    window = a_window(starts_at=clock.now() - minutes(1), duration=600)
    await house.configure_all(configured(window))
    await house.start(*STAGES)
    await story.fire("disk")
    await story.expect("disk", "held")

    await house.reconfigure(window.model_copy(update={"duration": 1800}))

    async def moved() -> bool:
        found = await house.database.collection("escalations").find({}, {"due_at": 1})
        return found[0]["due_at"] > clock.now() + minutes(20)

    await until(moved, what="the new end is known")
    turn_clock(minutes(12))
    await story.fire("another")
    assert (story.pages("disk"), story.pages("another")) == ([], [])
    turn_clock(minutes(31))
    await story.expect_pages("disk", "U1")


async def test_a_window_is_about_its_route_and_its_labels_only(house: House, story: Story):
    labels = LabelSettings(
        static=(Label(key="env", value="prod"),), dynamic=(Label(key="team", value="{{ payload.team }}"),)
    )
    start = clock.now() - minutes(1)
    windows = (
        a_window(id="M1", name="Route two", starts_at=start, route_ids=("R2",)),
        a_window(
            id="M2",
            name="Databases",
            starts_at=start,
            labels=(
                LabelMatcher(name="team", values=("db", "cache")),
                LabelMatcher(name="env", values=("prod",)),
            ),
        ),
    )
    await house.configure_all(configured(*windows, labels=labels))
    await house.start(*STAGES)

    await story.fire("two")
    await story.fire("labelled", team="db")
    await story.fire("other team", team="web")

    assert "Route two" in await story.expect("two", "held")
    assert "Databases" in await story.expect("labelled", "held")
    await story.expect_pages("other team", "U1")
    assert (story.pages("two"), story.pages("labelled")) == ([], [])


async def test_somebody_who_is_being_paged_is_left_alone_in_the_window_and_the_chain_goes_on_after_it(
    house: House, story: Story, turn_clock: Turn
):
    window = a_window(starts_at=clock.now() + minutes(2), duration=600)
    await house.configure_all(configured(window))
    await house.start(*STAGES)
    await story.fire("disk")
    await story.expect_pages("disk", "U1")

    turn_clock(minutes(6))
    await story.expect("disk", "held")
    assert story.pages("disk") == ["U1"]
    turn_clock(minutes(13))

    await story.expect_pages("disk", "U1", "U2")
