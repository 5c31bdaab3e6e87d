"""A run that goes on where the one before it was, after a silence or an unacknowledge, where that is wanted."""

from __future__ import annotations

from datetime import datetime

from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation_run import NOTHING_KNOWN, Escalation, Known, Left, Walk, decided
from shared.domain.escalation_walk import walked
from shared.domain.group_settings import ResumeSettings
from shared.events import Event, GroupRendered, GroupUnacknowledged, GroupUnsilenced


def left_of(escalation: Escalation) -> Left:
    """Return what an escalation that is stopped now would have done next."""
    waits = escalation.round_began_at if escalation.paused else None
    people = tuple(one for one in escalation.personal if one.due_at is not None)
    return Left(next_step_at=escalation.next_step_at or waits, personal=people)


def resumed(
    event: GroupRendered, earlier: Escalation | None, config: ConfigSnapshot, now: datetime
) -> Escalation | None:
    """Return the escalation of a new run with the chain, the step and the rules of people where `earlier` left them.

    What was waited for is waited for as long as it would have been; what has passed meanwhile is due now. None when
    the integration wants a new start, and when nothing was left to do: then the group must reach somebody anew.
    """
    group = event.group
    if earlier is None or earlier.left is None or not group.is_firing or not _is_wanted(event, config):
        return None
    step_at = earlier.left.next_step_at
    people = tuple(
        one.model_copy(update={"due_at": max(now, one.due_at), "requested": (), "failed": ()})
        for one in earlier.left.personal
        if one.due_at is not None
    )
    has_steps = step_at is not None and earlier.position < len(earlier.steps)
    if not has_steps and not people:
        return None
    return earlier.model_copy(
        update={
            "id": f"{group.id}:{group.run}",
            "run": group.run,
            "group": group,
            "cards": event.cards,
            "next_step_at": max(now, step_at) if step_at is not None else None,
            "personal": people,
            "left": None,
            "ended": "",
            "version": 1,
        }
    )


def resume(
    event: GroupRendered,
    escalation: Escalation,
    config: ConfigSnapshot,
    now: datetime,
    known: Known = NOTHING_KNOWN,
) -> tuple[Escalation, list[Event]]:
    """Go on with what `resumed` returned, and say so."""
    walk = walked(Walk(escalation, event, config, now, known))
    after = walk.escalation
    if after.held is not None:
        return after, [decided(event, "held", after.held.sentence, now)]
    place = f"step {escalation.position + 1} of {len(escalation.steps)}"
    words = "; ".join([f"chain {after.chain_name} goes on where it was, {place} is next", *walk.said])
    return after, [decided(event, "resumed", words, now), *walk.events]


def _is_wanted(event: GroupRendered, config: ConfigSnapshot) -> bool:
    integration = config.integration_by_id.get(event.group.integration_id)
    resumes = integration.groups.escalation_resumes if integration is not None else ResumeSettings()
    if event.change == GroupUnsilenced.type:
        return resumes.after_silence == "continue"
    return event.change == GroupUnacknowledged.type and resumes.after_unacknowledge == "continue"
