"""The steps of a chain: what each does, and that none of them can stop the chain."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.configuration import ConfigSnapshot, StepConfig, Webhook
from shared.domain.steps import (
    MAX_REPEATS,
    NO_ANSWERS,
    STEP_TYPES,
    STEPS,
    Answers,
    Moment,
    StepResult,
    check_step,
    run_step,
)
from shared.errors import Permanent
from tests.support.build import NOON, a_configuration, a_group

CONFIG = a_configuration(
    webhooks=(
        Webhook(id="WH1", name="ticket", url="http://hook.example/"),
        Webhook(id="WH2", name="off", url="http://hook.example/", is_webhook_enabled=False),
    )
)


def moment_of(
    type: str,
    *,
    now: datetime = NOON,
    config: ConfigSnapshot = CONFIG,
    round: int = 0,
    began_s_ago: float = 3600,
    step_began_s_ago: float = 0,
    important: bool = False,
    condition: str | None = None,
    answers: Answers = NO_ANSWERS,
    **parameters: Any,
) -> Moment:
    """Return a step that is looked at: at noon, in a round that began an hour ago."""
    step = StepConfig(
        id="E1", escalation_chain_id="F1", type=type, parameters=parameters, condition=condition
    )
    return Moment(
        now=now,
        config=config,
        group=a_group(),
        run=1,
        step=step,
        round=round,
        round_began_at=now - timedelta(seconds=began_s_ago),
        step_began_at=now - timedelta(seconds=step_began_s_ago),
        important=important,
        answers=answers,
    )


def run(type: str, **parameters: Any) -> StepResult:
    """Return what a step does at noon; see `moment_of`."""
    return run_step(moment_of(type, **parameters))


def test_a_wait_pauses_the_chain_for_its_duration():
    assert run("wait", duration=120) == StepResult(
        reason="wait 2 min", wait_until=NOON + timedelta(minutes=2)
    )


def test_a_wait_without_a_duration_takes_five_minutes_and_says_so():
    result = run("wait")

    assert result.wait_until == NOON + timedelta(minutes=5)
    assert result.failure


def test_people_are_notified_by_the_rules_that_the_step_asks_for():
    result = run("notify_persons", important=True, persons_to_notify=["U1", "U2"])

    assert (result.notify, result.failure) == (("U1", "U2"), None)
    assert result.reason == "notify alice, bob (important rules)"


def test_people_who_were_deleted_are_left_out():
    result = run("notify_persons", persons_to_notify=["gone", "U2"])

    assert (result.notify, result.failure) == (("U2",), None)


@pytest.mark.parametrize("persons", [[], ["gone"]])
def test_a_step_that_reaches_nobody_fails_and_the_chain_goes_on(persons: list[str]):
    result = run("notify_persons", persons_to_notify=persons)

    assert result.notify == ()
    assert result.failure
    assert result.wait_until is None


def test_a_webhook_is_called():
    assert run("trigger_webhook", action_to_trigger="WH1").webhook_id == "WH1"


@pytest.mark.parametrize("webhook", [None, "gone", "WH2"])
def test_a_webhook_that_is_missing_or_disabled_is_a_failure(webhook: str | None):
    result = run("trigger_webhook", action_to_trigger=webhook)

    assert result.webhook_id is None
    assert result.failure


def test_a_chain_is_repeated_at_most_five_times():
    assert [run("repeat_escalation", round=round).repeat for round in range(7)] == [True] * 5 + [False] * 2
    assert MAX_REPEATS == 5


def test_a_round_lasts_a_minute_at_least_so_that_a_chain_without_a_wait_cannot_spin():
    result = run("repeat_escalation", began_s_ago=10)

    assert (result.again_at, result.repeat) == (NOON + timedelta(seconds=50), False)


def test_a_round_that_lasted_longer_is_repeated_at_once():
    assert run("repeat_escalation", began_s_ago=61).repeat


def test_a_resolve_step_resolves():
    assert run("resolve").resolve


def test_a_step_of_a_newer_version_does_nothing_and_says_so():
    result = run("dance_for_rain", tempo=3)

    assert "dance_for_rain" in (result.failure or "")
    assert result == StepResult(reason=result.reason, failure=result.failure)


json = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.lists(st.text(max_size=3), max_size=3)
)


@given(
    st.sampled_from([*STEPS, "unknown"]),
    st.dictionaries(
        st.sampled_from(["duration", "persons_to_notify", "action_to_trigger", "other"]), json, max_size=4
    ),
    st.integers(0, 9),
    st.booleans(),
)
def test_no_stored_step_whatsoever_is_a_bug(type: str, parameters: Any, round: int, important: bool):
    result = run(type, round=round, important=important, **parameters)

    assert result.reason
    assert result.wait_until is None or result.wait_until > NOON


@pytest.mark.parametrize(
    ("type", "parameters", "named"),
    [
        ("wait", {"duration": 59}, "duration"),
        ("wait", {"duration": 86_401}, "duration"),
        ("wait", {"duration": "soon"}, "duration"),
        ("notify_persons", {"persons_to_notify": "alice"}, "persons_to_notify"),
        ("trigger_webhook", {"action_to_trigger": 5}, "action_to_trigger"),
        ("dance", {}, "type"),
    ],
)
def test_a_declared_step_that_does_not_fit_is_refused_by_the_name_of_its_field(
    type: str, parameters: dict[str, Any], named: str
):
    with pytest.raises(Permanent, match=named):
        check_step(type, parameters)


@pytest.mark.parametrize(
    ("type", "parameters"),
    [
        ("wait", {"duration": 60}),
        ("wait", {}),
        ("notify_persons", {"persons_to_notify": ["U1"]}),
        ("resolve", {}),
    ],
)
def test_a_declared_step_that_fits_is_taken(type: str, parameters: dict[str, Any]):
    check_step(type, parameters)


def test_every_step_type_is_offered_with_its_model():
    assert {name: one.model for name, one in STEPS.items()} == STEP_TYPES
