"""Which chat messages a rendered group shall have: one per chat product that its route posts to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from shared.domain.configuration import Route
from shared.domain.media import CHATS
from shared.domain.model import Card
from shared.events import GroupRendered, PostRequested


def posts_of(
    event: GroupRendered, route: Route | None, default_slack_channel: str, now: datetime
) -> Iterator[PostRequested]:
    """Ask for the group's message in every chat of its route; a route that is gone posts nowhere.

    A chat that is switched on without a channel goes to the default channel; without one there is no post.
    """
    if route is None:
        return
    for medium in CHATS:
        target = getattr(route, medium)
        channel = target.id or (default_slack_channel if medium == "slack" else "")
        if target.enabled and channel:
            yield PostRequested.following(
                event,
                part=f"{medium}:{channel}",
                time=now,
                group=event.group,
                medium=medium,
                channel=channel,
                card=event.cards.get(medium) or event.cards.get("web") or Card(title=event.group.title or ""),
                change=event.change,
                actor=event.actor,
                decision="post",
                reason=f"the route posts to {medium} channel {channel}",
            )
