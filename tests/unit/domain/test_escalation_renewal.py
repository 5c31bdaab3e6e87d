"""An edited chain that is applied to a run: where it goes on, and that applying it twice changes nothing more."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.configuration import ConfigSnapshot, StepConfig
from shared.domain.escalation import Escalation, begin, refresh, wake
from shared.domain.escalation_renewal import position_in
from shared.events import ChainRefreshRequested, Event, GroupRendered, NotificationRequested, derived_id
from tests.support.build import ALICE, NOON, a_configuration, a_group, minute, notify, wait


def step(id: str) -> StepConfig:
    return StepConfig(id=id, escalation_chain_id="F1", type="wait")


@pytest.mark.parametrize(
    ("before", "position", "after", "expected"),
    [
        ("ABC", 1, "ABC", 1),
        ("ABC", 1, "AXBC", 1),  # added right after what is done: done too
        ("ABC", 2, "XABC", 3),  # added before: not done
        ("ABC", 2, "AC", 1),  # what was done last is gone
        ("ABC", 2, "AB", 2),  # what was next is gone
        ("ABC", 3, "ABCD", 3),  # added at the end of a finished chain: done
        ("ABC", 1, "XBC", 1),  # all that was done is gone: at the one that was next
        ("ABC", 1, "XYZ", 0),  # everything is new: from the beginning
        ("ABC", 2, "BAC", 1),  # behind B, which was done last
    ],
)
def test_a_run_goes_on_behind_the_last_step_that_it_has_done(
    before: str, position: int, after: str, expected: int
):
    assert position_in([step(one) for one in after], [step(one) for one in before], position) == expected


def begun(config: ConfigSnapshot) -> Escalation:
    group = a_group()
    event = GroupRendered(
        id=derived_id("rendered", 1),
        time=NOON,
        group=group,
        change="group.opened.v1",
        alert_id=group.last_alert_id,
    )
    escalation, _ = begin(event, config, NOON)
    assert escalation is not None
    return escalation


def asked(version: int) -> ChainRefreshRequested:
    return ChainRefreshRequested(
        id=derived_id("refresh", version),
        time=NOON,
        subject="IGROUP",
        config_version=version,
        group_id="IGROUP",
        run=1,
        chain_id="F1",
        actor=ALICE,
    )


def edited(*steps: dict[str, Any], version: int = 2, **fields: Any) -> ConfigSnapshot:
    return a_configuration(*steps, version=version, **fields)


def paged(events: list[Event]) -> list[str]:
    return [one.user_id for one in events if isinstance(one, NotificationRequested)]


def test_a_wait_that_is_under_way_ends_when_it_would_have_and_then_the_new_steps_follow():
    escalation = begun(a_configuration(notify("U1"), wait(5)))
    config = edited(notify("U1"), wait(60), notify("U2"))

    after, told = refresh(asked(2), escalation, config, minute(1))
    _, later = wake(after, config, minute(5))

    assert (after.due_at, after.config_version, paged(told)) == (minute(5), 2, [])
    assert told[0].decision == "refreshed"
    assert "it goes on with step 3 of 3" in told[0].reason
    assert paged(later) == ["U2"]


def test_without_it_an_edited_chain_changes_nothing_of_what_runs():
    escalation = begun(a_configuration(notify("U1"), wait(5)))
    config = edited(notify("U1"), wait(5), notify("U2"))

    after, told = wake(escalation, config, minute(5))

    assert paged(told) == []
    assert (after.ended[:8], after.config_version) == ("finished", 1)


def test_applied_twice_is_applied_once():
    config = edited(notify("U1"), wait(5), notify("U2"))
    once, _ = refresh(asked(2), begun(a_configuration(notify("U1"), wait(5))), config, minute(1))

    twice, told = refresh(asked(2), once, config, minute(2))

    assert twice is once
    assert [one.decision for one in told] == ["repeated"]


def test_a_step_that_waits_for_alerts_and_is_removed_is_waited_for_no_more():
    alerts = {"type": "notify_if_num_alerts_in_window", "num_alerts_in_window": 5, "num_minutes_in_window": 5}
    escalation = begun(a_configuration(notify("U1"))).model_copy(
        update={
            "ended": "",
            "paused": "waits",
            "next_step_at": None,
            "steps": a_configuration(alerts).steps,
            "position": 0,
        }
    )
    config = edited(notify("U2"))

    after, told = refresh(asked(2), escalation, config, minute(1))

    assert (after.paused, paged(told)) == ("", ["U2"])


@pytest.mark.parametrize("ended", [True, False])
def test_what_has_ended_and_what_has_no_chain_any_more_stays(ended: bool):
    escalation = begun(a_configuration(notify("U1"), wait(5)))
    if ended:
        escalation = escalation.model_copy(update={"ended": "the group is resolved", "next_step_at": None})
    config = edited(notify("U2")) if ended else edited(chains=())

    after, told = refresh(asked(2), escalation, config, minute(1))

    assert after is escalation
    assert [one.decision for one in told] == ["ended_before" if ended else "repeated"]
