"""Which chat messages a rendered group shall have: one per chat product that its route posts to.

In maintenance a group that began in it is not posted; what a chat shows already is kept up to date, with a note.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation_run import Escalation
from shared.domain.maintenance import Hold, held_by
from shared.domain.media import CHATS
from shared.domain.model import Actor, Card, Group
from shared.domain.reminder_pages import reminder_note
from shared.events import Due, Event, GroupRendered, PostRequested


@dataclass(frozen=True)
class _Shown:
    """What chats shall show, and whose doing it is."""

    cause: Event | Due
    group: Group
    cards: Mapping[str, Card]
    change: str = ""
    actor: Actor | None = None


def posts_of(
    event: GroupRendered, config: ConfigSnapshot, default_slack_channel: str, now: datetime
) -> Iterator[PostRequested]:
    """Ask for the group's message in every chat of its route; a route that is gone posts nowhere.

    A chat that is switched on without a channel goes to the default channel; without one there is no post.
    """
    shown = _Shown(event, event.group, event.cards, event.change, event.actor)
    hold = held_by(config.windows_of(event.group.integration_id), event.group, now)
    return _posts(shown, hold, config, default_slack_channel, now)


def posts_after(
    before: Escalation, after: Escalation, config: ConfigSnapshot, default_slack_channel: str, now: datetime
) -> Iterator[PostRequested]:
    """Ask for the posts that a hold which began, changed or ended leads to; most changes lead to none."""
    if after.held == before.held or not after.group.is_firing:
        return iter(())
    cause = Due.of(after.id, f"posts {after.version}", now, alert_id=after.group.last_alert_id)
    shown = _Shown(cause, after.group, after.cards)
    return _posts(shown, after.held, config, default_slack_channel, now)


def _posts(
    shown: _Shown, hold: Hold | None, config: ConfigSnapshot, default_slack_channel: str, now: datetime
) -> Iterator[PostRequested]:
    group = shown.group
    route = config.route_by_id.get(group.route_id or "")
    if route is None or (hold is not None and is_kept_quiet(group, hold)):
        return
    for medium in CHATS:
        target = getattr(route, medium)
        channel = target.id or (default_slack_channel if medium == "slack" else "")
        if target.enabled and channel:
            yield PostRequested.following(
                shown.cause,
                part=f"{medium}:{channel}",
                time=now,
                subject=group.id,
                group=group,
                medium=medium,
                channel=channel,
                card=shown.cards.get(medium) or shown.cards.get("web") or Card(title=group.title or ""),
                change=shown.change,
                actor=shown.actor,
                note=hold.sentence if hold is not None and group.is_firing else reminder_note(group),
                decision="post",
                reason=f"the route posts to {medium} channel {channel}",
            )


def is_kept_quiet(group: Group, hold: Hold) -> bool:
    """Whether nobody outside is told of a group as long as it is held: it began in a maintenance window."""
    return hold.kind == "maintenance" and group.opened_at >= hold.since
