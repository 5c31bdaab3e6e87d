"""The first route that matches takes the alert; what a template gets wrong never stops it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.configuration import Integration, Route, Templates
from shared.domain.model import Alert
from shared.domain.routing import route
from shared.domain.template_jobs import Routed, RouteJob, digest

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
DEFAULT = Route(id="RD", integration_id="C1", is_default=True)


def jinja(id: str, expression: str) -> Route:
    return Route(id=id, integration_id="C1", routing_type="jinja2", routing_regex=expression)


def regex(id: str, expression: str) -> Route:
    return Route(id=id, integration_id="C1", routing_type="regex", routing_regex=expression)


def routed(
    payload: Any,
    *routes: Route,
    templates: Templates | None = None,
    demo: str = "",
    source_resolves: bool = True,
    default: bool = True,
) -> Routed:
    integration = Integration(
        id="C1",
        name="prod",
        type="webhook",
        token_digest="x",
        templates=templates or {},
        allow_source_based_resolving=source_resolves,
    )
    alert = Alert(
        id="A1", integration_id="C1", received_at=NOON, payload=payload, is_demo=bool(demo), demo_id=demo
    )
    job = RouteJob(alert=alert, integration=integration, routes=(*routes, DEFAULT) if default else routes)
    return route(job, NOON)


@pytest.mark.parametrize("text", ["1", "True", " OK ", "{{ payload.a == 1 }}"])
def test_a_jinja_route_matches_when_it_prints_yes(text: str) -> None:
    assert routed({"a": 1}, jinja("R1", text)).route_id == "R1"


@pytest.mark.parametrize("text", ["", "yes", "2", "{{ payload.a }}x", "{{ payload.a == 2 }}"])
def test_a_jinja_route_does_not_match_when_it_prints_anything_else(text: str) -> None:
    assert routed({"a": 1}, jinja("R1", text)).route_id == "RD"


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ('"severity": "critical"', True),
        ('"severity":"critical"', False),
        ("crit.*1", True),
        ("CRITICAL", False),
        ("\\\\u00fc", True),
        ("ü", False),
        ("", False),
    ],
)
def test_a_regex_route_searches_the_json_text_of_the_payload(pattern: str, matches: bool) -> None:
    payload = {"severity": "critical", "name": "ü", "n": 1}

    assert (routed(payload, regex("R1", pattern)).route_id == "R1") is matches


def test_the_first_match_wins_and_says_why() -> None:
    found = routed({}, jinja("R1", "0"), jinja("R2", "1"), jinja("R3", "1"))

    assert (found.route_id, found.route_reason) == ("R2", "route 2 of 4 matched (jinja2)")
    assert routed({}, jinja("R1", "0")).route_reason == "the default route: 1 others did not match"


def test_without_a_default_route_nothing_may_match() -> None:
    found = routed({}, jinja("R1", "0"), default=False)

    assert found.route_id is None
    assert "no default route" in found.route_reason


@pytest.mark.parametrize("broken", [jinja("R1", "{% if %}"), jinja("R1", "{{ a.b.c }}"), regex("R1", "(")])
def test_a_broken_route_is_no_match_and_a_problem_that_names_it(broken: Route) -> None:
    found = routed({}, broken, jinja("R2", "1"))

    assert found.route_id == "R2"
    assert [(one.where, one.alert_id, one.integration_id) for one in found.problems] == [
        ("route R1", "A1", "C1")
    ]


def test_the_key_is_the_text_as_rendered() -> None:
    found = routed({"a": "x\n"}, templates={"grouping_key": " {{ payload.a }}"})

    assert found.grouping_key == " x\n"
    assert found.grouping_digest == digest(" x\n")


@pytest.mark.parametrize(
    "template", ["{{ payload.nothing }}", " \n ", "None", " None ", "{{ none }}", "{{ a.b.c }}"]
)
def test_what_names_nothing_groups_nothing_and_says_so(template: str) -> None:
    found = routed({}, templates={"grouping_key": template + "{# own #}"})

    assert (found.grouping_key, found.grouping_digest) == (None, digest("A1"))
    assert found.grouping_reason.startswith("not grouped: ")


def test_a_demo_is_grouped_with_its_own_alerts_only_and_its_title_says_what_it_is() -> None:
    payload = {"alert_uid": "u", "title": "T"}
    templates: Templates = {"web": {"title": "{{ payload.title }}"}}
    real, first, second = (routed(payload, templates=templates, demo=one) for one in ("", "d1", "d1"))
    others = [routed(payload, demo="d2"), routed({**payload, "alert_uid": "v"}, demo="d1"), real]

    assert first.grouping_digest == second.grouping_digest
    assert first.grouping_digest not in [one.grouping_digest for one in others]
    assert len(real.grouping_digest) == 32
    assert not first.grouping_digest.isalnum()
    assert (first.grouping_key, "same demo" in first.grouping_reason) == ("u", True)
    assert (real.title, first.title) == ("T", "[Demo] T")


def test_a_demo_that_nothing_groups_is_its_own_group() -> None:
    template: Templates = {"grouping_key": "{{ payload.nothing }}"}
    found = routed({}, templates=template, demo="d1")
    assert (found.grouping_key, found.grouping_digest.startswith("demo-")) == (None, True)


def test_a_blank_template_means_the_default_of_the_type() -> None:
    assert routed({"alert_uid": "u"}, templates={"grouping_key": " "}).grouping_key == "u"
    assert routed({"alert_uid": "u"}, templates={"grouping_key": None}).grouping_key == "u"


def test_a_failing_signal_is_no_signal_and_a_problem() -> None:
    broken: Templates = {"resolve_signal": "{{ a.b.c }}", "acknowledge_signal": "{% if %}"}

    found = routed({"state": "ok"}, templates=broken)

    assert (found.resolve, found.acknowledge) == (False, False)
    assert [one.where for one in found.problems] == ["resolve_signal", "acknowledge_signal"]


def test_an_integration_may_forbid_its_source_to_resolve() -> None:
    assert routed({"state": "ok"}).resolve
    assert not routed({"state": "ok"}, source_resolves=False).resolve


def test_the_title_is_the_raw_web_title_cut_to_its_limit() -> None:
    assert routed({"t": "*b* <i>"}, templates={"web": {"title": "{{ payload.t }}"}}).title == "*b* <i>"
    assert routed({}, templates={"web": {"title": "x" * 600}}).title == "x" * 500 + ".."
    assert routed({}, templates={"web": {"title": "{{ payload.no }}"}}).title is None


def test_a_title_may_name_its_integration_and_its_source() -> None:
    own: Templates = {"web": {"title": "{{ integration_name }} {{ source_link }}"}}

    assert routed({"url": "https://x"}, templates=own).title == "prod https://x"


def test_a_failing_title_is_that_of_the_type_and_a_problem_with_its_line() -> None:
    found = routed({}, templates={"web": {"title": "\n{{ a.b.c }}"}})

    assert found.title == "Alert from prod"
    assert [(one.where, one.line) for one in found.problems] == [("web.title", 2)]


def test_a_template_that_changes_the_payload_changes_no_later_decision() -> None:
    mutating = jinja("R1", "{% set _ = payload.pop('alert_uid') %}0")

    assert routed({"alert_uid": "u"}, mutating).grouping_key == "u"


def test_time_is_the_instant_passed_in() -> None:
    assert routed({}, jinja("R1", "{{ time().hour == 12 }}")).route_id == "R1"
