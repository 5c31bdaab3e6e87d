"""Tickets: signed texts in links and buttons that let one person do one thing to one run of one group.

A ticket is the authority itself, so it ends: at its time, and with the run that it was made for.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta

import orjson

from shared.domain.model import Frozen, Group
from shared.errors import Permanent

PURPOSE = "ticket"
VALID_FOR = timedelta(days=7)
# On a keypad the key says what is done.
ANY = "any"
ACTIONS = ("acknowledge", "resolve", "silence", ANY)
_LIMIT = 600

Sign = Callable[[str], str]
IsSigned = Callable[[str, str], bool]


class Ticket(Frozen):
    """What its bearer may do until `expires_at` (s since 1970). Without a user the product says who presses."""

    group_id: str
    run: int
    action: str
    user_id: str = ""
    expires_at: int


def tickets_for(group: Group, user_id: str, sign: Sign, now: datetime) -> dict[str, str]:
    """Return a ticket for each action that a button may offer; the same for the same arguments."""
    until = int((now + VALID_FOR).timestamp())
    return {action: _written((group.id, group.run, action, user_id, until), sign) for action in ACTIONS}


def issued(ticket: Ticket, sign: Sign) -> str:
    """Return the ticket as text of letters, digits, "-", "_" and one "."."""
    return _written(tuple(getattr(ticket, name) for name in Ticket.model_fields), sign)


def _written(fields: tuple[str | int, ...], sign: Sign) -> str:
    """Return a ticket's fields, in the order of the model, as signed text: each page has four of them made."""
    body = urlsafe_b64encode(orjson.dumps(fields)).decode().rstrip("=")
    return f"{body}.{sign(body)}"


def opened(text: str, is_signed: IsSigned, now: datetime) -> Ticket:
    """Return what the ticket allows.

    Raises:
        Permanent: it is not one of ours, or its time is over.
    """
    body, _, signature = text.partition(".")
    if len(text) > _LIMIT or not body.isascii() or not is_signed(body, signature):
        raise Permanent("This link is not valid.")
    try:
        fields = orjson.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        ticket = Ticket.model_validate(dict(zip(Ticket.model_fields, fields, strict=True)))
    except (ValueError, TypeError) as error:
        raise Permanent("This link is not valid.") from error
    if now.timestamp() >= ticket.expires_at:
        raise Permanent("This link is too old. Please use the alert group's page.")
    return ticket
