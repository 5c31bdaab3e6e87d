"""Steps beyond the plain ones: who belongs to something, who is on call, turns, times, alerts, conditions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.conditions import Verdict
from shared.domain.configuration import ConfigSnapshot, Route, Team, User, UserGroup
from shared.domain.people import SlackChannel
from shared.domain.steps import (
    AlertsInWindow,
    Answers,
    Asked,
    Condition,
    StepResult,
    Turn,
    check_step,
    run_step,
)
from shared.errors import Permanent
from tests.support.build import NOON, a_configuration, a_group
from tests.support.schedules import a_schedule, a_shift, an_override
from tests.unit.domain.test_steps import moment_of

USERS = (
    User(id="U1", username="alice", slack_user_id="S1", team_ids=("T1",)),
    User(id="U2", username="bob", slack_user_id="S2"),
    User(id="U3", username="aaron", team_ids=("T1",)),
)
CONFIG = a_configuration(
    users=USERS,
    teams=(Team(id="T1", name="ops"), Team(id="T2", name="empty")),
    user_groups=(UserGroup(id="SG1", name="oncall", slack_user_ids=("S2", "S1", "S9")),),
    slack_channels=(
        SlackChannel(id="C024", name="alerts", slack_user_ids=("S2",)),
        SlackChannel(id="C025", name="unknown"),
    ),
)


def run(type: str, config: ConfigSnapshot = CONFIG, **fields: Any) -> StepResult:
    """Return what a step does at noon."""
    return run_step(moment_of(type, config=config, **fields))


def posting_to(channel: str | None) -> ConfigSnapshot:
    """Return the configuration with its route posting to a channel."""
    target = {"id": channel, "enabled": True}
    route = Route(id="R1", integration_id="C1", is_default=True, slack=target)
    return a_configuration(users=USERS, routes=(route,), slack_channels=CONFIG.slack_channels)


def test_a_team_is_all_its_members():
    result = run("notify_team_members", team_to_notify="T1")

    assert (result.notify, result.failure) == (("U3", "U1"), None)
    assert result.reason == "notify team ops: aaron, alice (default rules)"


@pytest.mark.parametrize("team", [None, "gone", "T2"])
def test_a_team_without_anybody_is_a_failure_and_the_chain_goes_on(team: str | None):
    result = run("notify_team_members", team_to_notify=team)

    assert (result.notify, result.wait_until) == ((), None)
    assert "team" in (result.failure or "")


def test_a_user_group_is_its_members_who_are_users_here():
    assert run("notify_user_group", group_to_notify="SG1").notify == ("U1", "U2")
    assert "no user group" in (run("notify_user_group", group_to_notify="gone").failure or "")


def test_a_whole_channel_is_its_members_who_are_users_here():
    assert run("notify_whole_channel", posting_to("C024")).notify == ("U2",)


@pytest.mark.parametrize(
    ("channel", "why"), [(None, "no Slack channel"), ("C025", "not known"), ("C999", "not known")]
)
def test_a_whole_channel_of_which_nothing_is_known_is_a_failure(channel: str | None, why: str):
    result = run("notify_whole_channel", posting_to(channel))

    assert result.notify == ()
    assert why in (result.failure or "")


def on_call(*users: str, start: str = "2026-05-04T00:00:00", hours: int = 24) -> ConfigSnapshot:
    """Return a schedule S1 with one shift of these users."""
    return a_schedule(
        a_shift(type="single_event", frequency=None, start=start, duration=hours * 3600, users=users)
    )


def test_who_is_on_call_is_notified():
    config = on_call("A")

    result = run("notify_on_call_from_schedule", config, notify_on_call_from_schedule=config.schedules[0].id)

    assert (result.notify, result.failure) == (("A",), None)


def test_no_schedule_and_nobody_on_call_are_different_failures():
    config = on_call("A", start="2026-05-05T00:00:00")
    schedule = config.schedules[0].id

    missing = run("notify_on_call_from_schedule", config, notify_on_call_from_schedule="gone")
    nobody = run("notify_on_call_from_schedule", config, notify_on_call_from_schedule=schedule)

    assert "deleted" in (missing.failure or "")
    assert "Nobody is on call" in (nobody.failure or "")
    assert (missing.notify, nobody.notify) == ((), ())


def test_the_next_on_call_are_those_after_the_present_shift():
    config = a_schedule(
        an_override("2026-05-04T00:00:00", 24, "A", id="L1"),
        an_override("2026-05-05T00:00:00", 24, "B", id="L2"),
    )

    result = run("notify_next_on_call", config, schedule=config.schedules[0].id)

    assert result.notify == ("B",)
    assert "from 2026-05-05 00:00:00 UTC" in result.reason


def test_a_hold_goes_on_as_soon_as_somebody_is_on_call():
    config = on_call("A")

    result = run("wait_until_on_call", config, schedule=config.schedules[0].id)

    assert (result.again_at, result.failure) == (None, None)


def test_a_hold_looks_again_when_the_schedule_changes_and_now_and_then():
    config = on_call("A", start="2026-05-04T12:10:00")
    schedule = config.schedules[0].id
    later = on_call("A", start="2026-05-04T18:00:00")

    assert run("wait_until_on_call", config, schedule=schedule).again_at == NOON + timedelta(minutes=10)
    assert run("wait_until_on_call", later, schedule=schedule).again_at == NOON + timedelta(minutes=15)


def test_a_hold_ends_at_its_maximum_with_a_failure():
    config = on_call("A", start="2026-05-09T00:00:00")
    fields = {"schedule": config.schedules[0].id, "max_duration": 600}

    early = run("wait_until_on_call", config, step_began_s_ago=0, **fields)
    late = run("wait_until_on_call", config, step_began_s_ago=600, **fields)

    assert early.again_at == NOON + timedelta(minutes=10)
    assert late.again_at is None
    assert "10 min" in (late.failure or "")


def test_turns_are_asked_for_in_the_order_of_usernames_without_who_is_gone():
    fields = {"persons_to_notify_next_each_time": ["U1", "gone", "U2", "U3"]}
    with pytest.raises(Asked) as asked:
        run("notify_person_next_each_time", **fields)

    question = asked.value.question
    assert question == Turn("E1", "IGROUP:1:0:E1", ("U3", "U1", "U2"))
    assert run("notify_person_next_each_time", answers=Answers({question: "U1"}), **fields).notify == ("U1",)


def test_nobody_to_take_turns_is_a_failure_that_asks_nothing():
    assert run("notify_person_next_each_time", persons_to_notify_next_each_time=["gone"]).failure


@pytest.mark.parametrize(("count", "goes_on"), [(4, False), (5, False), (6, True)])
def test_more_than_so_many_alerts_are_needed(count: int, goes_on: bool):
    known = Answers({AlertsInWindow("IGROUP", 10): count})

    result = run(
        "notify_if_num_alerts_in_window", answers=known, num_alerts_in_window=5, num_minutes_in_window=10
    )

    assert (result.pause == "") == goes_on
    assert str(count) in result.reason


@pytest.mark.parametrize(
    ("type", "fields"),
    [
        ("notify_if_num_alerts_in_window", {"num_alerts_in_window": 5}),
        ("notify_if_time_from_to", {"notify_if_time_from": "09:00:00Z"}),
        ("notify_if_not_acknowledged_within", {}),
        ("continue_if", {}),
        ("wait_until_on_call", {}),
        ("notify_next_on_call", {}),
    ],
)
def test_what_is_not_set_is_a_failure_and_the_chain_goes_on(type: str, fields: dict[str, Any]):
    result = run(type, **fields)

    assert result.failure
    assert (result.wait_until, result.again_at, result.pause, result.over) == (None, None, "", False)


def test_outside_its_time_of_day_the_chain_waits_for_the_next_begin():
    fields = {"notify_if_time_from": "14:00:00Z", "notify_if_time_to": "15:00:00Z"}

    assert run("notify_if_time_from_to", **fields).wait_until == NOON + timedelta(hours=2)
    assert run("notify_if_time_from_to", now=NOON + timedelta(hours=2.5), **fields).wait_until is None


def test_a_time_of_day_is_local_where_a_time_zone_is_set():
    fields = {"notify_if_time_from": "15:00", "notify_if_time_to": "18:00", "time_zone": "Europe/Berlin"}

    assert run("notify_if_time_from_to", **fields).wait_until == datetime(2026, 5, 4, 13, tzinfo=UTC)


def test_what_nobody_acknowledged_counts_from_the_begin_of_the_round():
    early = run("notify_if_not_acknowledged_within", began_s_ago=300, duration=900)
    late = run("notify_if_not_acknowledged_within", began_s_ago=901, duration=900)

    assert early.wait_until == NOON + timedelta(minutes=10)
    assert (late.wait_until, late.failure) == (None, None)


def said(template: str, **verdict: Any) -> Answers:
    """Return what a template of the step says."""
    return Answers({Condition("E1", template, "IGROUP", a_group()): Verdict(**verdict)})


def test_a_condition_that_does_not_hold_skips_its_step():
    fields = {"condition": "{{ c }}", "persons_to_notify": ["U1"]}

    skipped = run("notify_persons", answers=said("{{ c }}", holds=False, said="no"), **fields)
    done = run("notify_persons", answers=said("{{ c }}", holds=True, said="yes"), **fields)

    assert (skipped.notify, done.notify) == ((), ("U1",))
    assert "skipped" in skipped.reason


def test_a_condition_that_fails_lets_the_step_be_done_and_is_a_problem():
    broken = said("{{ c }}", failure="no such filter", line=1)

    result = run("notify_persons", answers=broken, condition="{{ c }}", persons_to_notify=["U1"])

    assert result.notify == ("U1",)
    assert result.problem is not None
    assert (result.problem.where, result.problem.message) == ("escalation step E1", "no such filter")


def test_a_condition_is_asked_when_the_step_is_reached_and_not_while_it_waits():
    fields = {"condition": "{{ c }}", "schedule": "S1"}
    with pytest.raises(Asked):
        run("wait_until_on_call", **fields)

    assert run("wait_until_on_call", step_began_s_ago=60, **fields).reason


@pytest.mark.parametrize(("holds", "over"), [(True, False), (False, True)])
def test_a_chain_goes_on_only_if_its_condition_holds(holds: bool, over: bool):
    assert run("continue_if", answers=said("{{ c }}", holds=holds), continue_if="{{ c }}").over is over


def test_a_chain_goes_on_when_its_condition_cannot_be_evaluated():
    result = run("continue_if", answers=said("{{ c }}", failure="broken"), continue_if="{{ c }}")

    assert (result.over, result.problem is not None) == (False, True)


def test_importance_is_set_for_what_follows():
    assert run("raise_importance").importance == "important"
    assert run("lower_importance").importance == "default"


@pytest.mark.parametrize(
    ("type", "parameters", "named"),
    [
        ("notify_if_time_from_to", {"notify_if_time_from": "09:00"}, "notify_if_time_from"),
        ("notify_if_time_from_to", {"time_zone": "Mars/Olympus"}, "time_zone"),
        (
            "notify_if_time_from_to",
            {"time_zone": "UTC", "notify_if_time_to": "09:00:00Z"},
            "notify_if_time_to",
        ),
        ("notify_if_time_from_to", {"weekdays": ["MON"]}, "weekdays"),
        ("notify_if_num_alerts_in_window", {"num_alerts_in_window": 0}, "num_alerts_in_window"),
        ("notify_if_num_alerts_in_window", {"num_minutes_in_window": 1.5}, "num_minutes_in_window"),
        ("notify_if_not_acknowledged_within", {"duration": 59}, "duration"),
        ("wait_until_on_call", {"max_duration": 604_801}, "max_duration"),
        ("continue_if", {"continue_if": "x" * 5000}, "continue_if"),
    ],
)
def test_a_declared_step_that_does_not_fit_is_refused_by_the_name_of_its_field(
    type: str, parameters: dict[str, Any], named: str
):
    with pytest.raises(Permanent, match=named):
        check_step(type, parameters)
