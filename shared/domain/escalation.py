"""Who hears of a group and when: one escalation per (group, run), a snapshot of its chain, and every person's rules.

Decisions only: `(event or due time, escalation, now) -> (escalation, events)`.
"""

from __future__ import annotations

from datetime import datetime

from shared.domain import personal as people
from shared.domain.configuration import Chain, ConfigSnapshot
from shared.domain.escalation_glance import Glance, at_a_glance, begins, cards_digest
from shared.domain.escalation_renewal import renew
from shared.domain.escalation_run import NOTHING_KNOWN, Escalation, Known, Storms, Walk, decided, goes_on
from shared.domain.escalation_walk import walk_through, walked
from shared.domain.maintenance import held_by
from shared.domain.model import Card, Group
from shared.domain.personal import Personal
from shared.domain.resuming import left_of
from shared.events import (
    ChainRefreshRequested,
    Due,
    Event,
    GroupRendered,
    NotificationFailed,
    NotificationUnknown,
)

__all__ = [
    "Escalation",
    "Glance",
    "Known",
    "Storms",
    "at_a_glance",
    "begin",
    "begins",
    "cards_digest",
    "emptied",
    "escalation_id",
    "follow",
    "is_let_go",
    "page_failed",
    "reconsider",
    "refresh",
    "stop",
    "wake",
]


def escalation_id(group: Group) -> str:
    """Return the id of the group's escalation in its current run."""
    return f"{group.id}:{group.run}"


def begin(
    event: GroupRendered,
    config: ConfigSnapshot,
    now: datetime,
    newest_run: int = 0,
    known: Known = NOTHING_KNOWN,
) -> tuple[Escalation | None, list[Event]]:
    """Answer the first event of a run: start its chain, or say why there is none.

    A group that is not firing any more gets an ended escalation, so that an older event cannot start one.
    `newest_run` is the group's newest run that is known: an event of an older one comes too late.
    """
    group = event.group
    if group.run < newest_run:
        return None, [decided(event, "superseded", f"the group is in run {newest_run}", now)]
    route = config.route_by_id.get(group.route_id or "")
    chain = config.chain_by_id.get(route.escalation_chain_id or "") if route is not None else None
    if chain is None and not (route is not None and _waits_to_be_posted(group, config, now)):
        why = "its route is gone" if route is None else "its route has no escalation chain"
        return None, [decided(event, "no_chain", why, now)]
    escalation = _started(event, chain, config, now)
    if not group.is_firing:
        ended = escalation.model_copy(
            update={"ended": f"the group is {group.standing}", "next_step_at": None}
        )
        return ended, [decided(event, "not_started", f"the group is {group.standing}", now)]
    walk = walked(Walk(escalation, event, config, now, known))
    after = walk.escalation
    if after.held is not None:
        return after, [decided(event, "held", after.held.sentence, now)]
    chain_words = f"chain {after.chain_name}, {len(escalation.steps)} steps, configuration {config.version}"
    words = "; ".join([chain_words, *walk.said])
    return after, [decided(event, "started", words, now), *walk.events]


def follow(
    event: GroupRendered,
    escalation: Escalation,
    config: ConfigSnapshot,
    now: datetime,
    known: Known = NOTHING_KNOWN,
) -> tuple[Escalation, list[Event]]:
    """Answer a later event of the same run; the escalation is returned unchanged when nothing is to be saved."""
    group = event.group
    if group.version <= escalation.group.version:
        return escalation, [decided(event, "repeated", f"version {escalation.group.version} is known", now)]
    if escalation.ended and group.wiped_at is not None:
        return emptied(escalation, event), [decided(event, "ended_before", escalation.ended, now)]
    if escalation.ended:
        return escalation, [decided(event, "ended_before", escalation.ended, now)]
    if not group.is_firing or group.run != escalation.run:
        why = f"the group is {group.standing}" if group.run == escalation.run else "a newer run began"
        return stop(escalation, group, event.cards, why), [decided(event, "stopped", why, now)]
    if escalation.paused and escalation.held is None:
        return _look_again(event, escalation, config, now, known)
    held = escalation.held.sentence if escalation.held is not None else ""
    told: list[Event] = [goes_on(event, held, escalation.due_at, now)]
    if event.cards == escalation.cards:
        return escalation, told
    after = escalation.model_copy(
        update={"group": group, "cards": event.cards, "version": escalation.version + 1}
    )
    return after, told


def emptied(escalation: Escalation, event: GroupRendered) -> Escalation:
    """Forget what was shown of a group that was wiped."""
    changes = {"group": event.group, "cards": event.cards, "version": escalation.version + 1}
    return escalation.model_copy(update=changes)


def _look_again(
    event: GroupRendered, escalation: Escalation, config: ConfigSnapshot, now: datetime, known: Known
) -> tuple[Escalation, list[Event]]:
    """Look again at a step that waits for alerts, because one has come."""
    changes = {"group": event.group, "cards": event.cards, "paused": "", "next_step_at": now}
    after, events = walk_through(escalation.model_copy(update=changes), event, config, now, known)
    after = after.model_copy(update={"version": escalation.version + 1})
    if after.paused:
        return after, [decided(event, "waits", after.paused, now), *events]
    return after, [decided(event, "unchanged", "what it waited for has come", now), *events]


