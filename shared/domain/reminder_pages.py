"""Whom a reminder of an acknowledge reaches: whoever acknowledged, by every channel of his rules."""

from __future__ import annotations

from datetime import datetime

from shared.domain import personal as people
from shared.domain.configuration import ConfigSnapshot
from shared.domain.direct_pages import card_for
from shared.domain.model import Card, Group
from shared.domain.purposes import REMINDER
from shared.events import GroupAlertAdded, GroupRendered, NotificationRequested, derived_id


def reminder_note(group: Group) -> str:
    """Return what chats show above the group while it is asked; empty while it is not."""
    reminder = group.reminder
    if reminder is None or reminder.asked_at is None or group.acknowledged_at is None:
        return ""
    words = (
        f"{group.acknowledged_by} acknowledged this {group.acknowledged_at:%Y-%m-%d %H:%M} UTC. Still on it?"
    )
    if reminder.confirm_by is None:
        return f"{words} Please confirm."
    return f"{words} Without a confirm by {reminder.confirm_by:%H:%M} UTC it counts as nobody's."


def reminder_pages(
    event: GroupRendered, config: ConfigSnapshot, now: datetime
) -> list[NotificationRequested]:
    """Ask for the pages of a reminder that stands unanswered.

    Their ids follow from the question alone, so whatever tells of the group again asks for nothing new.
    """
    group, reminder = event.group, event.group.reminder
    note = reminder_note(group)
    by = group.acknowledged_by
    if not note or reminder is None or event.change == GroupAlertAdded.type:
        return []
    if by is None or by.kind != "user" or by.id not in config.user_by_id:
        return []
    found = []
    for channel in channels_of(config, by.id):
        card = card_for(event.cards, channel, group)
        page = NotificationRequested.following(
            event,
            part=channel,
            time=now,
            subject=group.id,
            config_version=config.version,
            group=group,
            user_id=by.id,
            channel=channel,
            card=Card(title=f"Still on it? {card.title}", message=note, source_link=card.source_link),
            purpose=REMINDER,
            purpose_id=str(reminder.count),
            decision="reminded",
            reason=f"{by} is asked whether he still works on it, by {channel}",
        )
        id = derived_id(page.type, group.id, group.run, REMINDER, reminder.count, channel)
        found.append(page.model_copy(update={"id": id}))
    return found


def channels_of(config: ConfigSnapshot, user_id: str) -> list[str]:
    """Return every channel of a person's rules, default and important ones, each once."""
    rules = (*people.rules_of(config, user_id, False), *people.rules_of(config, user_id, True))
    return list(dict.fromkeys(people.channel_of(one) for one in rules if one.type != "wait"))
