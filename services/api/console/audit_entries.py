"""Entries of the audit as people read them: what kind of object, its name, and each field before and after.

Secrets are masked: what is ciphertext or a digest says only that it changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.api.diff import SECRET, without_secrets
from shared.domain.webhook_record import MASKED, masked, masked_url
from shared.store.configuration_audit import AuditEntry

KINDS = {
    "users": "user",
    "teams": "team",
    "webhooks": "outgoing webhook",
    "event_subscriptions": "event subscription",
    "event_positions": "position of an event subscription",
    "escalation_chains": "escalation chain",
    "escalation_policies": "escalation step",
    "integrations": "integration",
    "routes": "route",
    "personal_notification_rules": "notification rule",
    "maintenance_windows": "maintenance window",
    "user_groups": "user group",
    "slack_channels": "Slack channel",
    "schedules": "schedule",
    "on_call_shifts": "shift",
    "shift_swaps": "shift swap",
    "calendars": "external calendar",
    "declared_objects": "mark of a declaration",
    "api_tokens": "API token",
    "passwords": "password",
    "password_links": "link to set a password",
    "sessions": "sessions",
    "dead_letters": "dead letters",
}
PAGES = {
    "users": "/users/{}",
    "passwords": "/users/{}",
    "password_links": "/users/{}",
    "sessions": "/users/{}",
    "webhooks": "/webhooks/{}",
    "event_subscriptions": "/event-subscriptions/{}",
    "event_positions": "/event-subscriptions/{}",
    "schedules": "/schedules/{}",
    "escalation_chains": "/escalation-chains/{}",
}
NAMES = ("name", "username", "title", "type")
SHOWN_CHARS = 4_000
# Texts of requests: templates, so nobody can read them as what they will be.
REQUEST_TEXTS = ("headers", "data")
_NAMED_SECRET = re.compile(
    r"([\w-]*(?:authori[sz]ation|cookie|token|secret|passw|key|signature)[\w-]*\"?\s*:\s*)(\"[^\"\n]*\"|[^\n]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class FieldChange:
    """One field: its value before and after as text; "" is no value."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class AuditRow:
    """One entry as the page shows it."""

    entry: AuditEntry
    verb: str
    kind: str
    name: str
    page: str
    fields: tuple[FieldChange, ...]


def audit_row(entry: AuditEntry) -> AuditRow:
    """Return how an entry is shown."""
    row = entry.after or entry.before or {}
    name = next((str(row[one]) for one in NAMES if row.get(one)), entry.object_id)
    still_there = entry.after is not None or entry.table in ("passwords", "password_links", "sessions")
    page = PAGES.get(entry.table, "").format(entry.object_id) if still_there else ""
    verb = "added" if entry.before is None else "removed" if entry.after is None else "changed"
    if entry.table == "sessions":
        verb = "ended"
    return AuditRow(
        entry=entry,
        verb=verb,
        kind=KINDS.get(entry.table, entry.table.replace("_", " ")),
        name=name,
        page=page,
        fields=tuple(_fields(entry.before or {}, entry.after or {})),
    )


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    names = list(dict.fromkeys((*after, *before)))
    # Of a secret nobody but the database can say whether it is another one.
    changed = [one for one in names if before.get(one) != after.get(one) or before.get(one) == "(secret)"]
    fields = [FieldChange(one, _text(one, before.get(one)), _text(one, after.get(one))) for one in changed]
    return [one for one in fields if one.before or one.after]


def _text(name: str, value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    if name in SECRET:
        return "(secret)"
    if isinstance(value, str):
        return _cut(_without_secrets(name, value))
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return _cut(json.dumps(masked(without_secrets(value)), indent=1, ensure_ascii=False, sort_keys=True))


def _without_secrets(name: str, text: str) -> str:
    """Return a text without what templates of requests may hold in clear: passwords in URLs, headers with tokens."""
    if name == "url":
        return masked_url(text)
    return _NAMED_SECRET.sub(rf"\g<1>{MASKED}", text) if name in REQUEST_TEXTS else text


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}… ({len(text)} characters)"
