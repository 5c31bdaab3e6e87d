"""What a row of the list says of an alert group: what it is, and beside it why it stands as it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.api.api import Api
from services.api.held import Held, held_shapes
from shared import clock
from shared.domain.configuration import ConfigSnapshot, Integration
from shared.domain.escalation import Escalation, escalation_id
from shared.domain.model import Group, State
from shared.store.escalations import Escalations, Stored


@dataclass(frozen=True)
class Why:
    """One reason: a sentence, and the instant that it is about (shown in the reader's zone)."""

    text: str
    at: datetime | None = None
    tone: str = ""


@dataclass(frozen=True)
class GroupRow:
    """One group as the list shows it."""

    group: Group
    integration: Integration | None
    team_name: str
    why: tuple[Why, ...]

    @property
    def state(self) -> str:
        """The state's word."""
        return str(self.group.state)


async def rows_of(api: Api, groups: Sequence[Group]) -> list[GroupRow]:
    """Return the rows of groups; whatever they need is read for all of them at once."""
    config = await api.configuration.load()
    held = await held_shapes(api, groups, clock.now())
    runs = await Escalations(api.database).of_groups([one.id for one in groups if one.is_firing])
    return [_row(one, config, held, runs) for one in groups]


def _row(
    group: Group, config: ConfigSnapshot, held: Mapping[str, Held], runs: Mapping[str, Stored]
) -> GroupRow:
    integration = config.integration_by_id.get(group.integration_id)
    team = config.team_by_id.get(integration.team_id or "") if integration is not None else None
    stored = runs.get(escalation_id(group))
    escalation = stored.escalation if stored is not None else None
    return GroupRow(
        group=group,
        integration=integration,
        team_name=team.name if team is not None else "",
        why=tuple(reasons_of(group, held.get(group.id), escalation, config)),
    )


def reasons_of(
    group: Group, held: Held | None, escalation: Escalation | None, config: ConfigSnapshot
) -> list[Why]:
    """Return why a group stands as it does: who did it, until when, what it waits for."""
    said = [*_state_reasons(group), *_reminder(group)]
    if group.is_firing:
        said += [_held(held)] if held is not None else _next(group, escalation, config)
    working = [one for one in group.responders if one.is_active]
    if working:
        names = [_name(config, one.user_id) for one in working]
        said.append(Why(f"paged directly: {', '.join(names)}"))
    if group.is_demo:
        said.append(Why("a demo alert"))
    return said


def _state_reasons(group: Group) -> list[Why]:
    if group.root_id is not None:
        return [Why(f"attached to {group.root_id}")]
    if group.state is State.RESOLVED:
        return [Why(f"by {group.resolved_by or 'nobody'}", group.resolved_at)]
    if group.state is State.ACKNOWLEDGED:
        return [Why(f"by {group.acknowledged_by or 'nobody'}", group.acknowledged_at)]
    if group.state is State.SILENCED:
        words = "until" if group.silenced_until is not None else "for ever"
        return [Why(f"by {group.silenced_by or 'nobody'}, {words}", group.silenced_until)]
    return []


def _reminder(group: Group) -> list[Why]:
    one = group.reminder
    if one is None or one.confirm_by is None or group.state is not State.ACKNOWLEDGED:
        return []
    return [Why("fires again unless it is confirmed", one.confirm_by, "warn")]


def _held(held: Held) -> Why:
    return Why(held["reason"], tone="warn")


def _next(group: Group, escalation: Escalation | None, config: ConfigSnapshot) -> list[Why]:
    """Return what happens next to a firing group, or that nothing does."""
    if escalation is None:
        route = config.route_by_id.get(group.route_id or "")
        if route is None or route.escalation_chain_id is None:
            return [Why("nobody is notified: its route has no escalation chain", tone="warn")]
        return [Why("its escalation begins")]
    if escalation.ended:
        return [Why(f"escalation ended: {escalation.ended}", tone="warn")]
    if escalation.paused:
        return [Why(escalation.paused)]
    if escalation.due_at is None:
        return [Why(f"{escalation.chain_name} is through and nobody has answered", tone="warn")]
    steps = len(escalation.steps)
    where = (
        f"step {min(escalation.position + 1, steps)} of {steps}" if escalation.next_step_at else "its people"
    )
    return [Why(f"{escalation.chain_name}: {where} next", escalation.due_at)]


def _name(config: ConfigSnapshot, user_id: str) -> str:
    user = config.user_by_id.get(user_id)
    return user.username if user is not None else user_id
