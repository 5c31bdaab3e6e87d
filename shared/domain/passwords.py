"""What a password must be, how long a link to set one holds, and when somebody who guesses has to wait.

Lengths follow NIST SP 800-63B (8 at least, 64 and more allowed, no rules of composition); ours start at 10.
"""

from __future__ import annotations

from datetime import datetime, timedelta

MIN_LENGTH = 10
# Longer texts are no password, and hashing takes time with length.
MAX_LENGTH = 256
WINDOW = timedelta(minutes=15)
# Wrong answers within the window. A person is not locked out by somebody who guesses from elsewhere: what is
# counted is the name and the address together, and each alone only against guessing at large.
PAIR_LIMIT = 10
ADDRESS_LIMIT = 60
NAME_LIMIT = 300
# How long somebody has to set a password with a link: a weekend.
LINK_VALID_FOR = timedelta(hours=72)
LINK_TITLE = "Tocsin: set your password"


def refusal(password: str, username: str) -> str | None:
    """Return why a new password is not taken; None when it is."""
    if len(password) < MIN_LENGTH:
        return f"Must have at least {MIN_LENGTH} characters."
    if len(password) > MAX_LENGTH:
        return f"Must have at most {MAX_LENGTH} characters."
    if len(set(password)) < 4:
        return "Repeats too few different characters."
    if username and password.casefold() == username.casefold():
        return "Must not be the username."
    return None


def link_words(username: str, url: str, expires_at: datetime) -> str:
    """Return what is written to whom a link is sent."""
    return (
        f"With this link you set the password with which {username} signs in:\n\n{url}\n\n"
        f"It works once, until {expires_at:%Y-%m-%d %H:%M} UTC. "
        "If you did not expect it, do not open it and tell whoever runs Tocsin."
    )


def guess_limits(username: str, address: str) -> tuple[tuple[str, int], ...]:
    """Return what wrong answers are counted under, and how many the window allows for each."""
    name = username.strip().casefold()[:150]
    return (
        (f"pair {address} {name}", PAIR_LIMIT),
        (f"address {address}", ADDRESS_LIMIT),
        (f"name {name}", NAME_LIMIT),
    )
