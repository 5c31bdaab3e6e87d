"""Three days of one alert group, from Friday to Monday over a change of clocks, through every kind of step.

The clock stands still and is moved by hand, so the timeline says the same words at the same instants each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from shared import clock
from shared.domain.configuration import (
    ConfigSnapshot,
    Integration,
    Route,
    Rule,
    Team,
    User,
    UserGroup,
)
from shared.domain.people import SlackChannel
from shared.domain.schedules import Schedule, Shift
from tests.support.build import a_configuration
from tests.support.house import House, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]
FRIDAY = datetime(2027, 3, 26, 7, 0, tzinfo=UTC)  # 08:00 in Berlin, winter time
TEMPLATES: Any = {"grouping_key": "{{ payload.title }}", "web": {"title": "{{ payload.title }}"}}
STEPS: tuple[dict[str, Any], ...] = (
    {"type": "notify_persons", "persons_to_notify": ["U1"]},
    {"type": "wait", "duration": 300},
    {"type": "repeat_escalation", "condition": "{{ alert_group.alerts_count < 2 }}"},
    {"type": "notify_person_next_each_time", "persons_to_notify_next_each_time": ["U1", "U2"]},
    {"type": "notify_if_num_alerts_in_window", "num_alerts_in_window": 2, "num_minutes_in_window": 15},
    {"type": "notify_team_members", "team_to_notify": "T1", "condition": "{{ payload.disks > 5 }}"},
    {"type": "continue_if", "continue_if": "{{ payload.disks > 1 }}"},
    {"type": "raise_importance"},
    {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": "S1"},
    {"type": "wait_until_on_call", "schedule": "S1", "max_duration": 172_800},
    {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": "S1"},
    {"type": "notify_next_on_call", "schedule": "S1"},
    {"type": "lower_importance"},
    {"type": "notify_if_not_acknowledged_within", "duration": 172_800},
    {"type": "notify_user_group", "group_to_notify": "G1"},
    {"type": "notify_whole_channel"},
    {"type": "trigger_webhook", "action_to_trigger": "WH1"},
    {
        "type": "notify_if_time_from_to",
        "time_zone": "Europe/Berlin",
        "notify_if_time_from": "09:00",
        "notify_if_time_to": "17:00",
        "weekdays": ["MO"],
    },
    {"type": "notify_team_members", "team_to_notify": "T1"},
    {"type": "resolve"},
)

# What the escalator says, in order; the words of one instant may come in any order.
STORY = (
    (
        "Fri 07:00:01 chain Primary, 20 steps, configuration 2; "
        "step 1 of 20: notify alice (default rules); "
        "step 2 of 20: wait 5 min"
    ),
    "Fri 07:00:01 alice: default rule 1, email",
    (
        "Fri 07:06:00 step 3 of 20: begin again; "
        "step 1 of 20: notify alice (default rules); "
        "step 2 of 20: wait 5 min"
    ),
    "Fri 07:06:00 step 3 of 20: begin again (round 2)",
    "Fri 07:06:00 alice: default rule 1, email",
    (
        "Fri 07:12:00 step 3 of 20: repeat_escalation is skipped: its condition said 'False'; "
        "step 4 of 20: notify the next of 2 in turn: alice (default rules); "
        "step 5 of 20: waits for more than 2 alerts within 15 min; "
        "there are 2"
    ),
    "Fri 07:12:00 alice: default rule 1, email",
    (
        "Fri 07:12:01 step 5 of 20: 3 alerts within 15 min, more than 2: go on; "
        "step 6 of 20: notify_team_members is skipped: its condition said 'False'; "
        "step 7 of 20: the condition holds (it said 'True'): go on; "
        "step 8 of 20: use important rules from here on; "
        "step 10 of 20: wait until somebody is on call in schedule Weekend, at most to 2027-03-28 "
        "07:12:01 UTC"
    ),
    (
        "Fri 07:12:01 step 9 of 20: notify on call in schedule Weekend: nobody (important rules): "
        "Nobody is on call in schedule Weekend at this time."
    ),
    (
        "Sat 08:00:00 step 10 of 20: carol is on call in schedule Weekend: go on; "
        "step 11 of 20: notify on call in schedule Weekend: carol (important rules); "
        "step 12 of 20: notify the next on call in schedule Weekend, from 2027-03-28 08:00:00 UTC: dave "
        "(important rules); "
        "step 13 of 20: use default rules from here on; "
        "step 14 of 20: go on if nobody acknowledges within 2 d, until 2027-03-28 07:06:00 UTC"
    ),
    "Sat 08:00:00 carol: important rule 1, phone_call",
    "Sat 08:00:00 dave: important rule 1, email",
    (
        "Sun 08:00:00 step 15 of 20: notify user group seniors: dave (default rules); "
        "step 16 of 20: notify the whole channel #alerts: carol (default rules); "
        "step 17 of 20: call webhook ticket; "
        "step 18 of 20: outside 09:00:00 to 17:00:00 Europe/Berlin on MO: go on at 2027-03-29 07:00:00 "
        "UTC"
    ),
    "Sun 08:00:00 step 17 of 20: call webhook ticket",
    "Sun 08:00:00 dave: default rule 1, email",
    "Sun 08:00:00 carol: default rule 1, email",
    "Mon 07:00:00 step 19 of 20: notify team ops: alice (default rules); step 20 of 20: resolve",
    "Mon 07:00:00 step 20 of 20: resolve",
)


def _configuration() -> ConfigSnapshot:
    users = (
        User(id="U1", username="alice", team_ids=("T1",)),
        User(id="U2", username="bob"),
        User(id="U3", username="carol", slack_user_id="S3"),
        User(id="U4", username="dave", slack_user_id="S4"),
    )
    rules = (
        *(Rule(id=f"N{one.id}", user_id=one.id, type="notify_by_email") for one in users),
        Rule(id="NI", user_id="U3", important=True, type="notify_by_phone_call"),
    )
    slack: Any = {"id": "C024", "enabled": True}
    return a_configuration(
        *STEPS,
        users=users,
        rules=rules,
        teams=(Team(id="T1", name="ops"),),
        user_groups=(UserGroup(id="G1", name="seniors", slack_user_ids=("S4",)),),
        slack_channels=(SlackChannel(id="C024", name="alerts", slack_user_ids=("S3",)),),
        schedules=(Schedule(id="S1", name="Weekend"),),
        shifts=(_shift("L1", "2027-03-27T08:00:00", "U3"), _shift("L2", "2027-03-28T08:00:00", "U4")),
        integrations=(
            Integration(id="C1", name="Disks", type="webhook", token_digest="x", templates=TEMPLATES),
        ),
        routes=(Route(id="R1", integration_id="C1", is_default=True, escalation_chain_id="F1", slack=slack),),
    )


def _shift(id: str, start: str, user: str) -> Shift:
    return Shift(
        id=id, name=id, type="single_event", schedule_id="S1", start=start, duration=86_400, users=(user,)
    )


class Story:
    """What happens to the group, and what its timeline says of the escalator."""

    def __init__(self, house: House, stored: Any) -> None:
        self.house = house
        self.stored = stored
        self.now = FRIDAY
        self.fired = 0
        clock.use(lambda: self.now)

    async def fire(self, disks: int) -> None:
        """Have another alert of the group arrive, a second later, and wait until it is in the group."""
        self.now += timedelta(seconds=1)
        self.fired += 1
        await self.house.receive({"title": "Disk full", "disks": disks}, name=f"alert at {self.now}")

        async def counted() -> bool:
            found = [orjson.loads(one["body"]) for one in self.stored.alert_groups.find({})]
            return [one["alerts_count"] for one in found] == [self.fired]

        await until(counted, what=f"{self.fired} alerts are in the group")

    async def goes_on(self, at: datetime) -> None:
        """Move the clock and wait until the escalation is due no more."""
        self.now = at

        async def done() -> bool:
            found = self.stored.escalations.count_documents({"due_at": {"$lte": self.now}})
            untold = self.stored.escalations.count_documents({"untold_at": {"$exists": True}})
            return found == 0 and untold == 0

        await until(done, what=f"everything that is due at {at} is done")

    async def says(self, words: str) -> None:
        """Wait until the timeline says something."""

        async def said() -> bool:
            return any(words in line for line in self.lines())

        try:
            await until(said)
        except AssertionError as error:
            raise AssertionError(f"nothing says {words!r}:\n" + "\n".join(self.lines())) from error

    def lines(self) -> list[str]:
        """Return what the escalator told of the group, in the order of the journal's times: when and what."""
        found: dict[str, tuple[str, str]] = {}
        for page in self.stored.journal.find({}, {"entries": 1}):
            for one in orjson.loads(page["entries"]):
                told = one["source"].startswith("/tocsin/escalator") and one["type"] != "post.requested.v1"
                if told and one.get("decision") not in ("goes_on", "waits", "unchanged"):
                    at = datetime.fromisoformat(one["time"]).astimezone(UTC)
                    found[one["id"]] = (f"{at:%a %H:%M:%S}", one["reason"])
        return [f"{at} {reason}" for at, reason in sorted(found.values(), key=_order)]


