"""The personal rules of responders: people who were paged directly, whatever the chain does and across its runs.

Decisions only: `(event or due time, pages, now) -> (pages, events)`. One document per group.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.domain import personal as people
from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation_run import MEDIUM_OF
from shared.domain.model import Card, Frozen, Group
from shared.domain.personal import Personal
from shared.domain.purposes import DIRECT, why_over
from shared.events import (
    Due,
    Event,
    GroupRendered,
    NotificationFailed,
    NotificationRequested,
    NotificationUnknown,
    StageDecided,
    derived_id,
)

STAGE = "escalator"


class DirectPages(Frozen):
    """Where each responder of a group is in his rules; `started_by` of one's rules is the id of the call for him."""

    id: str
    group: Group
    cards: dict[str, Card]
    personal: tuple[Personal, ...] = ()
    version: int = 1
    config_version: int = 0

    @property
    def due_at(self) -> datetime | None:
        """When it wants to be looked at again."""
        return min((one.due_at for one in self.personal if one.due_at is not None), default=None)

    @property
    def is_over(self) -> bool:
        """Whether nobody can be called for this group again, unless it is opened anew."""
        return not self.group.is_open


Decided = tuple[DirectPages | None, list[Event]]


def respond(
    event: GroupRendered, before: DirectPages | None, config: ConfigSnapshot, now: datetime
) -> Decided:
    """Answer an event of a group with responders: start who is new, stop who is off, has answered, or has no need."""
    group = event.group
    if before is not None and group.version <= before.group.version:
        return before, []
    over = why_over(group)
    active = {one.page_id: one for one in group.responders if one.is_active and over is None}
    pages = before or DirectPages(id=group.id, group=group, cards=event.cards)
    kept = tuple(
        one if one.started_by in active else one.model_copy(update={"due_at": None}) for one in pages.personal
    )
    known = {one.started_by for one in kept}
    new = tuple(
        people.begin(config, one.user_id, one.important, one.page_id, now)
        for one in active.values()
        if one.page_id not in known
    )
    if before is None and not new:
        return None, []
    after = pages.model_copy(
        update={
            "group": group,
            "cards": event.cards or pages.cards,
            "personal": (*kept, *new),
            "config_version": config.version,
        }
    )
    told = _stopped(event, pages, after, over, now)
    after, events = _advance(after, event, config, now)
    version = before.version + 1 if before is not None else 1
    return after.model_copy(update={"version": version}), [*told, *events]


def wake_pages(pages: DirectPages, config: ConfigSnapshot, now: datetime) -> tuple[DirectPages, list[Event]]:
    """Do what is due now; unchanged when nothing is."""
    due_at = pages.due_at
    if due_at is None or due_at > now:
        return pages, []
    cause = Due.of(pages.id, DIRECT, due_at, alert_id=pages.group.last_alert_id)
    after, events = _advance(pages, cause, config, now)
    return after.model_copy(update={"version": pages.version + 1}), events


def direct_page_failed(
    event: NotificationFailed | NotificationUnknown,
    pages: DirectPages,
    config: ConfigSnapshot,
    now: datetime,
) -> tuple[DirectPages, list[Event]]:
    """Run the person's next rule at once, because a page did not arrive or nobody knows whether it did."""
    skipped = [people.skip_wait(one, event.request_id, now) for one in pages.personal]
    if not any(skipped):
        return pages, []
    chains = tuple(after or before for after, before in zip(skipped, pages.personal, strict=True))
    after, events = _advance(pages.model_copy(update={"personal": chains}), event, config, now)
    words = "the person's next rule runs at once" if events else "the person has no rule left"
    said = _decided(event, pages.group.id, "fell_back", f"{words}: {event.reason}", now)
    return after.model_copy(update={"version": pages.version + 1}), [said, *events]


def _advance(
    pages: DirectPages, cause: Event | Due, config: ConfigSnapshot, now: datetime
) -> tuple[DirectPages, list[Event]]:
    chains: list[Personal] = []
    events: list[Event] = []
    for one in pages.personal:
        after, use = people.advance(one, now)
        for position, rule in use:
            page = _page(pages, cause, one, position, people.channel_of(rule), config, now)
            after = after.model_copy(update={"requested": (*after.requested, page.id)})
            events.append(page)
        chains.append(after)
    return pages.model_copy(update={"personal": tuple(chains)}), events


def _page(
    pages: DirectPages,
    cause: Event | Due,
    person: Personal,
    position: int,
    channel: str,
    config: ConfigSnapshot,
    now: datetime,
) -> NotificationRequested:
    user = config.user_by_id.get(person.user_id)
    name = user.username if user is not None else person.user_id
    kind = "important" if person.important else "default"
    fields: dict[str, Any] = {
        "group": pages.group,
        "user_id": person.user_id,
        "channel": channel,
        "card": card_for(pages.cards, channel, pages.group),
        "important": person.important,
        "purpose": DIRECT,
        "purpose_id": person.started_by,
    }
    page = NotificationRequested.following(
        cause,
        time=now,
        subject=pages.id,
        alert_id=pages.group.last_alert_id,
        config_version=config.version,
        decision="paged",
        reason=f"{name}, paged directly: {kind} rule {position + 1}, {channel}",
        **fields,
    )
    id = derived_id(NotificationRequested.type, pages.id, DIRECT, person.started_by, person.user_id, position)
    return page.model_copy(update={"id": id})


def card_for(cards: dict[str, Card], channel: str, group: Group) -> Card:
    """Return what a channel shows of a group."""
    return cards.get(MEDIUM_OF.get(channel, channel)) or cards.get("web") or Card(title=group.title or "")


def _stopped(
    event: GroupRendered, before: DirectPages, after: DirectPages, over: str | None, now: datetime
) -> list[Event]:
    """Say whose rules end here."""
    ran = {one.started_by for one in before.personal if not one.is_over}
    runs = {one.started_by for one in after.personal if not one.is_over}
    gone = ran - runs
    if not gone:
        return []
    why = over or "they acknowledged, or were taken off"
    return [_decided(event, after.id, "direct_pages_stopped", f"{len(gone)} of its responders: {why}", now)]


def _decided(event: Event, group_id: str, decision: str, reason: str, now: datetime) -> StageDecided:
    return StageDecided.following(
        event,
        part="direct pages",
        time=now,
        stage=STAGE,
        group_id=group_id,
        decision=decision,
        reason=reason,
    )
