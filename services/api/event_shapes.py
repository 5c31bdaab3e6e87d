"""The shapes of answers about event subscriptions, for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from services.api.shape import Shape


class EventSubscriptionStatus(Shape):
    """How far a subscription is.

    `lag_s` is how long the oldest event that is known to wait has waited, null when nobody can say. `pages_expired`
    counts pages of the journal that were gone before they were read.
    """

    state: Literal["following", "catching_up", "failing", "lost", "gone", "disabled"]
    position: str
    lag_s: int | None
    waiting_since: str | None
    events_posted: int
    last_posted_at: str | None
    last_status: int | None
    last_error: str | None
    failures: int
    failing_since: str | None
    next_try_at: str | None
    pages_expired: int


class EventSubscription(Shape):
    """A URL that is told the events of the journal; secrets read as asterisks, and only admins see the whole URL."""

    id: str
    name: str
    url: str
    is_enabled: bool
    team_id: str | None
    types: list[str]
    integration_ids: list[str]
    start: str
    batch_size: int
    signing_secret: str | None
    status: EventSubscriptionStatus | None


class EventTrial(Shape):
    """What the other side answered to an event that says nothing; no status: there was no answer, `answer` says why."""

    is_taken: bool
    status_code: int | None
    answer: str


SHAPES = (EventTrial,)
