"""A problem stands as long as the text that failed is in use."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.configuration import Integration, Route
from shared.domain.labels import Label, LabelSettings
from shared.domain.model import Problem
from shared.domain.problems import everything_digest, is_current
from shared.domain.rendering import render
from shared.domain.routing import route
from shared.domain.template_jobs import RenderJob, RouteJob
from tests.support.build import NOON, a_group, an_alert

BROKEN = "{{ 1 / 0 }}"
DEFAULT = Route(id="RD", integration_id="C1", is_default=True)


def integration(labels: LabelSettings | None = None, type: str = "webhook", **templates: Any) -> Integration:
    labels = labels or LabelSettings()
    return Integration(id="C1", name="prod", type=type, token_digest="", templates=templates, labels=labels)


def problems_of(using: Integration, *routes: Route) -> list[Problem]:
    """Return what goes wrong with one alert and with its group."""
    routed = route(RouteJob(alert=an_alert(), integration=using, routes=(*routes, DEFAULT)), NOON)
    return [*routed.problems, *render(RenderJob(integration=using, group=a_group()), NOON).problems]


def a_route(type: Any, expression: str) -> Route:
    return Route(id="R1", integration_id="C1", routing_type=type, routing_regex=expression)


@pytest.mark.parametrize(
    ("broken", "where"),
    [
        (integration(grouping_key=BROKEN), "grouping_key"),
        (integration(resolve_signal=BROKEN), "resolve_signal"),
        (integration(acknowledge_signal=BROKEN), "acknowledge_signal"),
        (integration(source_link=BROKEN), "source_link"),
        (integration(web={"title": BROKEN}), "web.title"),
        (integration(sms={"title": BROKEN}), "sms.title"),
        (integration(slack={"message": BROKEN}), "slack.message"),
        (integration(LabelSettings(dynamic=(Label(key="a.b", value=BROKEN),))), "labels.a.b"),
        (integration(LabelSettings(template=BROKEN)), "label_template"),
        (integration(LabelSettings(template="[]")), "label_template"),
    ],
)
def test_it_stands_until_the_template_is_changed(broken: Integration, where: str) -> None:
    found = [one for one in problems_of(broken) if one.where == where]

    assert found
    assert all(is_current(where, one.digest, broken, ()) for one in found)
    assert not any(is_current(where, one.digest, integration(), ()) for one in found)


@pytest.mark.parametrize("broken", [a_route("jinja2", BROKEN), a_route("regex", "(")])
def test_that_of_a_route_stands_until_the_route_is_changed_or_gone(broken: Route) -> None:
    (found,) = problems_of(integration(), broken)

    assert is_current(found.where, found.digest, integration(), (broken, DEFAULT))
    changed = broken.model_copy(update={"routing_regex": "x"})
    assert not is_current(found.where, found.digest, integration(), (changed, DEFAULT))
    assert not is_current(found.where, found.digest, integration(), (DEFAULT,))


def test_that_of_everything_together_stands_until_anything_is_changed() -> None:
    one, other = integration(source_link="a"), integration(source_link="b")
    digest = everything_digest(one, (DEFAULT,))

    assert is_current("routing", digest, one, (DEFAULT,))
    assert not is_current("routing", digest, other, (DEFAULT,))
    assert not is_current("routing", digest, one, (a_route("regex", "x"), DEFAULT))
    assert is_current("rendering", everything_digest(one), one, (DEFAULT,))
    assert not is_current("rendering", everything_digest(one), other, ())


def test_one_about_no_single_text_stands() -> None:
    assert is_current("labels", "", integration(), ())
