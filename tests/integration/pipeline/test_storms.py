"""Stories of a storm through router, grouper, renderer and escalator, with a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared import clock
from shared.domain.configuration import ConfigSnapshot, Integration, Rule, Templates
from shared.domain.model import Actor
from shared.domain.storm import StormSettings
from shared.events import ActionRequested, derived_id
from shared.store.alert_groups import AlertGroups
from shared.store.mongo import Insert, Update
from tests.support.build import a_configuration, a_window, notify, wait
from tests.support.gaps import CLEARING, Gap
from tests.support.house import House, until
from tests.support.journal import events_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
STAGES = ("recorder", "router", "grouper", "renderer", "escalator")
PER_MINUTE, INTERVAL_S = 5, 60
TEMPLATES: Templates = {
    "grouping_key": "{{ payload.title }}",
    "resolve_signal": "{{ payload.state == 'ok' }}",
    "web": {"title": "{{ payload.title }}"},
}
Turn = Callable[[timedelta], None]


def configured(*steps: Any, rules: tuple[Rule, ...] | None = None, **fields: Any) -> ConfigSnapshot:
    """Return an integration that is in a storm above five groups a minute, with a digest a minute."""
    storm = StormSettings(groups_per_minute=PER_MINUTE, digest_interval=INTERVAL_S)
    hook = Integration(
        id="C1", name="Hook", type="webhook", token_digest="x", templates=TEMPLATES, storm=storm
    )
    return a_configuration(*(steps or (notify("U1"),)), integrations=(hook,), rules=rules, **fields)


class Storm:
    """What a test does to groups by number, and what is asked for."""

    def __init__(self, house: House, stored: Any) -> None:
        self.house = house
        self.stored = stored
        self._fired: set[int] = set()

    async def fire(self, *numbers: int, **payload: Any) -> None:
        """Let groups fire (or be over, with `state="ok"`), and wait until the escalator has looked at all."""
        rendered = len(self._of("group.rendered.v1"))
        for number in numbers:
            await self.house.receive({"title": f"group {number}", **payload})
        self._fired |= set(numbers)
        escalations = self.stored.escalations

        async def looked_at() -> bool:
            if payload.get("state") == "ok":
                return len(self._of("group.rendered.v1")) >= rendered + len(numbers)
            return escalations.count_documents({}) == len(self._fired)

        await until(looked_at, what=f"groups {numbers} are looked at")

    async def acknowledge(self, *numbers: int) -> None:
        """Let alice take groups, and wait until they are taken."""
        groups = AlertGroups(self.house.database)
        for number in numbers:
            (group,) = await groups.find({"title": f"group {number}"}, [("opened_at", -1)], 1)
            action = ActionRequested(
                id=derived_id("ack", group.id),
                time=clock.now(),
                group_id=group.id,
                action="acknowledge",
                actor=Actor(kind="user", id="U1", name="alice"),
            )
            await self.house.publish(action)
        wanted = {"state": "acknowledged", "title": {"$in": [f"group {one}" for one in numbers]}}

        async def taken() -> bool:
            return self.stored.alert_groups.count_documents(wanted) == len(numbers)

        await until(taken, what=f"groups {numbers} are taken")

    def pages(self) -> list[tuple[str, str, int]]:
        """Return all pages so far: who, by what, about how many groups."""
        return [
            (one["user_id"], one["channel"], max(1, len(one.get("digest", ()))))
            for one in self._of("notification.requested.v1")
        ]

    def last_card(self) -> dict[str, Any]:
        """Return what the newest page says."""
        card: dict[str, Any] = self._of("notification.requested.v1")[-1]["card"]
        return card

    def told(self) -> set[str]:
        """Return the ids of all groups that a page was about."""
        found = set()
        for one in self._of("notification.requested.v1"):
            found |= {run["id"] for run in one.get("digest", ())} or {one["group"]["id"]}
        return found

    def decisions(self, number: int) -> list[str]:
        """Return what the escalator decided about a group."""
        said = events_of(self.stored, "stage.decided.v1", f"group {number}")
        return [one["decision"] for one in said if one["stage"] == "escalator"]

    async def expect(self, *pages: tuple[str, str, int]) -> None:
        """Wait until exactly these pages were asked for."""

        async def asked() -> bool:
            return self.pages() == list(pages)

        try:
            await until(asked)
        except AssertionError as error:
            raise AssertionError(f"expected {pages}, there are {self.pages()}") from error

    async def rest(self, turn: Turn) -> None:
        """Let minutes pass, from the tenth on, until all digests have ended."""
        minutes = iter(range(40, 4000))

        async def ended() -> bool:
            turn(timedelta(seconds=15 * next(minutes)))
            return self.stored.digests.count_documents({"due_at": {"$exists": True}}) == 0

        await until(ended, what="all digests have ended")

    def _of(self, type: str) -> list[dict[str, Any]]:
        return events_of(self.stored, type)


@pytest.fixture
def turn_clock(turn_clock: Turn) -> Turn:
    """Begin with a minute: groups are counted by it, and its end in the middle of a slow test would take some away."""
    ahead = timedelta(seconds=60 - clock.now().timestamp() % 60)
    turn_clock(ahead)
    return lambda by: turn_clock(ahead + by)


@pytest.fixture
async def storm(house: House, mongo_client: Any, database: str, turn_clock: Turn) -> Storm:
    return Storm(house, mongo_client[database])


def mail(groups: int, user: str = "U1") -> tuple[str, str, int]:
    """Return a page by mail about so many groups."""
    return (user, "email", groups)


async def test_below_the_rate_everybody_is_paged_for_every_group(house: House, storm: Storm):
    await house.configure_all(configured())
    await house.start(*STAGES)

    for number in range(PER_MINUTE):
        await storm.fire(number)

    await storm.expect(*[mail(1)] * PER_MINUTE)
    assert storm.stored.digests.count_documents({}) == 0


async def test_in_a_storm_the_first_page_comes_at_once_and_then_one_per_interval_about_what_still_fires(
    house: House, storm: Storm, turn_clock: Turn
):
    await house.configure_all(configured())
    await house.start(*STAGES)
    for number in range(PER_MINUTE):
        await storm.fire(number)
    before = [mail(1)] * PER_MINUTE
    await storm.expect(*before)

    await storm.fire(100)
    await storm.expect(*before, mail(1))  # the first of the storm, at once
    await storm.fire(*range(101, 109))
    await storm.acknowledge(101)
    await storm.fire(102, state="ok")
    assert storm.pages() == [*before, mail(1)]

    turn_clock(timedelta(seconds=INTERVAL_S + 5))
    await storm.expect(*before, mail(1), mail(6))
    card = storm.last_card()
    assert card["title"] == "Hook: 6 further alert groups are firing"
    assert "group 108" in card["message"]
    assert not any(f"group {number}<" in card["message"] for number in (101, 102))
    assert "and 1 more" in card["message"]
    assert "alert-groups?integration_id=C1&amp;state=firing" in card["message"]
    assert "storm" in storm.decisions(105)

    async def digested() -> bool:
        return "digested" in storm.decisions(105)

    await until(digested, what="the group's own timeline says that the digest told it")
    # What fires on and was told is not told again.
    turn_clock(timedelta(seconds=2 * INTERVAL_S + 10))
    await storm.fire(200)
    await storm.expect(*before, mail(1), mail(6), mail(1))


async def test_when_the_storm_is_over_the_rest_is_told_and_pages_come_one_by_one_again(
    house: House, storm: Storm, turn_clock: Turn
):
    await house.configure_all(configured())
    await house.start(*STAGES)
    await storm.fire(*range(20))
    first = sum(one[2] for one in storm.pages())

    turn_clock(timedelta(minutes=4))

    async def all_told() -> bool:
        return len(storm.told()) == 20

    await until(all_told, what="everything is told")
    assert first <= 20
    assert sum(one[2] for one in storm.pages()) == 20
    await storm.rest(turn_clock)
    assert storm.stored.storms.count_documents({"storm": {"$exists": True}}) == 0
    pages = len(storm.pages())
    await storm.fire(300)
    await storm.fire(301)
    await storm.expect(*storm.pages()[:pages], mail(1), mail(1))
    assert storm.decisions(301)[0] == "started"
    assert "storm" not in storm.decisions(301)


async def test_each_person_hears_once_through_each_channel_of_their_own_rules(
    house: House, storm: Storm, turn_clock: Turn
):
    rules = (
        Rule(id="N1", user_id="U1", position=0, type="notify_by_email"),
        Rule(id="N2", user_id="U1", position=1, type="wait", duration=300),
        Rule(id="N3", user_id="U1", position=2, type="notify_by_sms"),
        Rule(id="N4", user_id="U2", position=0, type="notify_by_email"),
    )
    await house.configure_all(configured(notify("U1", "U2"), rules=rules))
    await house.start(*STAGES)

    await storm.fire(*range(30))
    turn_clock(timedelta(minutes=2))

    async def told_twice() -> bool:
        return sum(one[2] for one in storm.pages()) == 60

    await until(told_twice, what="both heard of all by mail")
    assert {one[:2] for one in storm.pages()} == {("U1", "email"), ("U2", "email")}
    # Nobody took them: the SMS of the rules comes too. The storm is over, so they come one by one.
    turn_clock(timedelta(minutes=7, seconds=5))

    async def sms() -> bool:
        return len([one for one in storm.pages() if one[1] == "sms"]) > 0

    await until(sms, what="the next rule")


async def test_what_a_window_holds_is_counted_and_digested_when_it_ends(
    house: House, storm: Storm, turn_clock: Turn
):
    window = a_window(starts_at=clock.now() - timedelta(minutes=1), duration=600)
    await house.configure_all(configured(maintenance_windows=(window,)))
    await house.start(*STAGES)
    await storm.fire(*range(30))
    assert storm.pages() == []
    assert storm.stored.storms.count_documents({}) == 0

    turn_clock(timedelta(minutes=10))

    async def told() -> bool:
        return len(storm.told()) == 30

    await until(told, what="all 30 are told")
    assert len(storm.pages()) < 6


@pytest.mark.parametrize(
    "where",
    [
        pytest.param(("after", "storms", Update), marks=pytest.mark.deep),
        ("after", "digests", Insert),
        ("after", "escalations", Insert),
        pytest.param(("after", "digests", Update), marks=pytest.mark.deep),
        pytest.param(("after", "digests", CLEARING), marks=pytest.mark.deep),
    ],
    ids=["counted", "digest made, page not saved", "saved, not told", "digest told", "digest cleared"],
)
async def test_an_escalator_that_dies_in_a_storm_tells_of_every_group_exactly_once(
    house: House, storm: Storm, turn_clock: Turn, where: Any
):
    await house.configure_all(configured())
    await house.start("recorder", "router", "grouper", "renderer")
    gap = Gap(*where)
    await house.start_one("escalator", "dying", prepare=gap.into)
    firing = asyncio.create_task(storm.fire(*range(20)))
    await gap.reached.wait()

    await house.crash("dying")
    await house.start_one("escalator", "other")
    await firing
    turn_clock(timedelta(seconds=INTERVAL_S + 10))

    async def all_told() -> bool:
        return len(storm.told()) == 20

    await until(all_told, what="everything is told")
    await storm.rest(turn_clock)
    assert sum(one[2] for one in storm.pages()) == 20


async def test_two_escalators_count_together_and_tell_once(house: House, storm: Storm, turn_clock: Turn):
    await house.configure_all(configured(notify("U1"), wait(60)))
    await house.start(*STAGES[:-1])
    await house.start("escalator", instances=2)

    await storm.fire(*range(40))
    turn_clock(timedelta(seconds=INTERVAL_S + 5))

    async def all_told() -> bool:
        return len(storm.told()) == 40

    await until(all_told, what="everything is told")
    assert sum(one[2] for one in storm.pages()) == 40
    assert len(storm.pages()) <= 2 * PER_MINUTE + 4
