"""Who was paged hears of the resolve, once per run; who resolved it knows already."""

from __future__ import annotations

from typing import Any

from shared.domain import delivery, ledger
from shared.domain.configuration import ConfigSnapshot, Rule, User
from shared.domain.escalation import Glance, at_a_glance
from shared.domain.escalation_run import Escalation
from shared.domain.model import Actor, Card, Group
from shared.domain.personal import Personal
from shared.domain.resolve_notice import resolve_notices
from shared.events import GroupRendered, GroupResolved, NotificationRequested, derived_id
from tests.support.outgoing import NOON, a_group

CONFIG = ConfigSnapshot(users=(User(id="U1", username="alice"), User(id="U2", username="bob")))
CHANNELS = frozenset({"slack", "mobile_app"})
BOB = Actor(kind="user", id="U2", name="bob")


def page_id(user_id: str, position: int) -> str:
    return derived_id(NotificationRequested.type, a_group().id, 1, "0.S1", user_id, position)


def a_person(user_id: str, *types: str, failed: tuple[int, ...] = ()) -> Personal:
    rules = tuple(
        Rule(id=f"{user_id}{number}", user_id=user_id, position=number, type=one)
        for number, one in enumerate(types)
    )
    asked = tuple(page_id(user_id, number) for number in range(len(types)) if types[number] != "wait")
    return Personal(
        user_id=user_id,
        started_by="0.S1",
        rules=rules,
        requested=asked,
        failed=tuple(page_id(user_id, number) for number in failed),
    )


def an_escalation(*people: Personal) -> Escalation:
    group = a_group()
    cards = {"slack": Card(title="DiskFull")}
    return Escalation(
        id=f"{group.id}:1", group_id=group.id, run=1, group=group, cards=cards, round_began_at=NOON, personal=people,
        ended="the group is acknowledged",
    )  # fmt: skip


def resolved_event(**fields: Any) -> GroupRendered:
    group = a_group(version=5, resolved_at=NOON, resolved_by=fields.pop("by", None), **fields)
    return GroupRendered(
        id="E1", time=NOON, group=group, change=GroupResolved.type, cards={}, alerts=(), subject=group.id
    )


def told(escalation: Escalation | None, event: GroupRendered) -> list[tuple[str, str]]:
    return [(one.user_id, one.channel) for one in resolve_notices(event, escalation, CHANNELS, CONFIG, NOON)]


def test_each_person_is_told_once_by_the_first_wanted_channel_that_worked():
    escalation = an_escalation(
        a_person("U1", "notify_by_slack", "notify_by_mobile_app", failed=(0,)),
        a_person("U2", "notify_by_phone_call", "wait", "notify_by_slack", "notify_by_mobile_app"),
    )

    assert told(escalation, resolved_event()) == [("U1", "mobile_app"), ("U2", "slack")]


def test_who_resolved_it_and_who_was_not_paged_by_such_a_channel_is_not_told():
    escalation = an_escalation(a_person("U1", "notify_by_phone_call"), a_person("U2", "notify_by_slack"))

    assert told(escalation, resolved_event(by=BOB)) == []
    assert told(None, resolved_event()) == []
    assert told(escalation, resolved_event(run=2)) == []


def test_the_same_resolve_asks_for_the_same_notice():
    escalation = an_escalation(a_person("U1", "notify_by_slack"))
    first, again = (
        resolve_notices(resolved_event(), escalation, CHANNELS, CONFIG, NOON)[0] for _ in range(2)
    )

    assert first.id == again.id
    assert first.resolved


def test_a_resolve_is_looked_at_wholly_although_the_escalation_is_over():
    glance = Glance(id="x", group_id=a_group().id, run=1, group_version=3, ended="the group is acknowledged")

    assert at_a_glance(resolved_event(), [glance], NOON) is None
    later = resolved_event().model_copy(update={"change": "group.alert_added.v1"})
    assert at_a_glance(later, [glance], NOON) is not None


def test_the_notice_goes_out_only_while_the_group_is_resolved():
    escalation = an_escalation(a_person("U1", "notify_by_slack"))
    (event,) = resolve_notices(resolved_event(), escalation, CHANNELS, CONFIG, NOON)
    row = ledger.requested(event, "slack:U1", NOON)
    resolved: Group = resolved_event().group

    assert delivery.why_not(row, resolved) is None
    assert delivery.why_not(row, a_group()) == "the alert group is not resolved any more"
    assert delivery.why_not(row, a_group(run=2, resolved_at=NOON)) is not None
    assert delivery.why_not(row, None) is not None
