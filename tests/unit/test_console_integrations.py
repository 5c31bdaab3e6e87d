"""Problems of integrations in words, and forms of integrations as bodies of the API."""

from __future__ import annotations

from typing import Any

import pytest
from multidict import MultiDict

from services.api.console.integration_access_form import access_body
from services.api.console.integration_problems import shown_problems
from services.api.console.playground_fields import field_groups, templates_of
from services.api.refusals import Invalid
from services.api.resources import templates
from shared.domain import problems

WHERES = (
    problems.ROUTING,
    problems.RENDERING,
    problems.RATE_LIMIT,
    f"{problems.TOKEN}abc",
    f"{problems.ROUTE}R1",
    f"{problems.ROUTE}RGONE",
    problems.LABELS,
    problems.LABEL_TEMPLATE,
    f"{problems.LABEL}host",
    f"{problems.HEARTBEAT}expired.title",
    "grouping_key",
    "slack.title",
)


def a_problem(where: str) -> dict[str, Any]:
    seen = "2026-01-05T10:00:00.000000Z"
    named = {"where": where, "message": "no", "line": 1, "count": 2, "alert_id": None}
    return {**named, "first_seen_at": seen, "last_seen_at": seen}


@pytest.mark.parametrize("where", WHERES)
def test_every_problem_says_what_came_of_it_and_where_it_is_mended(where: str):
    (shown,) = shown_problems([a_problem(where)], "C1", {"R1": 2})
    assert shown.meaning
    assert shown.link.startswith("/integrations/C1")
    assert shown.what != where


def test_a_failed_route_is_called_by_its_number():
    (shown,) = shown_problems([a_problem("route R1")], "C1", {"R1": 2})
    assert (shown.what, shown.link) == ("Route 2", "/integrations/C1/routes/R1")


def test_another_preset_of_signatures_brings_its_own_layout():
    form = MultiDict({"hmac": "yes", "hmac_preset": "stripe", "hmac_header": "X-Old", "hmac_prefix": "old="})
    before = {"authentication": {"hmac": {"preset": "github"}}}
    assert access_body(form, before)["authentication"]["hmac"] == {"preset": "stripe"}
    same = access_body(MultiDict({**form, "hmac_preset": "github"}), before)["authentication"]["hmac"]
    assert same == {"preset": "github", "header": "X-Old", "prefix": "old="}


def test_a_limit_that_is_no_number_is_named():
    with pytest.raises(Invalid) as refused:
        access_body(MultiDict({"alerts_per_minute": "many"}))
    assert set(refused.value.errors) == {"alerts_per_minute"}


def test_the_playground_has_every_template_and_an_untouched_form_changes_none():
    stored = templates.shown({"slack": {"title": "\na\n"}, "grouping_key": "{{ 1 }}"})
    groups = field_groups("alertmanager", stored)
    names = {one.name for group in groups for one in group.fields}
    whole = {f"{medium}.{part}" for medium, parts in templates.MEDIA.items() for part in parts}
    assert names == whole | set(templates.BEHAVIOUR)
    form = MultiDict((f"t.{one.name}", one.text) for group in groups for one in group.fields)
    assert templates_of(form) == stored
