"""Wazuh's alerts: a rule on an agent is one group."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.wazuh import EXAMPLE
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_says

SLUG = "wazuh"


def changed(field: str, **fields: Any) -> dict[str, Any]:
    inner = EXAMPLE[field]
    assert isinstance(inner, dict)
    return {**EXAMPLE, field: {**inner, **fields}}


def test_it_says_what_where_how_bad_and_since_when() -> None:
    assert_says(
        SLUG,
        EXAMPLE,
        "brute force trying to get access to the system. Non existent user. on web1",
        "**Level:** 10",
        "203.0.113.7:51234",
        "Brute Force",
        "Failed password for invalid user",
        "2026-01-05 10:00:00 UTC",
    )


def test_a_changed_file_is_named() -> None:
    assert_says(
        SLUG, {**EXAMPLE, "syscheck": {"event": "modified", "path": "/etc/passwd"}}, "modified /etc/passwd"
    )


def test_rules_agents_and_managers_are_apart() -> None:
    assert_apart(
        SLUG,
        EXAMPLE,
        changed("rule", id="5710"),
        changed("agent", id="000"),
        changed("manager", name="other"),
    )


def test_another_attempt_is_the_same_group() -> None:
    again = {**EXAMPLE, "id": "1767607300.1", "timestamp": "2026-01-05T10:01:40.000+0000"}

    assert routed(SLUG, again).grouping_digest == routed(SLUG, EXAMPLE).grouping_digest


def test_the_message_for_shuffle_is_the_same_alert() -> None:
    message = {
        "severity": 3,
        "pretext": "WAZUH Alert",
        "title": "x",
        "rule_id": "5712",
        "all_fields": EXAMPLE,
    }

    assert routed(SLUG, message).grouping_digest == routed(SLUG, EXAMPLE).grouping_digest
    assert routed(SLUG, message).title == routed(SLUG, EXAMPLE).title


def test_a_body_without_a_rule_is_refused() -> None:
    with pytest.raises(Permanent, match="rule"):
        type_of(SLUG).split({"text": "hello"})
