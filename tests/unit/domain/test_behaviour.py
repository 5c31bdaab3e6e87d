"""Two configurations are compared over stored alerts: nothing that differs is missed, nothing else is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.behaviour_evaluation import behave
from shared.domain.behaviour_jobs import Behaviour, BehaviourJob
from shared.domain.behaviour_scope import Scope, scopes
from shared.domain.configuration import ConfigSnapshot
from shared.domain.evaluation_memory import Memory
from shared.domain.model import Alert
from shared.domain.routing import evaluation_of, route
from shared.domain.template_jobs import RouteJob
from tests.support.build import NOON
from tests.support.rehearsing import DECLARATION, a_declared, before_and_after

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
    ],
)
def test_only_texts_that_may_differ_and_that_somebody_is_shown_are_rendered(
    old: str, new: str, media: tuple[str, ...]
):
    scope = the_scope((old, new))

    assert scope is not None
    assert {medium for some in scope.shown.values() for medium in some} == set(media)


def test_a_text_that_nobody_is_shown_leaves_nothing_to_look_at():
    assert the_scope(("web: {", "telegram: { title: other }\n      web: {")) is None


def test_where_only_texts_differ_it_does_not_matter_who_is_in_one_group():
    scope = the_scope((TITLE, '"{{ payload.host }}"'))
    asking = "important: true, condition: '{{ alert_group.title }}' }"
    before, after = (
        a_declared(DECLARATION.replace("important: true }", asking).replace(TITLE, one))
        for one in (TITLE, '"{{ payload.host }}"')
    )

    assert scope is not None
    assert not scope.is_grouped
    # A condition may ask for the title, and who is paged may follow from it.
    assert all(one.is_grouped for one in scopes(before, after).values())


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
    assert not any(scope.shown.values())


def test_an_integration_that_is_gone_has_nothing_after():
    before = a_declared()
    after = before.model_copy(update={"integrations": ()})

    (scope,) = scopes(before, ConfigSnapshot(**after.__dict__)).values()

    assert scope.after is None


def compared(before: ConfigSnapshot, after: ConfigSnapshot, payload: dict[str, Any]) -> Behaviour:
    (scope,) = scopes(before, after).values()
    assert scope.comparison is not None
    alert = Alert(id="a1", integration_id=before.integrations[0].id, received_at=NOON, payload=payload)
    return behave(BehaviourJob(alert, replace(scope.comparison, with_title=True)), NOON)


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
