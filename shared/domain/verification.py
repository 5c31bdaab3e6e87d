"""Codes that prove that a contact point is its owner's: how long they hold, how many there may be, what they say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.domain.public_ids import Below

DIGITS = 6
VALID_FOR = timedelta(minutes=10)
TRIES = 5
WINDOW = timedelta(hours=1)
# How many codes and tests go to one address, and to all addresses of one person, within an hour.
MOST_PER_ADDRESS, MOST_PER_PERSON = 5, 10
# What signatures of codes are made for (shared/secrets.py).
PURPOSE = "contact code"
TITLE = "Tocsin: your code"


def new_code(below: Below) -> str:
    """Return six digits; `below(n)` draws an unpredictable number from 0 to n-1."""
    return f"{below(10**DIGITS):0{DIGITS}}"


def signed_text(point_id: str, code: str) -> str:
    """Return what is signed in the place of a code: a code is of no use for another contact point."""
    return f"{point_id}:{code}"


def words(code: str, channel: str) -> str:
    """Return what the person reads or hears; a voice reads digit by digit."""
    shown = ", ".join(code) if channel == "phone_call" else code
    minutes = int(VALID_FOR.total_seconds() // 60)
    return (
        f"Your Tocsin code is {shown}. It is valid for {minutes} minutes. "
        "If you did not ask for it, nothing needs to be done."
    )


def wait_s(sent_at: Sequence[datetime], most: int, now: datetime) -> int:
    """Return for how many seconds nothing may be sent, 0 when something may be; `sent_at` in any order."""
    recent = sorted(one for one in sent_at if one > now - WINDOW)
    if len(recent) < most:
        return 0
    return max(1, int((recent[-most] + WINDOW - now).total_seconds()) + 1)
