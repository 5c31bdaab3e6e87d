"""What every way in promises, whatever its sender leaves out or gets wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.configuration import Integration
from shared.domain.model import Alert, Group
from shared.domain.rendering import render
from shared.domain.routing import route
from shared.domain.template_jobs import BEHAVIOURAL, MEDIA, PARTS, Rendered, RenderJob, Routed, RouteJob
from shared.errors import Permanent
from shared.integrations import all_types, by_path_word, by_slug, defaults_of, path_word
from shared.integrations.integration_type import IntegrationType, NotAnAlert
from shared.templates import check

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TYPES = [pytest.param(one, id=one.slug) for one in all_types()]
# Alerts of the others are made by Tocsin itself.
POSTED = [pytest.param(one, id=one.slug) for one in all_types() if one.has_url]
RESOLVING = [pytest.param(one, id=one.slug) for one in all_types() if one.example_resolved is not None]
# Every value in the place of every field, also deep inside, is for the deep run.
FEW_WRONG: tuple[Any, ...] = (None, 0, "<b>*é*</b> {x}", [1, None], {"a": {"b": []}})
IS_DEEP = "TOCSIN_TEST_DEEP" in os.environ
WRONG: tuple[Any, ...] = (
    None,
    "",
    0,
    -1.5,
    True,
    "ünïcödé 🔥 <b>&\"'",
    "\u0000",
    [],
    [[]],
    [1, None],
    {},
    {"a": {"b": []}},
)


def integration(type: IntegrationType) -> Integration:
    return Integration(id="C1", name="prod", type=type.slug, token_digest="x")


def routed(type: IntegrationType, payload: Any) -> Routed:
    alert = Alert(id="A1", integration_id="C1", received_at=NOON, payload=payload)
    return route(RouteJob(alert=alert, integration=integration(type)), NOON)


def rendered(type: IntegrationType, payload: Any) -> Rendered:
    group = Group(
        id="G1",
        integration_id="C1",
        key="k",
        number=7,
        first_alert_id="A1",
        last_alert_id="A1",
        opened_at=NOON,
        last_alert_at=NOON,
    )
    asked = RenderJob(
        integration=integration(type), group=group, payload=payload, group_url="https://t.example.com/g/7"
    )
    return render(asked, NOON)


def payloads_of(type: IntegrationType, body: Any) -> list[Any]:
    """The alerts of a body; none where the type says that it is none, or cannot take it."""
    try:
        return type.split(body)
    except (NotAnAlert, Permanent):
        return []


def examples(type: IntegrationType) -> list[Any]:
    """The payloads of the examples, also of a type that takes no bodies."""
    bodies = [one for one in (type.example_firing, type.example_resolved) if one is not None]
    return [payload for body in bodies for payload in (type.split(body) if type.has_url else [body])]


def damaged(value: Any, wrong: tuple[Any, ...]) -> Iterator[Any]:
    """The value without each field in turn, at every depth, and with each wrong value in its place."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield {key: one for key, one in value.items() if key != name}
            for one in (*wrong, *damaged(inner, wrong)):
                yield {**value, name: one}
    elif isinstance(value, list):
        yield []
        for place, inner in enumerate(value[:2]):
            for one in (*wrong, *damaged(inner, wrong)):
                yield [*value[:place], one, *value[place + 1 :]]


def assert_readable(type: IntegrationType, payload: Any) -> None:
    decided, shown = routed(type, payload), rendered(type, payload)
    assert (decided.problems, shown.problems) == ((), ()), payload
    assert set(shown.cards) == set(MEDIA)
    for medium, card in shown.cards.items():
        assert card.title.strip(), (medium, payload)
        assert "\n" not in card.title
    for medium in ("sms", "phone_call"):
        assert len(shown.cards[medium].title) <= 300
    link = shown.cards["web"].source_link
    assert link is None or re.match(r"https?://[^/\s]+", link), (link, payload)


@pytest.mark.parametrize("type", TYPES)
def test_every_default_compiles_and_belongs_to_the_public_api(type: IntegrationType) -> None:
    for name, template in type.templates.items():
        assert name in (*BEHAVIOURAL, *PARTS)
        parts = template if isinstance(template, dict) else {"": template}
        for part, text in parts.items():
            assert name in BEHAVIOURAL or part in PARTS[name]
            assert text is None or check(text) is None


