"""People of a PagerDuty account: their contact methods become a number and rules, urgencies the two lists of rules."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.domain.imported import Row, Taking, Written, part_of, rows_of, without_blanks, words

KIND = "user"
ROLES = {"owner": "admin", "admin": "admin", "user": "editor", "limited_user": "editor"}
LEAST = "viewer"
CHANNELS = {
    "email_contact_method": "notify_by_email",
    "phone_contact_method": "notify_by_phone_call",
    "sms_contact_method": "notify_by_sms",
    "push_notification_contact_method": "notify_by_mobile_app",
}
APP = "notify_by_mobile_app"
WITHOUT_RULES = "its notification rules are references only: export users with include[]=notification_rules"
WITHOUT_NUMBER = "its telephone number is not in the export: include[]=contact_methods has it"
NO_APP = "the app on their phone is not taken over: the person connects it again"
LOW = "its rules for low urgency differ and are left out: both lists are those for high urgency"


def pagerduty_users(taking: Taking, rows: Sequence[Row]) -> list[Written]:
    """Return the users; both of their lists of rules are those for high urgency."""
    return [_user(taking, row) for row in rows]


def _user(taking: Taking, row: Row) -> Written:
    name = taking.names.of("users", row.get("id")) or ""
    rules = _rules(taking, name, rows_of(row.get("notification_rules")))
    number = _number(taking, name, rows_of(row.get("contact_methods")), rules)
    role = ROLES.get(words(row.get("role")))
    if role is None:
        taking.told(KIND, name, f"the role {words(row.get('role'))!r} is that of a {LEAST} here")
    if APP in rules:
        taking.left_out(KIND, name, NO_APP)
    return without_blanks(
        {
            "username": name,
            "name": words(row.get("name")),
            "email": words(row.get("email")),
            "role": role or LEAST,
            "timezone": words(row.get("time_zone")),
            "phone_number": number,
            "rules": without_blanks({"default": rules, "important": rules}),
        }
    )


def _rules(taking: Taking, name: str, rows: Sequence[Row]) -> list[Written | str]:
    """Return the rules for high urgency: delays since the beginning become waits between them."""
    if any("start_delay_in_minutes" not in one for one in rows):
        taking.left_out(KIND, name, WITHOUT_RULES)
        return []
    by_urgency = {
        urgency: sorted(
            (_delay_s(one), _channel(one)) for one in rows if words(one.get("urgency") or "high") == urgency
        )
        for urgency in ("high", "low")
    }
    if by_urgency["low"] and by_urgency["low"] != by_urgency["high"]:
        taking.left_out(KIND, name, LOW)
    found: list[Written | str] = []
    passed_s = 0
    for delay_s, channel in by_urgency["high"]:
        if channel not in CHANNELS.values():
            taking.left_out(KIND, name, f"a rule by {channel or 'an unknown way'}, which there is not here")
            continue
        if delay_s > passed_s:
            found.append({"type": "wait", "duration": delay_s - passed_s})
            passed_s = delay_s
        if not found or found[-1] != channel:
            found.append(channel)
    return found


def _delay_s(rule: Row) -> int:
    minutes = rule.get("start_delay_in_minutes")
    return minutes * 60 if isinstance(minutes, int) else 0


def _channel(rule: Row) -> str:
    kind = words(part_of(rule, "contact_method").get("type")).removesuffix("_reference")
    return CHANNELS.get(kind, kind)


def _number(taking: Taking, name: str, methods: Sequence[Row], rules: Sequence[Written | str]) -> str | None:
    """Return the number that calls go to, else the one for SMS; others of the same person are told."""
    wanted = ("phone_contact_method", "sms_contact_method")
    known = [
        f"+{one.get('country_code') or 1}{re.sub(r'[^0-9]', '', str(one['address']))}"
        for kind in wanted
        for one in methods
        if one.get("type") == kind and one.get("address")
    ]
    numbers = list(dict.fromkeys(known))
    if not numbers and {"notify_by_phone_call", "notify_by_sms"} & {
        one for one in rules if isinstance(one, str)
    }:
        taking.left_out(KIND, name, WITHOUT_NUMBER)
    if len(numbers) > 1:
        taking.left_out(KIND, name, f"has {len(numbers)} telephone numbers; the first one for calls is taken")
    return numbers[0] if numbers else None
