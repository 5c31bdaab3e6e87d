"""Zendesk: a ticket is one group from open to solved."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.integration_type import NotAnAlert
from shared.integrations.zendesk import example
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "zendesk"


def event(kind: str, status: str = "OPEN", **fields: Any) -> dict[str, Any]:
    return {
        "type": f"zen:event-type:{kind}",
        "account_id": 22129848,
        "id": "2b24ef10-19d4-4740-93cf-8f98ec4776c0",
        "time": "2026-01-05T10:00:00Z",
        "zendesk_event_version": "2022-06-20",
        "subject": "zen:ticket:35436",
        "detail": {
            "id": "35436",
            "subject": "Checkout answers with an error",
            "description": "503 since ten",
            "priority": "URGENT",
            "status": status,
            "tags": ["checkout"],
            "type": "INCIDENT",
            "created_at": "2026-01-05T10:00:00Z",
            "updated_at": "2026-01-05T10:05:00Z",
            "via": {"channel": "web_service"},
        },
        "event": {"current": status, "previous": "NEW"},
        **fields,
    }


def test_a_ticket_is_named_known_by_its_id_and_solved_resolves_it() -> None:
    opened, solved = routed(SLUG, example("Open")), routed(SLUG, example("Solved"))

    assert (opened.title, opened.grouping_key, opened.resolve) == (
        "Checkout answers with an error",
        "35436",
        False,
    )
    assert (solved.grouping_key, solved.resolve) == ("35436", True)


@pytest.mark.parametrize(("status", "acknowledge"), [("Pending", True), ("PENDING", True), ("Open", False)])
def test_pending_acknowledges(status: str, acknowledge: bool) -> None:
    assert routed(SLUG, example(status)).acknowledge is acknowledge


def test_an_event_of_a_ticket_belongs_to_the_group_of_its_trigger() -> None:
    created = routed(SLUG, event("ticket.created"))

    assert (created.title, created.grouping_key) == ("Checkout answers with an error", "35436")
    assert routed(SLUG, event("ticket.status_changed", "SOLVED")).resolve is True
    assert routed(SLUG, event("ticket.soft_deleted")).resolve is True
    shown = card(SLUG, event("ticket.created"), base_url="https://shop.zendesk.com")
    assert shown.source_link == "https://shop.zendesk.com/agent/tickets/35436"
    assert "urgent" in shown.message


@pytest.mark.parametrize("kind", ["ticket.comment_added", "ticket.tags_changed", "user.created"])
def test_events_that_nobody_must_be_called_for_are_no_alerts(kind: str) -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split(event(kind))


def test_the_message_says_how_bad_and_what_and_links_to_the_ticket() -> None:
    shown = card(SLUG, example("Open"))

    assert "urgent" in shown.message
    assert "nobody can pay" in shown.message
    assert shown.source_link == "https://shop.zendesk.com/agent/tickets/35436"


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("shop.zendesk.com/agent/tickets/1", "https://shop.zendesk.com/agent/tickets/1"),
        ("/agent/tickets/1", "https://base.example.com/agent/tickets/1"),
        ("", "https://base.example.com/agent/tickets/35436"),
    ],
)
def test_the_address_of_a_ticket_is_completed(url: str, link: str) -> None:
    body = {"ticket": {**example("Open")["ticket"], "url": url}}
    assert card(SLUG, body, base_url="https://base.example.com").source_link == link


def test_a_flat_body_and_a_number_of_nought_are_understood() -> None:
    assert routed(SLUG, {"id": 0, "title": "Down", "status": "open"}).grouping_key == "0"
    assert routed(SLUG, {"ticket": {"title": "Down"}}).grouping_key is None
