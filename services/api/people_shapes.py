"""The shapes of answers about people besides the users themselves, for the OpenAPI document."""

from __future__ import annotations

from pydantic import BaseModel

from services.api.shape import Shape


class ContactPoint(Shape):
    """A way to reach a person; of a secret address only so much is shown that its owner knows it.

    `vouched_for_by` is admin, code (the person proved it) or null: then it is not paged.
    """

    id: str
    kind: str
    address: str
    is_usable: bool
    vouched_for_by: str | None
    verified_at: str | None
    created_at: str | None


class ContactPoints(Shape):
    """The contact points of a person."""

    results: list[ContactPoint]


class ContactLink(Shape):
    """How a person links an account of theirs: opening `link`, or sending `command` to the bot."""

    kind: str
    link: str | None
    command: str
    expires_at: str


class CodeSent(Shape):
    """The notifier was asked to send a code; `id` is that of the delivery."""

    id: str
    channel: str
    expires_at: str


class SlackUserGroup(Shape):
    """A user group as Slack names it."""

    id: str
    name: str
    handle: str


class UserGroup(Shape):
    """A user group of Slack."""

    id: str
    type: str
    slack: SlackUserGroup


class SlackChannel(Shape):
    """A channel of Slack."""

    name: str
    slack_id: str


class TrialOutcome(Shape):
    """What became of a test; "pending" when that is not known yet."""

    id: str
    channel: str
    state: str
    reason: str
    attempts: int


SHAPES: tuple[type[BaseModel], ...] = (ContactPoint, ContactPoints, ContactLink, CodeSent, TrialOutcome)
