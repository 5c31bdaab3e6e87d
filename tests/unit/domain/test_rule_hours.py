"""Quiet hours: a rule is passed over outside of its hours, in the person's own time, and the timeline says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from shared.domain.configuration import Rule
from shared.domain.escalation import begin
from shared.domain.people import Rule as Stored
from shared.domain.rule_hours import RuleHours
from shared.events import GroupRendered, NotificationRequested, StageDecided
from tests.support.build import a_configuration, a_group, notify

DAY = RuleHours(from_time="08:00", to_time="22:00", time_zone="Europe/Berlin")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        ("2026-01-15T06:59", False),
        ("2026-01-15T07:00", True),  # 08:00 in winter
        ("2026-07-15T06:00", True),  # 08:00 in summer
        ("2026-07-15T19:59", True),
        ("2026-07-15T20:00", False),
        ("2026-03-29T05:59", False),  # the clocks went forward an hour before
        ("2026-03-29T06:00", True),
    ],
)
def test_hours_are_local_time(at: str, holds: bool):
    assert DAY.holds(utc(at)) is holds


def test_hours_may_go_over_midnight_and_begin_on_some_weekdays_only():
    night = RuleHours(from_time="22:00", to_time="06:00", time_zone="UTC", weekdays=("FR",))

    assert night.holds(utc("2026-05-08T23:00"))  # a Friday
    assert night.holds(utc("2026-05-09T05:59"))
    assert not night.holds(utc("2026-05-09T23:00"))
    assert not night.holds(utc("2026-05-08T05:00"))


@pytest.mark.parametrize(
    "fields", [{"from_time": "25:00"}, {"time_zone": "Mars/Base"}, {"to_time": "08:00"}, {"weekdays": ["XX"]}]
)
def test_what_is_no_time_is_refused(fields: dict[str, object]):
    given = {"from_time": "08:00", "to_time": "22:00", "time_zone": "UTC", **fields}
    with pytest.raises(ValidationError):
        RuleHours.model_validate(given)


def test_a_rule_outside_of_its_hours_is_passed_over_and_the_next_one_runs():
    rules = (
        Rule(id="1", user_id="U1", position=0, type="notify_by_sms", only_between=DAY),
        Rule(id="2", user_id="U1", position=1, type="notify_by_email"),
    )
    config = a_configuration(notify("U1"), rules=rules)

    def told(at: datetime) -> tuple[list[str], list[str]]:
        group = a_group()
        event = GroupRendered(
            id="E", time=at, group=group, cards={}, change="group.opened.v1", subject=group.id
        )
        _, events = begin(event, config, at)
        channels = [one.channel for one in events if isinstance(one, NotificationRequested)]
        said = [
            one.reason for one in events if isinstance(one, StageDecided) and one.decision == "passed_over"
        ]
        return channels, said

    assert told(utc("2026-05-04T12:00")) == (["sms", "email"], [])
    words = "alice: rule 1, sms, is for 08:00:00 to 22:00:00 Europe/Berlin only"
    assert told(utc("2026-05-04T23:00")) == (["email"], [words])


def test_a_rule_with_hours_survives_its_storage():
    rule = Stored(id="1", user_id="U1", type="notify_by_sms", only_between=DAY)

    assert Stored.model_validate(rule.model_dump(mode="json")) == rule
    assert Stored.model_validate(rule.model_dump()).only_between == DAY
