"""An alert has the labels of its integration: static, dynamic, several at once; of one key the last wins."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.configuration import Integration, Route
from shared.domain.labels import Label, LabelSettings
from shared.domain.rendering import render
from shared.domain.routing import route
from shared.domain.template_jobs import RenderJob, Routed, RouteJob
from tests.support.build import NOON, a_group, an_alert

DEFAULT = Route(id="RD", integration_id="C1", is_default=True)
KEPT = 15


def labels(**values: str) -> tuple[Label, ...]:
    return tuple(Label(key=key, value=value) for key, value in values.items())


def settings(
    static: dict[str, str] | None = None, dynamic: dict[str, str] | None = None, template: str | None = None
) -> LabelSettings:
    return LabelSettings(
        static=labels(**(static or {})), dynamic=labels(**(dynamic or {})), template=template
    )


def routed(
    payload: Any, labels: LabelSettings, *routes: Route, type: str = "webhook", **fields: Any
) -> Routed:
    integration = Integration(id="C1", name="prod", type=type, token_digest="x", labels=labels, **fields)
    alert = an_alert(payload=payload)
    return route(RouteJob(alert=alert, integration=integration, routes=(*routes, DEFAULT)), NOON)


def test_static_then_dynamic_then_the_multi_label_template_and_the_last_wins() -> None:
    declared = settings(
        {"a": "static", "b": "static", "c": "static"},
        {"b": "{{ payload.b }}", "c": "dynamic"},
        '{"c": "{{ payload.b }}!", "d": 4}',
    )

    found = routed({"b": "dynamic"}, declared)

    assert found.labels == {"a": "static", "b": "dynamic", "c": "dynamic!", "d": "4"}
    assert (list(found.labels), found.problems) == (["a", "b", "c", "d"], ())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        ("ü" * 200, "ü" * 200),
        (5, "5"),
        (-1.5, "-1.5"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        ("\ud800", "?"),
    ],
)
def test_the_value_of_a_label_is_always_text(value: Any, text: str) -> None:
    found = routed({}, settings(template=json.dumps({"k": value})))

    assert (found.labels, found.problems) == ({"k": text}, ())


@pytest.mark.parametrize("absent", ["", "  ", "none", "None", "{{ payload.missing }}", "{{ none }}"])
def test_a_value_that_is_not_there_makes_no_label_and_no_problem(absent: str) -> None:
    found = routed({}, settings({"k": "before"}, {"k": absent, "l": absent}))

    assert (found.labels, found.problems) == ({"k": "before"}, ())


@pytest.mark.parametrize("several", ["", "none", "{}", '{"a": null, "b": "", "c": "None"}'])
def test_a_multi_label_template_may_make_no_label(several: str) -> None:
    found = routed({}, settings(template=several))

    assert (found.labels, found.problems) == ({}, ())


@pytest.mark.parametrize(
    ("declared", "where", "says"),
    [
        (settings(dynamic={"k": "{{ payload.a.b }}"}), "labels.k", "no attribute"),
        (settings(dynamic={"k": "x" * 201}), "labels.k", "1 to 200 characters, this one 201"),
        (settings(template='{"k": [1]}'), "label_template", "text, number or boolean"),
        (settings(template='{"k": {"a": 1}}'), "label_template", "text, number or boolean"),
        (settings(template='{"": "x"}'), "label_template", "key has 1 to 200"),
        (settings(template='{"%s": "x"}' % ("k" * 201)), "label_template", "key has 1 to 200"),
        (settings(template="[1]"), "label_template", "not an object"),
        (settings(template="{'a': 1}"), "label_template", "did not render to JSON"),
        (settings(template="[" * 40_000), "label_template", "did not render to JSON"),
        (settings(template="{{ 1 / 0 }}"), "label_template", "division by zero"),
    ],
)
def test_a_label_that_breaks_a_rule_is_left_out_and_is_a_problem(
    declared: LabelSettings, where: str, says: str
) -> None:
    declared = declared.model_copy(update={"static": labels(kept="yes")})

    found = routed({}, declared)

    assert found.labels == {"kept": "yes"}
    assert [one.where for one in found.problems] == [where]
    assert says in found.problems[0].message


def test_fifteen_labels_are_kept_by_key_and_the_others_are_named() -> None:
    several = json.dumps({f"k{n:02}": n for n in reversed(range(17))})

    found = routed({}, settings(template=several))

    assert list(found.labels) == [f"k{n:02}" for n in range(KEPT)]
    assert "k15, k16" in found.problems[0].message


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        ({"team": "db"}, True),
        ({"team": "db", "tier": "1"}, True),
        ({"team": "web"}, False),
        ({"team": "db", "zone": "eu"}, False),
        ({}, False),
    ],
)
def test_a_route_by_labels_matches_when_the_alert_has_all_of_them(
    wanted: dict[str, str], matches: bool
) -> None:
    by_labels = Route(id="R1", integration_id="C1", routing_type="labels", filtering_labels=labels(**wanted))

    found = routed({"tier": 1}, settings({"team": "db"}, template='{"tier": {{ payload.tier }} }'), by_labels)

    assert (found.route_id == "R1") is matches


def test_every_behavioural_template_sees_the_labels() -> None:
    by_jinja = Route(
        id="R1", integration_id="C1", routing_type="jinja2", routing_regex='{{ labels.team == "db" }}'
    )
    templates = {
        "grouping_key": "{{ labels.team }}-{{ payload.n }}",
        "resolve_signal": '{{ labels.state == "up" }}',
        "acknowledge_signal": '{{ "team" in labels }}',
        "web": {"title": "{{ labels.team }}"},
    }
    declared = settings({"team": "db"}, {"state": "{{ payload.state }}"})

    found = routed({"n": 1, "state": "up"}, declared, by_jinja, templates=templates)

    assert (found.route_id, found.grouping_key, found.title) == ("R1", "db-1", "db")
    assert (found.resolve, found.acknowledge) == (True, True)


def test_appearance_templates_see_the_labels_of_the_group() -> None:
    templates: Any = {"web": {"title": "{{ labels.team }}"}, "telegram": {"title": "{{ labels.team }}"}}
    integration = Integration(id="C1", name="prod", type="webhook", token_digest="", templates=templates)
    group = a_group(labels={"team": "a < b"})

    found = render(RenderJob(integration=integration, group=group, media=("web", "telegram")), NOON)

    assert (found.cards["web"].title, found.cards["telegram"].title) == ("a < b", "a &lt; b")


def test_without_labels_templates_see_an_empty_map() -> None:
    templates: Any = {"grouping_key": "{{ labels }}{{ labels.team }}"}

    assert routed({}, settings(), templates=templates).grouping_key == "{}"


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"commonLabels": {"service_name": "checkout"}}, {"service_name": "checkout"}),
        ({"commonLabels": {}}, {}),
        ({"commonLabels": "odd"}, {}),
        ({}, {}),
    ],
)
def test_grafana_alerting_brings_a_label_of_its_own(payload: Any, expected: dict[str, str]) -> None:
    found = routed(payload, settings(), type="grafana_alerting")

    assert (found.labels, found.problems) == (expected, ())


def test_a_label_of_the_integration_takes_the_place_of_its_types() -> None:
    payload = {"commonLabels": {"service_name": "checkout"}}

    own = routed(payload, settings(dynamic={"service_name": "mine"}), type="grafana_alerting")
    none = routed(payload, settings(dynamic={"service_name": ""}), type="grafana_alerting")

    assert (own.labels, none.labels) == ({"service_name": "mine"}, {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=20),
    max_leaves=20,
)


@given(value=JSON)
def test_whatever_the_payload_is_labels_keep_their_rules(value: Any) -> None:
    found = routed({"v": value}, settings({"s": "x"}, {"d": "{{ payload.v }}"}, "{{ payload.v | tojson }}"))

    assert len(found.labels) <= KEPT
    for key, text in found.labels.items():
        assert 1 <= len(key) <= 200
        assert 1 <= len(text) <= 200
        assert text.strip().lower() not in ("", "none")
    json.dumps(found.labels).encode()
