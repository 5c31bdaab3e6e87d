"""Who was paged is told when the group is resolved: once per person and run, and not who resolved it.

Nothing is kept for it: the request's id follows from group, run and person, so that the event of the resolve, however
often it comes, asks for the same notice; the ledger has it once. Whether a page really reached the person is looked
up by the notifier when it sends.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation_run import Escalation, card_of
from shared.domain.personal import Personal, channel_of
from shared.events import GroupRendered, GroupResolved, NotificationRequested, derived_id


def is_resolve(event: GroupRendered) -> bool:
    """Whether an event tells that its group was resolved."""
    return event.change == GroupResolved.type


def resolve_notices(
    event: GroupRendered,
    escalation: Escalation | None,
    channels: Collection[str],
    config: ConfigSnapshot,
    now: datetime,
) -> list[NotificationRequested]:
    """Return a request for each person whom the run paged, by the first of his rules' `channels` that did not fail."""
    if escalation is None or not is_resolve(event) or event.group.run != escalation.run:
        return []
    resolved_by = event.group.resolved_by.id if event.group.resolved_by is not None else None
    ways: dict[str, str] = {}
    for person in escalation.personal:
        if person.user_id != resolved_by:
            for channel in _used(escalation, person, channels):
                ways.setdefault(person.user_id, channel)
    return [_notice(event, escalation, user_id, channel, config, now) for user_id, channel in ways.items()]


def _used(escalation: Escalation, person: Personal, channels: Collection[str]) -> Sequence[str]:
    """Return the wanted channels by which a person was paged, in the order of his rules."""
    asked = {one for one in person.requested if one not in person.failed}
    found = []
    for position, rule in enumerate(person.rules):
        parts = (person.started_by, person.user_id, position)
        id = derived_id(NotificationRequested.type, escalation.group_id, escalation.run, *parts)
        if id in asked and channel_of(rule) in channels:
            found.append(channel_of(rule))
    return found


def _notice(
    event: GroupRendered,
    escalation: Escalation,
    user_id: str,
    channel: str,
    config: ConfigSnapshot,
    now: datetime,
) -> NotificationRequested:
    user = config.user_by_id.get(user_id)
    name = user.username if user is not None else user_id
    by = event.group.resolved_by
    shown = escalation.model_copy(update={"cards": event.cards or escalation.cards, "group": event.group})
    made = NotificationRequested.following(
        event,
        time=now,
        group=event.group,
        user_id=user_id,
        channel=channel,
        card=card_of(shown, channel),
        resolved=True,
        decision="resolve_notice",
        reason=f"{name} was paged and is told by {channel} that it is resolved" + (f" by {by}" if by else ""),
    )
    return made.model_copy(update={"id": derived_id("resolved", event.group.id, event.group.run, user_id)})
