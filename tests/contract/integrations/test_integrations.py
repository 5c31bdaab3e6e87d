"""What every way in promises, whatever its sender leaves out or gets wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.configuration import Integration
from shared.domain.model import Alert, Group
from shared.domain.rendering import render
from shared.domain.routing import route
from shared.domain.template_jobs import BEHAVIOURAL, MEDIA, PARTS, Rendered, RenderJob, Routed, RouteJob
from shared.errors import Permanent
from shared.integrations import all_types, by_path_word, by_slug, defaults_of, path_word
from shared.integrations.integration_type import IntegrationType
from shared.templates import check

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
TYPES = [pytest.param(one, id=one.slug) for one in all_types()]
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


def damaged(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The payload without each field in turn, and with each wrong value in its place."""
    for name in payload:
        yield {key: value for key, value in payload.items() if key != name}
        for wrong in WRONG:
            yield {**payload, name: wrong}


def assert_readable(type: IntegrationType, payload: Any) -> None:
    decided, shown = routed(type, payload), rendered(type, payload)
    assert (decided.problems, shown.problems) == ((), ()), payload
    assert set(shown.cards) == set(MEDIA)
    for medium, card in shown.cards.items():
        assert card.title.strip(), (medium, payload)
        assert "\n" not in card.title
    for medium in ("sms", "phone_call"):
        assert len(shown.cards[medium].title) <= 300


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
    for body in (type.example_firing, type.example_resolved):
        for payload in type.split(body):
            assert_readable(type, payload)


@pytest.mark.parametrize("type", TYPES)
def test_the_resolve_shares_the_key_of_its_firing(type: IntegrationType) -> None:
    (firing,), (resolved,) = type.split(type.example_firing), type.split(type.example_resolved)

    before, after = routed(type, firing), routed(type, resolved)

    assert before.grouping_key is not None
    assert (before.resolve, after.resolve) == (False, True)
    assert before.grouping_digest == after.grouping_digest


@pytest.mark.parametrize("type", TYPES)
def test_no_missing_or_wrong_field_makes_an_alert_unreadable(type: IntegrationType) -> None:
    for body in damaged(type.example_firing):
        for payload in type.split(body):
            assert_readable(type, payload)


@pytest.mark.parametrize("type", TYPES)
def test_an_empty_body_is_readable(type: IntegrationType) -> None:
    for payload in type.split({}):
        assert_readable(type, payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("type", TYPES)
@given(data=st.data())
def test_any_body_is_readable_or_refused(type: IntegrationType, data: st.DataObject) -> None:
    names = st.sampled_from(sorted(type.example_firing)) | st.text(max_size=8)
    body = data.draw(JSON | st.dictionaries(names, JSON, max_size=6))
    try:
        payloads = type.split(body)
    except Permanent:
        return
    for payload in payloads:
        assert_readable(type, payload)


@pytest.mark.parametrize("type", TYPES)
def test_sms_and_phone_are_plain_text(type: IntegrationType) -> None:
    for payload in type.split(type.example_firing):
        cards = rendered(type, payload).cards
        for medium in ("sms", "phone_call"):
            assert not set(cards[medium].title) & set("<>*`[]")


@pytest.mark.parametrize("type", TYPES)
def test_a_type_says_what_it_is_and_how_to_set_it_up(type: IntegrationType) -> None:
    assert type.slug.replace("_", "").isalnum()
    assert type.slug.islower()
    assert type.title
    assert len(type.notes) > 80
    assert by_slug(type.slug) is type
    assert by_path_word(path_word(type.slug)) is type


def test_legacy_types_share_the_path_of_the_modern_one() -> None:
    assert path_word("legacy_alertmanager") == "alertmanager"
    assert path_word("webhook") == "webhook"
    assert by_path_word("no_such_type") is None


def test_a_type_that_no_longer_exists_reads_like_a_webhook() -> None:
    assert defaults_of("gone") == defaults_of("webhook")
