"""Steps that notify people of Slack: who is no user here is named, and only what a step needs is asked of Slack."""

from __future__ import annotations

import pytest

from shared.domain.configuration import ChatTarget, ConfigSnapshot, Route, StepConfig, User, UserGroup
from shared.domain.people import SlackChannel
from shared.domain.steps import StepResult, run_step
from shared.domain.steps.groups_of_people import channels_paged
from tests.support.build import a_configuration
from tests.unit.domain.test_steps import moment_of

USERS = (User(id="U1", username="alice", slack_user_id="S1"), User(id="U2", username="bob"))
ON = ChatTarget(id="C1", enabled=True)


def notify_group(*members: str) -> StepResult:
    group = UserGroup(id="SG1", name="oncall", slack_user_ids=members)
    config = a_configuration(users=USERS, user_groups=(group,))
    return run_step(moment_of("notify_user_group", config=config, group_to_notify="SG1"))


def notify_channel(*channels: SlackChannel) -> StepResult:
    route = Route(id="R1", integration_id="C1", is_default=True, slack=ON)
    config = a_configuration(users=USERS, routes=(route,), slack_channels=channels)
    return run_step(moment_of("notify_whole_channel", config=config))


def test_members_who_are_no_users_here_are_named_in_the_timeline():
    channel = SlackChannel(id="C1", name="alerts", slack_user_ids=("S1", "S8"))

    by_group, by_channel = notify_group("S9", "S1"), notify_channel(channel)

    assert by_group.notify == by_channel.notify == ("U1",)
    assert by_group.reason == "notify user group oncall: alice (default rules); no users here: S9"
    assert by_channel.reason.endswith("#alerts: alice (default rules); no users here: S8")


def test_of_many_strangers_some_are_named_and_the_others_counted():
    result = notify_group(*(f"W{number:03}" for number in range(25)))

    assert result.reason.endswith("W008, W009 and 15 more")
    assert "no members that are users here" in (result.failure or "")


@pytest.mark.parametrize(
    ("channels", "why"),
    [
        ([SlackChannel(id="C1", name="alerts")], "not told yet"),
        ([SlackChannel(id="C9", name="other")], "archived, deleted, or hidden"),
        ([SlackChannel(id="C1", name="alerts", slack_user_ids=())], "nobody in the channel"),
    ],
)
def test_a_channel_that_reaches_nobody_says_why_and_the_chain_goes_on(channels: list[SlackChannel], why: str):
    result = notify_channel(*channels)

    assert (result.notify, result.over) == ((), False)
    assert why in (result.failure or "")


def test_only_channels_whose_members_a_step_may_notify_are_asked_for_them():
    steps = (
        StepConfig(id="E1", escalation_chain_id="F1", type="notify_whole_channel"),
        StepConfig(id="E2", escalation_chain_id="F2", type="wait"),
    )
    routes = (
        Route(id="R1", integration_id="C", escalation_chain_id="F1", slack=ON),
        Route(id="R2", integration_id="C", escalation_chain_id="F1", slack=ChatTarget(id="C2")),
        Route(id="R3", integration_id="C", escalation_chain_id="F1", slack=ChatTarget(enabled=True)),
        Route(id="R4", integration_id="C", escalation_chain_id="F2", slack=ChatTarget(id="C4", enabled=True)),
    )

    assert channels_paged(ConfigSnapshot(steps=steps, routes=routes)) == {"C1"}
