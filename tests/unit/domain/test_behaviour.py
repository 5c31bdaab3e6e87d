"""Two configurations are compared over stored alerts: nothing that differs is missed, nothing else is told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.domain.behaviour_deeds import Deed, Handled
from shared.domain.behaviour_evaluation import behave
from shared.domain.behaviour_jobs import Behaviour, BehaviourJob, Decided
from shared.domain.behaviour_pages import Page, Paging
from shared.domain.behaviour_replay import (
    Opening,
    Outcome,
    Outcomes,
    Record,
    dirty_keys,
    replayed,
    within,
)
from shared.domain.behaviour_scope import Scope, scopes
from shared.domain.configuration import ConfigSnapshot
from shared.domain.evaluation import Memory
from shared.domain.grouping import group_id_of
from shared.domain.model import SOURCE, Alert
from shared.domain.routing import evaluation_of, route
from shared.domain.template_jobs import RouteJob
from tests.support.build import ALICE, NOON, a_group, minute
from tests.support.rehearsing import a_case, a_declared, before_and_after, played

TITLE = '"{{ payload.title }}"'
INFO = "{{ payload.severity == 'info' }}"


def the_scope(*changes: tuple[str, str]) -> Scope | None:
    before, after = before_and_after(*changes)
    found = scopes(before, after)
    assert len(found) <= 1
    return next(iter(found.values()), None)


def test_what_has_no_say_in_what_becomes_of_alerts_leaves_nothing_to_look_at():
    assert the_scope() is None
    assert the_scope(("type: webhook\n", "type: webhook\n    description_short: the shop\n")) is None
    assert the_scope(("tickets.example.org", "tickets.example.com")) is None


@pytest.mark.parametrize(
    ("old", "new", "media"),
    [
        ("web: {", "slack: { title: other }\n      web: {", ("slack",)),
        (TITLE, '"{{ payload.host }}"', ("web", "slack", "sms", "email")),
        ("service: shop", "service: till", ("web", "slack", "sms", "email")),
        ("web: {", "telegram: { title: other }\n      web: {", ()),
    ],
)
def test_only_texts_that_may_differ_and_that_somebody_is_shown_are_rendered(
    old: str, new: str, media: tuple[str, ...]
):
    scope = the_scope((old, new))

    assert scope is not None
    assert set(scope.media) == set(media)


def test_a_route_that_is_written_anew_in_its_place_is_the_same_route():
    before, after = before_and_after((INFO, "{{ payload.severity in ('info', 'debug') }}"))
    (scope,) = scopes(before, after).values()
    ids = [{one.id for one in config.routes if not one.is_default} for config in (before, after)]

    assert ids[0] != ids[1]
    assert {scope.route_before(one) for one in ids[1]} == ids[0]
    assert {scope.route_after(one) for one in ids[0]} == ids[1]


def test_a_route_that_leads_elsewhere_is_another_one():
    before, after = before_and_after((f'- jinja2: "{INFO}"', "- { regex: debug, chain: ops }"))
    (scope,) = scopes(before, after).values()

    assert scope.same_route == {}


def test_a_chain_that_is_changed_pages_otherwise_by_the_routes_that_lead_to_it():
    before, after = before_and_after(("duration: 5m", "duration: 6m"))
    (scope,) = scopes(before, after).values()

    assert scope.pages == {one.id for one in before.routes if one.is_default}
    assert not scope.is_decided_anew
    assert scope.media == ()


def test_an_integration_that_is_gone_has_nothing_after():
    before = a_declared()
    after = before.model_copy(update={"integrations": ()})

    (scope,) = scopes(before, ConfigSnapshot(**after.__dict__)).values()

    assert scope.after is None


def compared(before: ConfigSnapshot, after: ConfigSnapshot, payload: dict[str, Any]) -> Behaviour:
    (scope,) = scopes(before, after).values()
    assert scope.after is not None
    alert = Alert(id="a1", integration_id=before.integrations[0].id, received_at=NOON, payload=payload)
    return behave(BehaviourJob(alert=alert, before=scope.before, after=scope.after, media=scope.media), NOON)


def test_an_alert_is_decided_by_each_side_as_the_router_decides_it():
    before, after = before_and_after(
        ("{{ payload.host }}", "{{ payload.rack }}"), ("service: shop", "rack: x")
    )
    payload = {"host": "db1", "rack": "r1", "title": "full", "severity": "info"}

    found = compared(before, after, payload)

    for config, decided in ((before, found.before), (after, found.after)):
        integration = config.integrations[0]
        alert = Alert(id="a1", integration_id=integration.id, received_at=NOON, payload=payload)
        routes = config.routes_of[integration.id]
        routed = route(RouteJob(alert=alert, integration=integration, routes=routes), NOON)
        assert decided is not None
        assert (decided.route_id, decided.key, decided.title, decided.labels) == (
            routed.route_id,
            routed.grouping_digest,
            routed.title,
            routed.labels,
        )


def test_only_texts_that_differ_for_the_alert_are_told():
    title = "{% if payload.severity == 'high' %}!{% endif %}{{ payload.title }}"
    before, after = before_and_after(("web: {", f'sms: {{ title: "{title}" }}\n      web: {{'))

    high = compared(before, after, {"host": "db1", "title": "full", "severity": "high"})
    low = compared(before, after, {"host": "db1", "title": "full", "severity": "low"})

    assert [(one.where, one.before, one.after) for one in high.texts] == [("sms.title", "full", "!full")]
    assert (low.texts, low.after) == ((), None)


def test_what_was_evaluated_before_is_only_taken_again_for_the_same_variables():
    config = a_declared()
    integration = config.integrations[0].model_copy(
        update={"templates": {"web": {"title": "{{ labels.service }}"}}}
    )
    other = integration.model_copy(update={"labels": integration.labels.model_copy(update={"static": ()})})
    alert = Alert(id="a1", integration_id=integration.id, received_at=NOON, payload={})
    memory = Memory()

    titles = []
    for one in (integration, other, integration):
        job = RouteJob(alert=alert, integration=one)
        evaluation = evaluation_of(job, NOON, memory)
        titles.append(evaluation.text("web.title", "{{ labels.service }}"))

    assert titles == ["shop", "", "shop"]


def a_record(name: str, at: datetime, key: str = "k", *, after: str | None = None, **fields: Any) -> Record:
    was = Outcome("R1", key, True, False, False, "t", {})._replace(**fields)
    will = was if after is None else was._replace(key=after)
    return Record(name, at, "C1", "", None, was, will)


def before_of(record: Record) -> Outcome:
    return record.before


def after_of(record: Record) -> Outcome:
    return record.after


def test_alerts_are_in_the_group_that_the_first_of_their_key_opened():
    records = [a_record("a", minute(0)), a_record("b", minute(1)), a_record("c", minute(2), "other")]

    replay = replayed(records, before_of)

    assert replay.group_of == {"a": group_id_of("a"), "b": group_id_of("a"), "c": group_id_of("c")}
    assert [one.alert_id for one in replay.openings.values()] == ["a", "c"]


def test_a_resolve_ends_a_group_and_the_next_firing_opens_another():
    records = [
        a_record("a", minute(0)),
        a_record("b", minute(1), resolve=True),
        a_record("c", minute(2)),
        a_record("d", minute(3), acknowledge=True),
    ]

    replay = replayed(records, before_of)

    assert [(one.alert_id, one.over_at) for one in replay.openings.values()] == [
        ("a", minute(1)),
        ("c", minute(3)),
    ]


def test_instances_that_are_not_sent_again_end_their_group_before_the_next_alert():
    first = a_record("a", minute(0))._replace(instance="db1", ends_at=minute(5))
    second = a_record("b", minute(9))._replace(instance="db1", ends_at=minute(14))

    replay = replayed([first, second], before_of)

    assert [(one.alert_id, one.over_at) for one in replay.openings.values()] == [
        ("a", minute(5)),
        ("b", None),
    ]


def test_what_people_did_to_a_group_is_done_again_where_it_still_counts():
    records = [a_record(f"a{one}", minute(one)) for one in range(4)]
    deeds = [
        Deed(minute(0.5), "a0", "acknowledge", ALICE),
        Deed(minute(1.5), "a1", "resolve", ALICE),
        Deed(minute(2.5), "a0", "resolve", ALICE),
        Deed(minute(9), "a3", "resolve", ALICE),
        Deed(minute(9), "gone", "resolve", ALICE),
    ]

    replay = replayed(records, before_of, deeds)

    assert [(one.alert_id, one.over_at) for one in replay.openings.values()] == [
        ("a0", minute(0.5)),
        ("a2", minute(9)),
    ]


def test_only_what_the_source_did_not_do_itself_is_done_again():
    group = a_group(
        acknowledged_at=minute(1), acknowledged_by=ALICE, resolved_at=minute(2), resolved_by=SOURCE
    )

    handled = Handled.model_validate_json(group.model_dump_json())

    assert list(handled.deeds()) == [Deed(minute(1), group.last_alert_id, "acknowledge", ALICE)]


def test_alerts_that_nothing_groups_are_alone():
    records = [a_record(name, minute(0), name, is_grouped=False) for name in "ab"]

    assert len(replayed(records, before_of).openings) == 2


def test_only_keys_with_an_alert_that_is_decided_otherwise_are_grouped_again():
    records = [
        a_record("a", minute(0)),
        a_record("b", minute(1), "x", after="y"),
        a_record("c", minute(2), "y"),
        a_record("d", minute(3), "x"),
    ]
    dirty = dirty_keys(records)

    assert {key for *_, key in dirty} == {"x", "y"}
    assert [one.id for one in within(records, dirty, before_of)] == ["b", "c", "d"]
    after = replayed(within(records, dirty, after_of), after_of)
    assert after.group_of == {"b": group_id_of("b"), "c": group_id_of("b"), "d": group_id_of("d")}


def test_what_many_alerts_have_in_common_is_kept_once():
    outcomes = Outcomes()
    made = [
        outcomes.of(Decided(key=f"k{one}"[:1], labels={"a": "b"}, title=f"t{one}"[:1]), "R")
        for one in range(2)
    ]

    assert made[0] == made[1]
    assert made[0].labels is made[1].labels


def finished(asking: Any) -> tuple[Page, ...]:
    with pytest.raises(StopIteration) as end:
        next(asking)
    found: tuple[Page, ...] = end.value.value
    return found


@pytest.mark.parametrize("minutes", [0, 4, 5, 6, 7, 8, None])
def test_pages_that_are_cut_from_a_chain_played_once_are_those_of_a_rehearsal(minutes: int | None):
    config = a_declared()
    (default,) = (one for one in config.routes if one.is_default)
    opened = a_group(integration_id=config.integrations[0].id, route_id=default.id, opened_at=NOON)
    over_at = None if minutes is None else minute(minutes)
    case = a_case(f"""
at: {NOON.isoformat()}
lasts: {60 if minutes is None else minutes}m
steps: [{{ alert: {{ integration: Shop, payload: {{ host: db1 }} }} }}]
expect: {{}}
""")
    names = {one.id: one.username for one in config.users}

    paging = Paging(config, NOON + timedelta(hours=1))
    found = [finished(paging.pages(Opening(opened, "a0", over_at), default.id)) for _ in range(2)]

    expected = [
        (int((one.at - NOON).total_seconds()), names[one.user_id], one.channel, one.important)
        for one in played(case, config).pages
    ]
    assert [one[:4] for one in found[0]] == expected
    assert found[0] == found[1]


def test_a_route_without_a_chain_pages_nobody():
    config = a_declared()
    (info,) = (one for one in config.routes if not one.is_default)

    paging = Paging(config, NOON + timedelta(hours=1))

    assert finished(paging.pages(Opening(a_group(), "a0"), info.id)) == ()
