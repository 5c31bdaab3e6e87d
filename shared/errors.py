"""Three words for what can go wrong: Transient, Permanent, and anything else is a bug."""

from __future__ import annotations


class Transient(Exception):
    """It may work later: retry. `after_s` is the wait the other side asked for, if any."""

    def __init__(self, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.after_s = after_s


class Permanent(Exception):
    """It will never work as it stands: set it aside as dead, or answer the user."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unavailable(Transient):
    """A dependency of the whole service (broker, database) is away: stop consuming until it is back."""


class Unanswered(Transient):
    """It was handed over and no answer came: it may have been done; doing it again may do it twice."""
