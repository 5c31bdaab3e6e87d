"""Whoever could not be reached is found in the configuration, and nobody else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.configuration import Chain, ConfigSnapshot, Rule, StepConfig, Team, User, UserGroup
from shared.domain.contacts import ContactPoint
from shared.domain.reachability import Concern, unreachable
from shared.domain.schedules import Schedule, Shift

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SET_UP = {
    "email": None,
    "sms": None,
    "phone_call": None,
    "mobile_app": None,
    "telegram": "Telegram is not set up",
    "msteams": "the channel msteams does not exist on this server",
}
ALICE = User(id="U1", username="alice", email="alice@example.org")
PHONE = ContactPoint(id="P1", kind="phone", address="+4930123456", verified_at=NOW)


def a_rule(type: str, important: bool = False, position: int = 0, user_id: str = "U1") -> Rule:
    id = f"{user_id}{type}{important}{position}"
    return Rule(id=id, user_id=user_id, important=important, position=position, type=type)


def paging(*users: User, rules: tuple[Rule, ...] = (), **parameters: Any) -> ConfigSnapshot:
    """A chain whose one step pages the users, unless it is told to do something else."""
    given = parameters or {"persons_to_notify": [one.id for one in users]}
    step = StepConfig(id="E1", escalation_chain_id="F1", type="any", parameters=given)
    return ConfigSnapshot(users=users, rules=rules, chains=(Chain(id="F1", name="ops"),), steps=(step,))


def said(config: ConfigSnapshot) -> list[tuple[str, str, str]]:
    return [(one.severity, one.where, one.message) for one in unreachable(config, SET_UP)]


def errors(config: ConfigSnapshot) -> list[str]:
    return [one.message for one in unreachable(config, SET_UP) if one.severity == "error"]


def test_nothing_is_wrong_with_somebody_who_is_reached():
    rules = (a_rule("notify_by_email"), a_rule("wait", position=1), a_rule("notify_by_sms", position=2))
    user = ALICE.model_copy(update={"contact_points": (PHONE,)})

    assert said(paging(user, rules=rules)) == []


def test_an_empty_default_list_is_a_warning_while_one_mail_is_possible():
    assert said(paging(ALICE)) == [
        ("warning", "user alice", "has no default notification rules: one e-mail is all that is sent")
    ]


def test_somebody_without_any_address_is_an_error_as_soon_as_he_is_paged():
    nobody = User(id="U1", username="alice")

    assert errors(ConfigSnapshot(users=(nobody,))) == []
    (only,) = unreachable(paging(nobody), SET_UP)
    assert (only.severity, only.table, only.object_id) == ("error", "users", "U1")
    assert only.message == (
        "is paged, but nothing in the default and important rules reaches them: "
        "email: there is no contact point (email)"
    )


@pytest.mark.parametrize(
    ("points", "why"),
    [
        ((), "there is no contact point (phone)"),
        ((PHONE.model_copy(update={"verified_at": None}),), "the contact point (phone) is not verified"),
    ],
)
def test_a_rule_that_reaches_nobody_is_named_with_the_reason(points: tuple[ContactPoint, ...], why: str):
    user = ALICE.model_copy(update={"contact_points": points})
    rules = (a_rule("notify_by_email"), a_rule("notify_by_sms", position=1))

    assert said(paging(user, rules=rules)) == [
        ("warning", "user alice", f"default rule 2 (notify_by_sms) reaches nobody: {why}")
    ]


def test_an_important_list_that_reaches_nobody_is_an_error_although_the_default_one_does():
    rules = (a_rule("notify_by_email"), a_rule("notify_by_telegram", important=True))

    (error,) = errors(paging(ALICE, rules=rules))

    assert error == (
        "is paged, but nothing in the important rules reaches them: telegram: Telegram is not set up"
    )


def test_an_empty_important_list_is_no_problem_because_the_default_one_counts():
    assert said(paging(ALICE, rules=(a_rule("notify_by_email"),))) == []


def test_a_push_rule_is_served_by_any_of_the_push_products():
    point = ContactPoint(id="P2", kind="pushover", address="…sG", secret_encrypted="x", declared=True)
    user = ALICE.model_copy(update={"contact_points": (point,)})

    assert said(paging(user, rules=(a_rule("notify_by_mobile_app"),))) == []
    assert len(said(paging(ALICE, rules=(a_rule("notify_by_mobile_app"), a_rule("notify_by_email"))))) == 1


def test_a_channel_that_this_server_does_not_know_is_said_to_be_none():
    rules = (a_rule("notify_by_email"), a_rule("notify_by_pigeon", position=1))

    (one,) = unreachable(paging(ALICE, rules=rules), SET_UP)

    assert one.message.endswith("the channel pigeon does not exist on this server")


def test_whoever_a_schedule_a_team_or_a_user_group_pages_is_looked_at_too():
    nobody = User(id="U2", username="bob", team_ids=("T1",), slack_user_id="S1")
    shift = Shift(id="S1", name="x", start="2026-01-01T00:00:00", duration=3600, rolling_users=(("U2",),))
    teams, groups = (Team(id="T1", name="dba"),), (UserGroup(id="G1", name="dba", slack_user_ids=("S1",)),)

    by_schedule = ConfigSnapshot(users=(nobody,), shifts=(shift,), schedules=(Schedule(id="D1", name="x"),))
    by_team = paging(nobody, team_to_notify="T1").model_copy(update={"teams": teams})
    by_group = paging(nobody, group_to_notify="G1").model_copy(update={"user_groups": groups})

    for config in (by_schedule, by_team, by_group):
        assert len(errors(config)) == 1, config


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"persons_to_notify": []}, "it names nobody who exists"),
        ({"persons_to_notify_next_each_time": ["U9"]}, "it names nobody who exists"),
        ({"team_to_notify": "T1"}, "the team dba has no members"),
        ({"team_to_notify": "T9"}, "the team T9 does not exist"),
        ({"group_to_notify": "G1"}, "nobody of the user group @dba is known here"),
        ({"group_to_notify": "G9"}, "the user group G9 is not known"),
        ({"notify_on_call_from_schedule": "D9"}, "the schedule D9 does not exist"),
    ],
)
def test_a_step_that_pages_nobody_is_named(parameters: dict[str, Any], message: str):
    config = paging(**parameters).model_copy(
        update={
            "teams": (Team(id="T1", name="dba"),),
            "user_groups": (UserGroup(id="G1", name="DBA", handle="@dba", slack_user_ids=("S9",)),),
        }
    )

    assert unreachable(config, SET_UP) == [
        Concern(
            severity="error",
            table="escalation_policies",
            object_id="E1",
            where="escalation chain ops, step 1",
            message=message,
        )
    ]


def test_errors_come_first():
    rules = (a_rule("notify_by_email"), a_rule("notify_by_sms", position=1))
    config = paging(ALICE, User(id="U2", username="bob"), rules=rules)

    assert [one.severity for one in unreachable(config, SET_UP)] == ["error", "warning"]
