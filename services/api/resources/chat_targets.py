"""Where a route posts: the `slack`, `telegram`, `msteams` and `mattermost` objects of routes and default routes."""

from __future__ import annotations

from typing import Any

from services.api.resources.desk import Body, Flag
from shared.domain.configuration import ChatTarget, Route

PRODUCTS = ("telegram", "msteams", "mattermost")


class SlackBody(Body):
    """Slack's own words: `channel_id`."""

    channel_id: str | None = None
    enabled: Flag | None = None


class TargetBody(Body):
    """Every other chat product: `id`."""

    id: str | None = None
    enabled: Flag | None = None


class TargetsBody(Body):
    """The part of a body that says where to post."""

    slack: SlackBody | None = None
    telegram: TargetBody | None = None
    msteams: TargetBody | None = None
    mattermost: TargetBody | None = None


def targets(body: TargetsBody, route: Route) -> dict[str, ChatTarget]:
    """Return the targets that the body changes; an object of null leaves its target as it is."""
    changed = {}
    if body.slack is not None:
        sent_id = body.slack.channel_id if body.slack.sent("channel_id") else route.slack.id
        changed["slack"] = _target(route.slack, sent_id, body.slack.enabled)
    for product in PRODUCTS:
        sent: TargetBody | None = getattr(body, product)
        if sent is not None:
            before: ChatTarget = getattr(route, product)
            changed[product] = _target(before, sent.id if sent.sent("id") else before.id, sent.enabled)
    return changed


def shown(route: Route) -> dict[str, Any]:
    """Return the objects of an answer; none of them is ever null or missing."""
    slack = {"channel_id": route.slack.id, "enabled": route.slack.enabled}
    others = {name: getattr(route, name) for name in PRODUCTS}
    return {"slack": slack, **{name: {"id": one.id, "enabled": one.enabled} for name, one in others.items()}}


def _target(before: ChatTarget, sent_id: str | None, enabled: bool | None) -> ChatTarget:
    return ChatTarget(id=sent_id or None, enabled=before.enabled if enabled is None else enabled)
