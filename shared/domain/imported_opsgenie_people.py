"""People of an Opsgenie account: addresses, rights, and the number where the export has their contacts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.domain.imported import Row, Taking, Written, part_of, rows_of, without_blanks, words

KIND = "user"
ROLES = {"owner": "admin", "admin": "admin", "user": "editor"}
LEAST = "viewer"
BY_PHONE = ("voice", "sms")


def opsgenie_users(taking: Taking, rows: Sequence[Row]) -> list[Written]:
    """Return the users; whose role is one of the account's own gets the least."""
    return [_user(taking, row) for row in rows]


def _user(taking: Taking, row: Row) -> Written:
    name = taking.names.of("users", row.get("id")) or ""
    word = words(part_of(row, "role").get("name"))
    role = ROLES.get(word.lower())
    if role is None:
        taking.told(KIND, name, f"the role {word!r} is that of a {LEAST} here")
    if row.get("blocked"):
        taking.left_out(KIND, name, "is blocked there and can be paged here")
    contacts = rows_of(row.get("userContacts"))
    numbers = [
        f"+{re.sub(r'[^0-9]', '', words(one.get('to')))}"
        for method in BY_PHONE
        for one in contacts
        if one.get("contactMethod") == method and words(one.get("to"))
    ]
    if len(set(numbers)) > 1:
        taking.left_out(
            KIND, name, f"has {len(set(numbers))} telephone numbers; the first one for calls is taken"
        )
    if "userContacts" not in row:
        taking.left_out(
            KIND, name, "its telephone number is not in the export: ask for the user with expand=contact"
        )
    return without_blanks(
        {
            "username": name,
            "name": words(row.get("fullName")),
            "email": words(row.get("username")),
            "role": role or LEAST,
            "timezone": words(row.get("timeZone")),
            "phone_number": numbers[0] if numbers else None,
        }
    )
