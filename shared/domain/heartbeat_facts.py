"""What is known of a missing or restored heartbeat, as the payload of its alert is made from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class HeartbeatFacts:
    """One change of an integration's heartbeat. `title` and `message` are texts, rendered already.

    `began_at` is when the heartbeat was due and did not come, `at` when this change took place: the same
    instant for a missing heartbeat, that of the ping for a restored one.
    """

    is_missing: bool
    title: str
    message: str
    integration_name: str
    timeout_s: int
    last_seen_at: datetime
    began_at: datetime
    at: datetime
