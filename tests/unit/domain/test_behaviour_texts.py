"""What is left out of a comparison is the same on both sides; what is looked at is no more than what may differ."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.behaviour_texts import Differing, differing
from shared.domain.configuration import Integration
from shared.domain.rendering import render
from shared.domain.template_jobs import MEDIA, PARTS, RenderJob
from tests.support.build import NOON, a_group
from tests.support.drawn_templates import payloads, sources

SIDE = Integration(id="I1", name="Shop", type="webhook", token_digest="x")
own = st.fixed_dictionaries(
    {},
    optional={
        "source_link": sources,
        **{
            medium: st.fixed_dictionaries({}, optional=dict.fromkeys(parts, sources))
            for medium, parts in PARTS.items()
        },
    },
)


@st.composite
def integrations(draw: st.DrawFn) -> tuple[Integration, Integration]:
    """One integration before and after: much of it stays."""
    before = draw(own)
    after = before | draw(own) if draw(st.booleans()) else before
    common = {
        "type": draw(st.sampled_from(["webhook", "alertmanager", "grafana_alerting", "zabbix"])),
        "name": "Shop",
    }
    made = []
    for templates in (before, after):
        changes: dict[str, Any] = {"templates": templates, **common}
        if draw(st.booleans()):
            changes["base_url"] = "https://base.example.org"
        if draw(st.integers(0, 9)) == 0:
            changes["name"] = "Till"
        made.append(SIDE.model_copy(update=changes))
    return made[0], made[1]


@settings(max_examples=60)
@given(integrations(), payloads, st.booleans())
def test_parts_that_are_left_out_are_the_same_on_both_sides(
    sides: tuple[Integration, Integration], payload: Any, labels_differ: bool
):
    labels = ({"k": "v"}, {"k": "w" if labels_differ else "v"})
    before, after = (
        render(RenderJob(integration=side, group=a_group(labels=some), payload=payload), NOON).cards
        for side, some in zip(sides, labels, strict=True)
    )

    parts = differing(sides, MEDIA, labels_differ=labels_differ).parts

    left_out = [(medium, part) for medium in MEDIA for part in PARTS[medium] if part not in parts[medium]]
    for medium, part in left_out:
        assert getattr(before[medium], part) == getattr(after[medium], part), (medium, part)


def parts_of(before: dict[str, Any], after: dict[str, Any], *, labels_differ: bool = False) -> dict[str, Any]:
    sides = tuple(SIDE.model_copy(update={"templates": templates}) for templates in (before, after))
    found = differing(sides, MEDIA, labels_differ=labels_differ).parts
    return {medium: parts for medium, parts in found.items() if parts}


OWN = {
    "web": {"title": "{{ payload.title }}", "message": "{{ payload.text }}"},
    "slack": {"title": "{{ web_title }}", "message": "{{ labels.team }}"},
    "sms": {"title": "{{ payload.host }}"},
    "telegram": {"title": "{{ payload.host }}", "message": "{{ payload.text }}"},
}


def test_nothing_is_made_where_nothing_differs():
    assert parts_of(OWN, OWN) == {}


def test_only_what_sees_a_text_that_differs_is_made():
    found = parts_of(OWN, {**OWN, "web": {**OWN["web"], "title": "{{ payload.name }}"}})

    assert found["web"] == ("title",)
    assert found["slack"] == ("title",)
    assert {"sms", "telegram"}.isdisjoint(found)


def test_only_what_sees_the_labels_is_made_where_they_differ():
    assert parts_of(OWN, OWN, labels_differ=True) == {"slack": ("message",)}


def test_the_message_of_telegram_comes_with_the_title_that_it_shares_its_length_with():
    found = parts_of(OWN, {**OWN, "telegram": {**OWN["telegram"], "message": "other"}})

    assert found == {"telegram": ("title", "message")}


@pytest.mark.parametrize("field", ["name", "type"])
def test_an_integration_with_another_name_or_type_is_compared_in_full(field: str):
    other = SIDE.model_copy(update={field: "zabbix"})

    assert differing((SIDE, other), MEDIA, labels_differ=False) == Differing(PARTS, source_link=True)
