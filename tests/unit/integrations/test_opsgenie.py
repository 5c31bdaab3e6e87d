"""Opsgenie-style alerts: by the API and by Opsgenie's webhook, one alias is one group."""

from __future__ import annotations

import pytest

from shared.errors import Permanent
from shared.integrations.integration_type import NotAnAlert
from shared.integrations.opsgenie import ACKNOWLEDGED, CLOSED, CREATED, example
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "opsgenie"
SENT = {
    "message": "Disk is full",
    "alias": "db1-disk-var",
    "priority": "P2",
    "entity": "db1",
    "tags": ["disk"],
}


def test_what_was_created_by_the_api_is_closed_by_its_alias() -> None:
    created = routed(SLUG, SENT)
    closed = routed(SLUG, {"action": CLOSED, "alert": {"alias": "db1-disk-var"}})
    told = routed(SLUG, example(CREATED))

    assert created.grouping_digest == closed.grouping_digest == told.grouping_digest
    assert (created.resolve, closed.resolve, closed.title) == (False, True, "db1-disk-var")
    assert created.title == "Disk is full"


def test_an_acknowledge_is_one() -> None:
    found = routed(SLUG, example(ACKNOWLEDGED))

    assert (found.acknowledge, found.resolve) == (True, False)


def test_the_message_says_where_how_bad_and_since_when() -> None:
    shown = card(SLUG, example(CREATED))

    for text in ("P1", "db1.example.com", "2026-01-05 10:00:00 UTC", "disk, prod", "2.1 GB"):
        assert text in shown.message
    assert shown.source_link == "https://monitoring.example.com/db1"


def test_a_note_is_no_alert_and_a_body_without_a_message_is_refused() -> None:
    with pytest.raises(NotAnAlert, match="AddNote"):
        type_of(SLUG).split({"action": "AddNote", "alert": {"alias": "a"}})
    with pytest.raises(Permanent, match="message"):
        type_of(SLUG).split({"alias": "a"})


def test_two_aliases_are_two_groups_and_without_one_nothing_groups() -> None:
    assert routed(SLUG, SENT).grouping_key != routed(SLUG, {**SENT, "alias": "other"}).grouping_key
    assert routed(SLUG, {"message": "Disk is full"}).grouping_key is None
