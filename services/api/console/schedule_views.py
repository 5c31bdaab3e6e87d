"""What the pages of schedules say besides the picture: who is on call and until when, overrides, swaps, layers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.api.console.layer_sentences import layer_sentence
from services.api.console.people_fields import names_of
from services.api.console.schedule_layers import written_layer
from services.api.overrides import override_times
from services.api.schedules import MOMENT, why_on_call
from shared.domain.configuration import ConfigSnapshot
from shared.domain.final_shifts import final_shifts
from shared.domain.on_call import next_change, next_on_call, on_call_at
from shared.domain.schedule_health import Gap, Quality, empty_shifts, gaps, quality
from shared.domain.schedules import Schedule, SwapStatus

TYPES = {"web": "made here", "calendar": "shared shifts", "ical": "external calendar"}
AHEAD = timedelta(days=30)
MOST_SHOWN = 50


@dataclass(frozen=True)
class OnCallNow:
    """Who is on call and why, until when that holds, and who is next."""

    people: tuple[tuple[str, str], ...]
    nobody_because: str
    until: datetime | None
    next_people: tuple[str, ...]
    next_since: datetime | None


@dataclass(frozen=True)
class Health:
    """Gaps and shifts without people in 30 days, and the quality of 52 weeks."""

    gaps: tuple[Gap, ...]
    empty: int
    quality: Quality


@dataclass(frozen=True)
class OverrideView:
    """An override that is not over yet."""

    id: str
    people: str
    name: str
    start: datetime
    end: datetime
    is_removable: bool


@dataclass(frozen=True)
class SwapView:
    """A swap that is not over yet. `is_mine`: the reader asked for it."""

    id: str
    asks: str
    stands_in: str
    start: datetime
    end: datetime
    status: SwapStatus
    description: str
    is_mine: bool


@dataclass(frozen=True)
class LayerView:
    """A layer in a sentence. `is_own`: it can be removed here; `is_editable`: the form can say it."""

    id: str
    name: str
    level: int
    words: str
    is_own: bool
    is_editable: bool


def on_call_now(config: ConfigSnapshot, schedule_id: str, now: datetime) -> OnCallNow:
    """Return who is on call; who is next is looked for up to a year ahead, so not on the event loop."""
    present = on_call_at(config, schedule_id, now)
    reasons = final_shifts(config, schedule_id, now, now + MOMENT)
    coming = next_on_call(config, schedule_id, now)
    people: dict[str, str] = {}
    for one in reasons:
        if one.user_id in present.user_ids:
            people.setdefault(config.user_by_id[one.user_id].username, why_on_call(config, one))
    return OnCallNow(
        people=tuple(people.items()),
        nobody_because=present.failure or "",
        until=next_change(config, schedule_id, now),
        next_people=tuple(names_of(coming.user_ids, config)) if coming is not None else (),
        next_since=coming.since if coming is not None else None,
    )


def health(config: ConfigSnapshot, schedule_id: str, now: datetime) -> Health:
    """Return how well a schedule is covered; a year is looked at, so not on the event loop."""
    return Health(
        gaps=tuple(gaps(config, schedule_id, now, now + AHEAD)),
        empty=len(empty_shifts(config, schedule_id, now, now + AHEAD)),
        quality=quality(config, schedule_id, now),
    )


def chains_asking(config: ConfigSnapshot, schedule_id: str) -> dict[str, str]:
    """Return the names, by id, of the chains with a step that asks a schedule."""
    ids = {one.escalation_chain_id for one in config.steps if schedule_id in one.parameters.values()}
    return {one.id: one.name for one in config.chains if one.id in ids}


def takes_overrides(schedule: Schedule) -> bool:
    """Whether overrides made here count."""
    return schedule.type == "web" or schedule.enable_web_overrides


def overrides_of(config: ConfigSnapshot, schedule: Schedule, now: datetime) -> list[OverrideView]:
    """Return the overrides made here that are not over, by their start."""
    found = [
        OverrideView(
            id=one.id,
            people=", ".join(names_of(one.users, config)) or "nobody",
            name=one.name,
            start=start,
            end=end,
            is_removable=one.schedule_id == schedule.id,
        )
        for one in config.shifts_of(schedule)
        if one.is_override
        for start, end in [override_times(schedule, one)]
        if end > now
    ]
    return sorted(found, key=lambda one: (one.start, one.id))[:MOST_SHOWN]


def swaps_of(config: ConfigSnapshot, schedule_id: str, reader_id: str, now: datetime) -> list[SwapView]:
    """Return the swaps that are not over, by their start."""
    found = [
        SwapView(
            id=one.id,
            asks="".join(names_of([one.beneficiary_id], config)) or "somebody who is gone",
            stands_in="".join(names_of([one.benefactor_id or ""], config)),
            start=one.swap_start,
            end=one.swap_end,
            status=one.status(now),
            description=one.description,
            is_mine=one.beneficiary_id == reader_id,
        )
        for one in config.swaps_of.get(schedule_id, ())
        if one.swap_end > now
    ]
    return sorted(found, key=lambda one: (one.start, one.id))[:MOST_SHOWN]


def layers_of(config: ConfigSnapshot, schedule: Schedule) -> list[LayerView]:
    """Return the layers, the highest level first; versions of a layer that ended are left out."""
    found = [
        LayerView(
            id=one.id,
            name=one.name,
            level=one.level,
            words=layer_sentence(one, config),
            is_own=one.schedule_id == schedule.id,
            is_editable=one.schedule_id == schedule.id and written_layer(one, config) is not None,
        )
        for one in config.shifts_of(schedule)
        if not one.is_override and one.ended_at is None
    ]
    return sorted(found, key=lambda one: (-one.level, one.name.casefold(), one.id))
