"""Escalation by example: who hears of a group, when, and what stops it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from shared.domain.configuration import ConfigSnapshot, Rule
from shared.domain.escalation import Escalation, begin, follow, page_failed, wake
from shared.domain.model import Card, Group
from shared.events import (
    ActionRequested,
    Event,
    GroupRendered,
    NotificationFailed,
    NotificationRequested,
    NotificationUnknown,
    StageDecided,
    WebhookRequested,
    derived_id,
)
from tests.support.build import ALICE, NOON, a_configuration, a_group, minute, notify, wait

REPEAT = {"type": "repeat_escalation"}
RESOLVE = {"type": "resolve"}
WEBHOOK = {"type": "trigger_webhook", "action_to_trigger": "WH1"}
CARDS = {"web": Card(title="web"), "email": Card(title="mail")}


def rendered(group: Group | None = None, **fields: Any) -> GroupRendered:
    """Return a rendered group; its id follows from what it shows."""
    group = group or a_group()
    fields = {"cards": CARDS, "change": "group.opened.v1", "alert_id": group.last_alert_id} | fields
    id = derived_id("rendered", group.id, group.run, group.version)
    return GroupRendered(id=id, time=NOON, group=group, **fields)


def started(*steps: dict[str, Any], **fields: Any) -> tuple[Escalation, list[Event], ConfigSnapshot]:
    """Begin a chain of these steps at noon."""
    config = a_configuration(*steps, **fields)
    escalation, events = begin(rendered(), config, NOON)
    assert escalation is not None
    return escalation, events, config


def pages(events: list[Event]) -> list[tuple[str, str]]:
    """Return who is paged, and how."""
    return [(one.user_id, one.channel) for one in events if isinstance(one, NotificationRequested)]


def decisions(events: list[Event]) -> list[str]:
    """Return what was decided without an onward event."""
    return [one.decision for one in events if isinstance(one, StageDecided)]


def page_of(events: list[Event]) -> NotificationRequested:
    """Return the only page."""
    (page,) = [one for one in events if isinstance(one, NotificationRequested)]
    return page


def failed(
    page: NotificationRequested, kind: type[NotificationFailed | NotificationUnknown] = NotificationFailed
) -> NotificationFailed | NotificationUnknown:
    """Return the news that a page did not arrive."""
    return kind.following(
        page,
        request_id=page.id,
        group_id=page.group.id,
        run=page.group.run,
        user_id=page.user_id,
        channel=page.channel,
        reason="mailbox full",
    )


def look(escalation: Escalation, config: ConfigSnapshot, *times: datetime) -> tuple[Escalation, list[Event]]:
    """Wake an escalation at these times; return all that was told."""
    told: list[Event] = []
    for now in times:
        escalation, events = wake(escalation, config, now)
        told += events
    return escalation, told


def test_the_first_person_is_paged_at_once():
    escalation, events, _ = started(notify("U1"), wait(5), notify("U2"))

    assert pages(events) == [("U1", "email")]
    assert decisions(events) == ["started"]
    assert escalation.due_at == minute(5)


def test_a_page_shows_its_own_mediums_card_and_says_why():
    page = page_of(started(notify("U1"))[1])

    assert (page.card, page.group, page.important) == (CARDS["email"], a_group(), False)
    assert page.reason == "alice: default rule 1, email"


def test_a_medium_without_a_card_shows_the_webs():
    rules = (Rule(id="N1", user_id="U1", type="notify_by_sms"),)

    assert page_of(started(notify("U1"), rules=rules)[1]).card == CARDS["web"]


def test_silence_from_the_first_person_pages_the_second():
    escalation, _, config = started(notify("U1"), wait(5), notify("U2"))

    escalation, early = look(escalation, config, minute(4))
    escalation, events = look(escalation, config, minute(5))

    assert early == []
    assert pages(events) == [("U2", "email")]
    assert escalation.ended.startswith("finished")
    assert escalation.due_at is None


def test_everybody_of_a_step_is_paged_at_once():
    assert pages(started(notify("U1", "U2"))[1]) == [("U1", "email"), ("U2", "email")]


def test_a_person_named_twice_is_paged_once():
    _, events, _ = started(notify("U1", "U1"), notify("U1"))

    assert pages(events) == [("U1", "email")]
    assert decisions(events).count("joined") == 1


def test_important_steps_use_important_rules():
    important = Rule(id="N9", user_id="U1", important=True, type="notify_by_phone_call")

    page = page_of(started(notify("U1", important=True), rules=(important,))[1])

    assert (page.channel, page.important) == ("phone_call", True)


LOUD = (
    Rule(id="N1", user_id="U1", position=0, type="notify_by_email"),
    Rule(id="N2", user_id="U1", position=1, type="wait", duration=1800),
    Rule(id="N3", user_id="U1", position=2, type="notify_by_sms"),
    Rule(id="N4", user_id="U1", important=True, type="notify_by_phone_call"),
)


def test_an_important_step_takes_the_place_of_a_persons_ordinary_rules():
    escalation, events, config = started(notify("U1"), wait(5), notify("U1", important=True), rules=LOUD)

    _, more = look(escalation, config, minute(5), minute(60))

    assert pages([*events, *more]) == [("U1", "email"), ("U1", "phone_call")]


def test_an_ordinary_step_joins_important_rules_that_run():
    important = tuple(one.model_copy(update={"important": True}) for one in LOUD[:3])
    steps = (notify("U1", important=True), wait(5), notify("U1"))
    escalation, _, config = started(
        *steps, rules=(*important, LOUD[3].model_copy(update={"important": False}))
    )

    _, events = look(escalation, config, minute(5), minute(60))

    assert pages(events) == [("U1", "sms")]
    assert decisions(events)[:2] == ["went_on", "joined"]


def test_a_persons_own_waits_run_beside_the_chains():
    own = (
        Rule(id="N1", user_id="U1", position=0, type="notify_by_email"),
        Rule(id="N2", user_id="U1", position=1, type="wait", duration=180),
        Rule(id="N3", user_id="U1", position=2, type="notify_by_sms"),
    )
    escalation, _, config = started(notify("U1"), wait(5), notify("U2"), rules=own)

    _, events = look(escalation, config, minute(3), minute(5))

    assert pages(events) == [("U1", "sms"), ("U2", "email")]


def test_a_webhook_is_called_for_the_group():
    _, events, _ = started(WEBHOOK)

    (call,) = [one for one in events if isinstance(one, WebhookRequested)]
    assert (call.webhook_id, call.trigger, call.group) == ("WH1", "escalation", a_group())


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "from_the_future"},
        {"type": "notify_persons", "persons_to_notify": 5},
        notify("gone"),
        {"type": "trigger_webhook", "action_to_trigger": "gone"},
    ],
)
def test_a_step_that_cannot_be_done_does_not_stop_the_chain(broken: dict[str, Any]):
    _, events, _ = started(broken, notify("U1"))

    assert pages(events) == [("U1", "email")]
    assert "step_failed" in decisions(events)


def test_a_chain_is_repeated_five_times_and_then_goes_on():
    escalation, events, config = started(notify("U1"), wait(5), REPEAT, notify("U2"))

    escalation, more = look(escalation, config, *[minute(number) for number in range(1, 120)])

    assert pages([*events, *more]) == [("U1", "email")] * 6 + [("U2", "email")]
    assert len({one.id for one in [*events, *more]}) == len([*events, *more])
    assert escalation.ended


def test_a_chain_without_a_wait_takes_a_minute_for_each_round():
    escalation, events, config = started(notify("U1"), REPEAT)

    assert (pages(events), escalation.due_at) == ([("U1", "email")], minute(1))
    assert pages(look(escalation, config, minute(0.5))[1]) == []
    assert pages(look(escalation, config, minute(1))[1]) == [("U1", "email")]


def test_a_resolve_step_asks_for_it_in_this_run_only_and_ends():
    escalation, events, _ = started(RESOLVE)

    (request,) = [one for one in events if isinstance(one, ActionRequested)]
    assert (request.action, request.group_id, request.run, request.source) == (
        "resolve",
        "IGROUP",
        1,
        "escalation",
    )
    assert escalation.due_at is None


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"acknowledged_at": minute(1), "acknowledged_by": ALICE}, "acknowledged"),
        ({"resolved_at": minute(1)}, "resolved"),
        ({"silenced_at": minute(1)}, "silenced"),
    ],
)
def test_a_group_that_is_not_firing_any_more_stops_everything(changes: dict[str, Any], state: str):
    escalation, _, config = started(notify("U1"), wait(5), notify("U2"))

    escalation, events = follow(
        rendered(a_group(version=2, **changes)), escalation, a_configuration(), minute(1)
    )

    assert (escalation.ended, decisions(events)) == (f"the group is {state}", ["stopped"])
    assert look(escalation, config, minute(5), minute(60))[1] == []


def test_an_acknowledge_that_overtakes_the_opening_leaves_nothing_to_start():
    config = a_configuration(notify("U1"))
    taken = rendered(a_group(version=2, acknowledged_at=minute(1), acknowledged_by=ALICE))

    escalation, events = begin(taken, config, NOON)
    assert escalation is not None
    after, late = follow(rendered(), escalation, a_configuration(), NOON)

    assert (pages([*events, *late]), decisions([*events, *late])) == ([], ["not_started", "repeated"])
    assert after is escalation


def test_a_newer_run_ends_the_older_one():
    escalation, _, _ = started(notify("U1"), wait(5), notify("U2"))

    escalation, events = follow(rendered(a_group(version=3, run=2)), escalation, a_configuration(), minute(1))

    assert (escalation.ended, pages(events)) == ("a newer run began", [])


def test_an_older_run_that_comes_late_pages_nobody():
    escalation, events = begin(rendered(), a_configuration(notify("U1")), NOON, newest_run=2)

    assert escalation is None
    assert (pages(events), decisions(events)) == ([], ["superseded"])


def test_more_alerts_change_what_later_pages_show_and_nothing_else():
    escalation, _, config = started(notify("U1"), wait(5), notify("U2"))
    newer = rendered(a_group(version=2, alerts_count=9), cards={"web": Card(title="nine alerts")})

    escalation, events = follow(newer, escalation, a_configuration(), minute(1))

    assert (pages(events), decisions(events), escalation.due_at) == ([], ["goes_on"], minute(5))
    assert page_of(look(escalation, config, minute(5))[1]).card.title == "nine alerts"


def test_a_repeated_event_changes_nothing():
    escalation, _, _ = started(notify("U1"), wait(5), notify("U2"))

    after, events = follow(rendered(), escalation, a_configuration(), minute(1))

    assert after is escalation
    assert decisions(events) == ["repeated"]


@pytest.mark.parametrize("fields", [{"routes": ()}, {"chains": ()}])
def test_a_group_without_a_chain_escalates_nowhere_and_says_why(fields: dict[str, Any]):
    escalation, events = begin(rendered(), a_configuration(**fields), NOON)

    assert escalation is None
    assert decisions(events) == ["no_chain"]
    assert events[0].reason


def test_an_empty_chain_is_finished_at_once():
    escalation, events, _ = started()

    assert escalation.ended.startswith("finished")
    assert decisions(events) == ["started", "finished"]


OWN_RULES = (
    Rule(id="N1", user_id="U1", position=0, type="notify_by_email"),
    Rule(id="N2", user_id="U1", position=1, type="wait", duration=600),
    Rule(id="N3", user_id="U1", position=2, type="notify_by_sms"),
)


@pytest.mark.parametrize("kind", [NotificationFailed, NotificationUnknown])
def test_a_page_that_did_not_arrive_lets_the_persons_next_rule_run_at_once(
    kind: type[NotificationFailed | NotificationUnknown],
):
    escalation, events, config = started(notify("U1"), rules=OWN_RULES)

    escalation, events = page_failed(failed(page_of(events), kind), escalation, config, minute(1))

    assert pages(events) == [("U1", "sms")]
    assert decisions(events)[0] == "fell_back"


def test_the_same_failure_twice_pages_once():
    escalation, events, config = started(notify("U1"), rules=OWN_RULES)
    news = failed(page_of(events))
    escalation, _ = page_failed(news, escalation, config, minute(1))

    after, events = page_failed(news, escalation, config, minute(2))

    assert pages(events) == []
    assert after is escalation


def test_a_page_that_fails_after_the_group_was_taken_pages_nobody():
    escalation, events, config = started(notify("U1"), rules=OWN_RULES)
    news = failed(page_of(events))
    taken = rendered(a_group(version=2, acknowledged_at=minute(1), acknowledged_by=ALICE))
    escalation, _ = follow(taken, escalation, a_configuration(), minute(1))

    after, events = page_failed(news, escalation, config, minute(2))

    assert after is escalation
    assert (pages(events), decisions(events)) == ([], ["ended_before"])


def test_a_chain_that_is_edited_meanwhile_goes_on_as_it_was():
    escalation, _, _ = started(notify("U1"), wait(5), notify("U2"))

    _, events = look(escalation, a_configuration(notify("U1")), minute(5))

    assert pages(events) == [("U2", "email")]


def test_a_page_has_the_same_id_whenever_its_step_is_decided():
    escalation, _, config = started(notify("U1"), wait(5), notify("U2"))

    in_time = page_of(look(escalation, config, minute(5))[1])
    late = page_of(look(escalation, config, minute(50))[1])

    assert in_time.id == late.id
