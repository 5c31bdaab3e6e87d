"""What users set for the heartbeat of an integration: how long it may be silent, and what its alerts say."""

from __future__ import annotations

from shared.domain.model import Frozen

TIMEOUT_S, MIN_TIMEOUT_S, MAX_TIMEOUT_S = 600, 60, 86_400


class HeartbeatTemplates(Frozen):
    """The templates of one of the two alerts; None means the default text."""

    title: str | None = None
    message: str | None = None


class HeartbeatSettings(Frozen):
    """One integration's heartbeat. `timeout_s` is 60 to 86,400 seconds.

    `expired` makes the alert of a heartbeat that did not come, `restored` that of one that came again.
    """

    timeout_s: int = TIMEOUT_S
    expired: HeartbeatTemplates = HeartbeatTemplates()
    restored: HeartbeatTemplates = HeartbeatTemplates()


def timeout_fault(timeout_s: int) -> str | None:
    """Return what keeps a number of seconds from being a timeout, None when nothing does."""
    if MIN_TIMEOUT_S <= timeout_s <= MAX_TIMEOUT_S:
        return None
    return f"A timeout is {MIN_TIMEOUT_S} to {MAX_TIMEOUT_S} seconds, not {timeout_s}."
