"""What a group does by itself when its time comes, and the settings that count for it then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from shared.domain.action import Circumstances
from shared.domain.attaching import cascade
from shared.domain.configuration import ConfigSnapshot
from shared.domain.instances import expire_instances
from shared.domain.model import SYSTEM, Group
from shared.domain.reminding import NEVER, Reminders, remind
from shared.domain.states import expire_silence
from shared.domain.watching import Watch
from shared.events import Event


@dataclass(frozen=True)
class Installation:
    """What counts where neither the integration nor its team says anything."""

    reminders: Reminders = NEVER
    note_required: bool = False


def circumstances(config: ConfigSnapshot, integration_id: str, installation: Installation) -> Circumstances:
    """Return the settings that count for groups of an integration: its own, else its team's, else these."""
    integration = config.integration_by_id.get(integration_id)
    if integration is None:
        return Circumstances(reminders=installation.reminders, note_required=installation.note_required)
    own = integration.groups
    team = config.team_by_id.get(integration.team_id or "")
    levels = (own.acknowledge_reminder, team.acknowledge_reminder if team is not None else None)
    required = own.resolution_note_required
    return Circumstances(
        reminders=installation.reminders.of(*levels),
        note_required=installation.note_required if required is None else required,
    )


def expire(
    group: Group, now: datetime, watched: Watch | None, may_resolve: bool, reminders: Reminders
) -> tuple[Group, list[Event]]:
    """Do what is due; unchanged when nothing is. Instances first: a group that is over has nothing else to end."""
    after, events = expire_instances(group, now, watched, may_resolve)
    after, unsilenced = expire_silence(after, now)
    after, reminded = remind(after, now, reminders)
    told: list[Event] = [*events, *unsilenced, *reminded]
    if told:
        told += cascade(group, after, told[-1], now, SYSTEM)
    return after, told
