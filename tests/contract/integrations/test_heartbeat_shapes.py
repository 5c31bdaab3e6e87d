"""A heartbeat's alert groups, resolves and reads well for every type, whatever templates its users wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.configuration import Integration, Templates
from shared.domain.heartbeat_facts import HeartbeatFacts
from shared.domain.model import Alert
from shared.domain.rendering import render
from shared.domain.routing import route
from shared.domain.template_jobs import Rendered, RenderJob, Routed, RouteJob
from shared.integrations import all_types, heartbeat_of
from tests.support.build import a_group

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SLUGS = [one.slug for one in all_types()]
TITLE, MESSAGE = "No heartbeat from prod", "prod was last heard at 11:50."
# Written for what the tool sends: none of it fits a heartbeat.
OTHERS: Templates = {
    "grouping_key": "{{ payload.host }}",
    "resolve_signal": "{{ payload.level == 0 }}",
    "acknowledge_signal": "1",
}


def facts(*, is_missing: bool) -> HeartbeatFacts:
    return HeartbeatFacts(
        is_missing=is_missing,
        title=TITLE,
        message=MESSAGE,
        integration_name="prod",
        timeout_s=600,
        last_seen_at=NOON - timedelta(minutes=10),
        began_at=NOON,
        at=NOON if is_missing else NOON + timedelta(minutes=3),
    )


def integration(slug: str, templates: Templates | None = None) -> Integration:
    return Integration(id="C1", name="prod", type=slug, token_digest="", templates=templates or {})


def routed(slug: str, *, is_missing: bool, templates: Templates | None = None) -> Routed:
    read_as, payload = heartbeat_of(slug, facts(is_missing=is_missing))
    alert = Alert(id="A1", integration_id="C1", received_at=NOON, payload=payload, read_as=read_as)
    return route(RouteJob(alert=alert, integration=integration(slug, templates)), NOON)


def rendered(slug: str, templates: Templates | None = None) -> Rendered:
    read_as, payload = heartbeat_of(slug, facts(is_missing=True))
    using = integration(slug, templates)
    return render(RenderJob(integration=using, group=a_group(), payload=payload, read_as=read_as), NOON)


@pytest.mark.parametrize("templates", [None, OTHERS], ids=["defaults", "own templates"])
@pytest.mark.parametrize("slug", SLUGS)
def test_a_restored_heartbeat_resolves_the_group_of_the_missing_one(slug: str, templates: Templates | None):
    missing = routed(slug, is_missing=True, templates=templates)
    restored = routed(slug, is_missing=False, templates=templates)

    assert missing.grouping_key not in (None, "")
    assert missing.grouping_key == restored.grouping_key
    assert (missing.resolve, restored.resolve) == (False, True)
    assert not missing.acknowledge
    assert missing.problems == restored.problems == ()


@pytest.mark.parametrize("slug", SLUGS)
def test_what_people_read_names_the_heartbeat(slug: str):
    answer = rendered(slug)

    assert answer.problems == ()
    for medium, card in answer.cards.items():
        assert TITLE in card.title or medium in ("slack",), (medium, card)
    assert MESSAGE.removesuffix(".") in answer.cards["web"].message


@pytest.mark.parametrize("slug", SLUGS)
def test_a_type_without_a_shape_of_its_own_is_read_by_the_formatted_webhook(slug: str):
    own = next(one for one in all_types() if one.slug == slug).heartbeat is not None

    assert heartbeat_of(slug, facts(is_missing=True))[0] == (slug if own else "formatted_webhook")


def test_a_users_texts_are_shown_where_the_payload_has_the_shape_they_were_written_for():
    texts: Templates = {"web": {"title": "{{ payload.commonAnnotations.title }}!"}}

    answer = rendered("alertmanager", texts)

    assert answer.cards["web"].title == f"{TITLE}!"


def test_a_type_that_no_longer_exists_still_gets_its_alarm():
    read_as, payload = heartbeat_of("gone", facts(is_missing=True))

    assert (read_as, payload["title"]) == ("formatted_webhook", TITLE)