def is_let_go(escalation: Escalation, config: ConfigSnapshot, now: datetime) -> bool:
    """Whether a held escalation goes on now."""
    if escalation.held is None or escalation.ended:
        return False
    group = escalation.group
    return held_by(config.windows_of(group.integration_id), group, now) is None


def stop(escalation: Escalation, group: Group, cards: dict[str, Card], why: str) -> Escalation:
    """End an escalation; nobody is told by it any more."""
    return escalation.model_copy(
        update={
            "group": group,
            "cards": cards or escalation.cards,
            "ended": why,
            "held": None,
            "held_version": 0,
            "held_pages": (),
            "next_step_at": None,
            "left": left_of(escalation),
            "paused": "",
            "personal": tuple(one.model_copy(update={"due_at": None}) for one in escalation.personal),
            "version": escalation.version + 1,
        }
    )


def wake(
    escalation: Escalation, config: ConfigSnapshot, now: datetime, known: Known = NOTHING_KNOWN
) -> tuple[Escalation, list[Event]]:
    """Do what is due now; unchanged when nothing is."""
    due_at = escalation.due_at
    if due_at is None or due_at > now:
        return escalation, []
    cause = Due.of(escalation.id, "step", due_at, alert_id=escalation.group.last_alert_id)
    after, events = walk_through(escalation, cause, config, now, known)
    return after.model_copy(update={"version": escalation.version + 1}), events


def reconsider(
    escalation: Escalation, config: ConfigSnapshot, now: datetime, known: Known = NOTHING_KNOWN
) -> tuple[Escalation, list[Event]]:
    """Ask a newer configuration whether a held escalation still is; unchanged when it is not held."""
    if escalation.held is None or escalation.ended:
        return escalation, []
    cause = Due.of(escalation.id, f"configuration {config.version}", escalation.held.until)
    cause = cause.model_copy(update={"alert_id": escalation.group.last_alert_id})
    after, events = walk_through(escalation, cause, config, now, known)
    return after.model_copy(update={"version": escalation.version + 1}), events


def refresh(
    event: ChainRefreshRequested,
    escalation: Escalation,
    config: ConfigSnapshot,
    now: datetime,
    known: Known = NOTHING_KNOWN,
) -> tuple[Escalation, list[Event]]:
    """Apply the chain as it is now to a run that began with an older one; unchanged when it is the same already."""
    if escalation.ended:
        return escalation, [decided(event, "ended_before", escalation.ended, now)]
    renewed = renew(escalation, config, now)
    if isinstance(renewed, str):
        return escalation, [decided(event, "repeated", renewed, now)]
    after, events = walk_through(renewed, event, config, now, known)
    after = after.model_copy(update={"version": escalation.version + 1})
    where = f"it goes on with step {renewed.position + 1} of {len(renewed.steps)}"
    if renewed.position >= len(renewed.steps):
        where = "no step of it is left"
    words = f"chain {renewed.chain_name} as of configuration {config.version}, by {event.actor}: {where}"
    return after, [decided(event, "refreshed", words, now), *events]


def page_failed(
    event: NotificationFailed | NotificationUnknown,
    escalation: Escalation,
    config: ConfigSnapshot,
    now: datetime,
    known: Known = NOTHING_KNOWN,
) -> tuple[Escalation, list[Event]]:
    """Run the person's next rule at once, because a page did not arrive or nobody knows whether it did."""
    if escalation.ended:
        return escalation, [decided(event, "ended_before", escalation.ended, now)]
    changed = False
    chains: list[Personal] = []
    for one in escalation.personal:
        skipped = people.skip_wait(one, event.request_id, now)
        changed = changed or skipped is not None
        chains.append(skipped or one)
    if not changed:
        return escalation, [decided(event, "repeated", "it is known that this page failed", now)]
    woken = escalation.model_copy(update={"personal": tuple(chains)})
    after, events = walk_through(woken, event, config, now, known)
    words = "the person's next rule runs at once" if events else "the person has no rule left"
    if after.held is not None:
        words = f"the person's next rule waits: {after.held.sentence}"
    after = after.model_copy(update={"version": escalation.version + 1})
    return after, [decided(event, "fell_back", f"{words}: {event.reason}", now), *events]


def _waits_to_be_posted(group: Group, config: ConfigSnapshot, now: datetime) -> bool:
    """Whether a group that pages nobody has something to wait for all the same: being posted after maintenance."""
    hold = held_by(config.windows_of(group.integration_id), group, now) if group.is_firing else None
    return hold is not None and hold.kind == "maintenance"


def _started(event: GroupRendered, chain: Chain | None, config: ConfigSnapshot, now: datetime) -> Escalation:
    return Escalation(
        id=escalation_id(event.group),
        group_id=event.group.id,
        run=event.group.run,
        group=event.group,
        cards=event.cards,
        chain_id=chain.id if chain is not None else None,
        chain_name=chain.name if chain is not None else "",
        steps=config.steps_of.get(chain.id, ()) if chain is not None else (),
        round_began_at=now,
        next_step_at=now,
        config_version=config.version,
    )
