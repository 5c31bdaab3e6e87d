"""Ids and tokens that people see: short, without characters that are mistaken for each other."""

from __future__ import annotations

from collections.abc import Callable

# Digits without 0 and capitals without O, as in the ids that existing clients and plans hold.
ALPHABET = "123456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
LENGTH = 13
TOKEN_ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
TOKEN_LENGTH = 25

PREFIXES = {
    "integrations": "C",
    "routes": "R",
    "escalation_chains": "F",
    "escalation_policies": "E",
    "users": "U",
    "personal_notification_rules": "N",
    "webhooks": "W",
    "event_subscriptions": "V",
    "teams": "T",
    "maintenance_windows": "M",
    "user_groups": "G",
    "contact_points": "P",
    "organizations": "O",
    "schedules": "S",
    "on_call_shifts": "O",
    "shift_swaps": "SSR",
}

Below = Callable[[int], int]


def public_id(table: str, below: Below) -> str:
    """Return a new id for a row of `table`; `below(n)` draws an unpredictable number from 0 to n-1."""
    return PREFIXES[table] + "".join(ALPHABET[below(len(ALPHABET))] for _ in range(LENGTH))


def url_token(below: Below) -> str:
    """Return a new token for an integration's URL: letters and digits only, so it survives every sender."""
    return "".join(TOKEN_ALPHABET[below(len(TOKEN_ALPHABET))] for _ in range(TOKEN_LENGTH))


def mail_token(below: Below) -> str:
    """Return a new token for an integration's mail address: without capitals, which some mail systems change."""
    alphabet = TOKEN_ALPHABET.replace(TOKEN_ALPHABET[26:52], "")
    return "".join(alphabet[below(len(alphabet))] for _ in range(TOKEN_LENGTH))


def api_token(below: Below) -> str:
    """Return a new API token: 64 hexadecimal digits."""
    return "".join("0123456789abcdef"[below(16)] for _ in range(64))