@pytest.mark.parametrize("type", TYPES)
def test_examples_are_readable_everywhere(type: IntegrationType) -> None:
    for payload in examples(type):
        assert_readable(type, payload)


@pytest.mark.parametrize("type", TYPES)
def test_examples_are_named_by_what_they_say_and_never_by_a_hole(type: IntegrationType) -> None:
    for payload in examples(type):
        title = routed(type, payload).title or ""
        cards = rendered(type, payload).cards
        assert title.strip()
        assert title not in ("Incident", "Alert", "Alert from prod", type.title)
        for card in cards.values():
            for text in (card.title, card.message):
                assert not re.search(r"\b(None|undefined|Undefined|null)\b", text), text
        for medium in ("sms", "phone_call", "mobile_app"):
            assert not set(cards[medium].title) & set("<>*`[]{}"), cards[medium].title


@pytest.mark.parametrize("type", TYPES)
def test_an_example_says_in_its_message_what_its_title_does_not(type: IntegrationType) -> None:
    for payload in examples(type):
        cards = rendered(type, payload).cards
        for medium in ("web", "slack", "telegram", "email", "mobile_app", "mattermost", "msteams"):
            assert len(cards[medium].message) > 20, (medium, cards[medium].message)


@pytest.mark.parametrize("type", RESOLVING)
def test_the_resolve_shares_the_key_of_its_firing(type: IntegrationType) -> None:
    (firing,), (resolved,) = type.split(type.example_firing), type.split(type.example_resolved)

    before, after = routed(type, firing), routed(type, resolved)

    assert before.grouping_key is not None
    assert (before.resolve, after.resolve) == (False, True)
    assert before.grouping_digest == after.grouping_digest


@pytest.mark.parametrize("type", POSTED)
def test_no_missing_or_wrong_field_makes_an_alert_unreadable(type: IntegrationType) -> None:
    for body in damaged(type.example_firing, WRONG if IS_DEEP else FEW_WRONG):
        for payload in payloads_of(type, body):
            assert_readable(type, payload)


@pytest.mark.parametrize("type", POSTED)
@pytest.mark.parametrize("body", [{}, [], [{}], "", 0, None, "text"], ids=repr)
def test_an_empty_or_odd_body_is_readable_or_refused(type: IntegrationType, body: Any) -> None:
    for payload in payloads_of(type, body):
        assert_readable(type, payload)


@pytest.mark.parametrize("type", POSTED)
def test_ten_thousand_labels_and_long_texts_are_readable(type: IntegrationType) -> None:
    labels = {f"label_{number}": "é" * 20 for number in range(10_000)}
    for name, value in type.example_firing.items() if isinstance(type.example_firing, dict) else ():
        wide = (
            labels if isinstance(value, dict) else "é🔥 \u202e" * 10_000 if isinstance(value, str) else None
        )
        if wide is not None:
            for payload in payloads_of(type, {**type.example_firing, name: wide}):
                assert_readable(type, payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("type", POSTED)
@settings(max_examples=100 if IS_DEEP else 25, deadline=None)
@given(data=st.data())
def test_any_body_is_readable_or_refused(type: IntegrationType, data: st.DataObject) -> None:
    known = type.example_firing if isinstance(type.example_firing, dict) else {}
    names = st.sampled_from(sorted(known)) if known else st.text(max_size=8)
    body = data.draw(JSON | st.dictionaries(names | st.text(max_size=8), JSON, max_size=6))
    for payload in payloads_of(type, body):
        assert_readable(type, payload)


@pytest.mark.parametrize("type", TYPES)
def test_a_type_says_what_it_is_and_how_to_set_it_up(type: IntegrationType) -> None:
    assert type.slug.replace("_", "").isalnum()
    assert type.slug.islower()
    assert type.title
    assert len(type.notes) > 80
    assert len(type.summary) > 10
    assert by_slug(type.slug) is type
    assert by_path_word(path_word(type.slug)) is (by_slug(path_word(type.slug)) or type)


def test_legacy_types_share_the_path_of_the_modern_one() -> None:
    assert path_word("legacy_alertmanager") == "alertmanager"
    assert path_word("webhook") == "webhook"
    assert by_path_word("no_such_type") is None


def test_a_type_that_no_longer_exists_reads_like_a_webhook() -> None:
    assert defaults_of("gone") == defaults_of("webhook")
