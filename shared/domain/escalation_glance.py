"""What is seen of an escalation at a glance: most events of a busy group only say that one more alert joined it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation_run import decided, goes_on
from shared.domain.maintenance import held_by
from shared.domain.model import Card, Frozen
from shared.events import Event, GroupOpened, GroupRendered, GroupResolved


class Glance(Frozen):
    """So much of an escalation as decides whether a rendered group changes it at all."""

    id: str
    group_id: str
    run: int
    group_version: int = 0
    cards_digest: str = ""
    ended: str = ""
    held: str = ""
    paused: str = ""
    due_at: datetime | None = None


def begins(event: Event, runs: Sequence[Glance], config: ConfigSnapshot, now: datetime) -> bool:
    """Whether an event makes a group escalate for the first time, as far as storms count: nothing that is held back."""
    if not isinstance(event, GroupRendered) or event.change != GroupOpened.type:
        return False
    group = event.group
    route = config.route_by_id.get(group.route_id or "")
    has_chain = route is not None and route.escalation_chain_id in config.chain_by_id
    if not group.is_firing or group.is_demo or not has_chain or any(one.run >= group.run for one in runs):
        return False
    return held_by(config.windows_of(group.integration_id), group, now) is None


def cards_digest(cards: Mapping[str, Card]) -> str:
    """Return what two sets of cards share exactly when they show the same."""
    text = "\x1e".join(f"{medium}\x1f{cards[medium].model_dump_json()}" for medium in sorted(cards))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def at_a_glance(event: GroupRendered, runs: Sequence[Glance], now: datetime) -> Event | None:
    """Answer an event that changes nothing, as `follow` would; None when the escalation must be looked at wholly.

    Most events of a busy group only say that one more alert joined it. A resolve is told to whom the run paged.
    `runs` are all runs of the group.
    """
    group = event.group
    known = next((one for one in runs if one.run == group.run), None)
    if known is None or group.version <= known.group_version or event.change == GroupResolved.type:
        return None
    if any(one.run > group.run or (one.run < group.run and not one.ended) for one in runs):
        return None
    if known.ended and group.wiped_at is None:
        return decided(event, "ended_before", known.ended, now)
    if known.paused and not known.held:
        return None
    if group.is_firing and cards_digest(event.cards) == known.cards_digest:
        return goes_on(event, known.held, known.due_at, now)
    return None
