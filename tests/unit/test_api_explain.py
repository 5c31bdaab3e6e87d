"""An explanation says why nobody was paged, in the words of whoever decided it."""

from __future__ import annotations

from typing import Any

import pytest

from services.api.explain import explanation
from tests.support.build import a_group


def line(
    type: str, decision: str, reason: str, stage: str = "", service: str = "router", **data: Any
) -> dict[str, Any]:
    return {
        "id": f"{type}-{decision}",
        "type": f"{type}.v1",
        "source": f"/tocsin/{service}/one",
        "time": "2026-01-05T10:00:00Z",
        "decision": decision,
        "reason": reason,
        "data": {"stage": stage, **data} if stage else data,
    }


ROUTED = line("alert.routed", "routed", "the default route", grouping_key="k")


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        ("no_chain", "its route has no escalation chain"),
        ("held", "maintenance until noon"),
        ("not_started", "the group is acknowledged"),
        ("step_failed", "step 1 of 1: notify nobody: nobody is selected"),
    ],
)
def test_what_the_escalator_decided_is_the_reason(decision: str, reason: str) -> None:
    way = [ROUTED, line("stage.decided", decision, reason, stage="escalator")]

    told = explanation("A1", way, way, a_group())

    assert [one["reason"] for one in told["nobody_was_paged_because"]] == [reason]
    assert told["summary"] == f"Nobody was paged: {reason}."


def test_an_alert_that_joined_a_group_shows_the_pages_of_the_group() -> None:
    asked = line("notification.requested", "paged", "alice: rule 1", user_id="U1", channel="email")
    end = {**line("notification.delivered", "", ""), "causeid": asked["id"]}
    way = [ROUTED, line("stage.decided", "goes_on", "next at 10:05", stage="escalator")]

    told = explanation("A2", way, [*way, asked, end], a_group(alerts_count=3))

    assert told["nobody_was_paged_because"] == []
    assert [one["outcome"] for one in told["pages"]] == ["delivered"]
    assert "1 arrived" in told["summary"]


def test_a_resolve_with_nothing_to_resolve_pages_nobody_and_says_so() -> None:
    reason = "no group of its key was open"
    way = [ROUTED, line("stage.decided", "nothing_to_resolve", reason, stage="grouper")]

    told = explanation("A1", way, way, a_group(seen=False))

    assert told["nobody_was_paged_because"][0]["reason"] == reason


def test_an_alert_that_is_still_on_its_way_says_how_far_it_came() -> None:
    told = explanation("A1", [ROUTED], [], None)

    assert told["nobody_was_paged_because"][0]["decision"] == "under_way"
    assert "alert.routed" in told["summary"]
    assert told["grouped_by"] is not None
    assert told["grouped_by"]["grouping_key"] == "k"