def _order(line: tuple[str, str]) -> tuple[int, str]:
    return ("Fri", "Sat", "Sun", "Mon").index(line[0][:3]), line[0][4:12]


@pytest.fixture
def still_clock() -> Iterator[None]:
    real = clock.use(clock.now)
    clock.use(real)
    yield
    clock.use(real)


async def test_three_days_of_an_alert_that_nobody_answers_read_like_a_story(
    house: House, mongo_client: Any, database: str, still_clock: None
):
    config = _configuration()
    story = Story(house, mongo_client[database])
    parts = (config.teams, config.user_groups, config.slack_channels, config.schedules, config.shifts)
    await house.configure_all(config)
    await house.configure(*[row for part in parts for row in part])
    await house.start("recorder", "router", "grouper", "renderer", "escalator")

    await story.fire(disks=2)
    await story.says("chain Primary, 20 steps")
    await story.goes_on(FRIDAY + timedelta(minutes=6))
    await story.fire(disks=2)
    await story.goes_on(FRIDAY + timedelta(minutes=12))
    await story.says("waits for more than 2 alerts")
    await story.fire(disks=2)
    await story.says("wait until somebody is on call")
    for at in (
        datetime(2027, 3, 27, 8, 0, tzinfo=UTC),
        datetime(2027, 3, 28, 8, 0, tzinfo=UTC),
        datetime(2027, 3, 29, 7, 0, tzinfo=UTC),
    ):
        await story.goes_on(at)

    await story.says("step 20 of 20: resolve")

    async def resolved() -> bool:
        return [one["state"] for one in mongo_client[database].alert_groups.find({})] == ["resolved"]

    await until(resolved, what="the chain has resolved the group")
    assert sorted(story.lines()) == sorted(STORY)
