"""From changes of a group to a rendered one: what the templates are asked, and the event that their answer becomes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.domain.configuration import ConfigSnapshot
from shared.domain.model import Alert, Group
from shared.domain.routed_alerts import integration_of
from shared.domain.template_jobs import Rendered, RenderJob
from shared.events import (
    GroupAlertAdded,
    GroupEvent,
    GroupNoteAdded,
    GroupRendered,
    GroupResponderAdded,
    GroupResponderRemoved,
)
from shared.events.groups import GroupChange

_RESPONDERS = (GroupResponderAdded, GroupResponderRemoved)


def render_job(
    group: Group, alert: Alert | None, config: ConfigSnapshot, media: tuple[str, ...], public_url: str
) -> RenderJob:
    """Return what must be evaluated to show a group; `alert` is its newest one, None when it is gone."""
    return RenderJob(
        integration=integration_of(config, group.integration_id),
        group=group,
        payload=alert.payload if alert is not None else None,
        read_as=alert.read_as if alert is not None else "",
        media=media,
        group_url=f"{public_url}/alert-groups/{group.id}",
        config_version=config.version,
    )


def group_rendered(
    folded: Sequence[GroupEvent], answer: Rendered, config: ConfigSnapshot, now: datetime
) -> GroupRendered:
    """Fold the changes of one group into what is shown of it; a change of state outweighs a joined alert."""
    newest = folded[-1]
    telling = next((one for one in reversed(folded) if not isinstance(one, GroupAlertAdded)), newest)
    return GroupRendered.following(
        newest,
        time=now,
        config_version=config.version,
        group=newest.group,
        change=telling.type,
        alerts=tuple(alert for one in folded for alert in one.alerts),
        actor=telling.actor,
        cards=answer.cards,
        problems=answer.problems,
        changes=tuple(_change(one) for one in folded) if len(folded) > 1 or _tells_more(newest) else (),
        decision="rendered",
        reason=f"for {', '.join(answer.cards)}"
        if not answer.problems
        else f"with {len(answer.problems)} problems",
    )


def _change(event: GroupEvent) -> GroupChange:
    return GroupChange(
        type=event.type,
        version=event.group.version,
        at=event.time,
        alerts=event.alerts,
        actor=event.actor,
        user_ids=event.user_ids if isinstance(event, _RESPONDERS) else (),
        note=event.note if isinstance(event, GroupNoteAdded) else None,
    )


def _tells_more(event: GroupEvent) -> bool:
    return isinstance(event, (*_RESPONDERS, GroupNoteAdded))
