"""What the console says in words and draws: rules as sentences, entries of the audit, bars of a chart."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.api.console.audit_entries import audit_row
from services.api.console.insights_charts import LEAST, share, upright
from services.api.console.people_words import CHANNEL_WORDS, KIND_WORDS, RULE_TYPES, rule_sentence
from services.api.resources.rules import CHANNELS
from shared.domain.configuration import Rule
from shared.domain.contacts import KINDS
from shared.domain.model import Actor
from shared.domain.rule_hours import RuleHours
from shared.store.configuration_audit import AuditEntry

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NIGHTS = RuleHours(from_time="22:00", to_time="07:30", time_zone="Europe/Berlin", weekdays=("FR", "SA"))


def entry(table: str, before: dict[str, object] | None, after: dict[str, object] | None) -> AuditEntry:
    return AuditEntry("1/0", NOON, Actor(name="ann"), table, "X1", before, after, 1)


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"type": "wait", "duration": 60}, "Wait 1 minute"),
        ({"type": "wait"}, "Wait 5 minutes"),
        ({"type": "wait", "duration": 90}, "Wait 90 seconds"),
        ({"type": "notify_by_phone_call"}, "Make a phone call"),
        (
            {"type": "notify_by_sms", "only_between": NIGHTS},
            "Send an SMS, but only between 22:00 and 07:30 (Europe/Berlin) on Fri, Sat",
        ),
    ],
)
def test_a_rule_is_a_sentence(rule: dict[str, object], sentence: str):
    assert rule_sentence(Rule.model_validate({"id": "R", "user_id": "U", **rule})) == sentence


def test_every_channel_and_kind_has_words():
    assert {f"notify_by_{one}" for one in CHANNEL_WORDS} == set(CHANNELS)
    assert {one for one, _ in RULE_TYPES} == {*CHANNELS, "wait"}
    assert set(KIND_WORDS) == set(KINDS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("url", "https://bob:hidden@example.org/"),
        ("url", "https://example.org/?api_key=hidden&x=1"),
        ("headers", '{"Accept": "x", "Authorization": "hidden"}'),
        ("headers", "X-Auth-Token: hidden\nAccept: x"),
        ("data", '{"routing_key": "hidden", "summary": "{{ alert_group.title }}"}'),
        ("password", "hidden"),
        ("token_digest", "hidden"),
        ("contact_points", [{"kind": "ntfy", "secret_encrypted": "hidden"}]),
        ("access", {"authentication": {"bearer": {"header": "X", "tokens": ["hidden"]}}}),
    ],
)
def test_no_entry_shows_a_secret(name: str, text: object):
    for before, after in ((None, {name: text}), ({name: text}, None), ({name: "x"}, {name: text})):
        shown = audit_row(entry("webhooks", before, after)).fields
        assert [one.name for one in shown] == [name]
        assert "hidden" not in str(shown)


def test_what_is_no_secret_stays_readable():
    row = audit_row(entry("webhooks", {"name": "a", "data": '{"summary": "x"}'}, {"name": "b", "data": None}))
    assert [(one.name, one.before, one.after) for one in row.fields] == [
        ("name", "a", "b"),
        ("data", '{"summary": "x"}', ""),
    ]
    assert (row.verb, row.kind, row.name, row.page) == ("changed", "outgoing webhook", "b", "/webhooks/X1")


def test_bars_fill_the_square_and_the_smallest_is_still_seen():
    chart = upright([0.0, 1.0, None, 1000.0], ["a", "b", "c", "d"], ["0", "1", "none", "1000"])
    assert [one.words for one in chart.bars] == ["b: 1", "d: 1000"]
    assert [one.height for one in chart.bars] == [LEAST, 1.0]
    assert all(
        one.x >= 0 and one.x + one.width <= 1 and one.y + one.height == pytest.approx(1) for one in chart.bars
    )
    assert (chart.first, chart.last, chart.highest) == ("a", "d", "1000")
    assert upright([], [], []).bars == upright([0.0], ["a"], ["0"]).bars == ()
    assert (share(0, 0), share(5, 10), share(1, 10_000)) == (0.0, 0.5, LEAST)


def test_what_is_removed_says_so_and_links_nowhere():
    point = {"kind": "pushover", "address": "…rsG", "secret_encrypted": "gAAAAciphertext"}
    row = audit_row(entry("users", {"username": "bob", "contact_points": [point], "team_ids": []}, None))
    assert (row.verb, row.kind, row.name, row.page) == ("removed", "user", "bob", "")
    assert [one.name for one in row.fields] == ["username", "contact_points"]
    assert "ciphertext" not in str(row.fields)
    assert "…rsG" in str(row.fields)
