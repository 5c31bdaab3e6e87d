"""What a schedule says for a stretch of time, lane by lane: who is on call in the end, overrides, swaps, each layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.api.schedules import why_on_call
from shared.domain.configuration import ConfigSnapshot
from shared.domain.final_shifts import final_shifts
from shared.domain.ready_schedule import ready_schedule
from shared.domain.schedule_health import gaps
from shared.domain.schedules import Schedule, Swap
from shared.domain.shift_events import Event

BarKind = Literal["final", "gap", "override", "swap", "open", "layer", "empty"]
NOBODY = "nobody"


@dataclass(frozen=True)
class Bar:
    """Somebody's time in a lane, cut at the ends of the stretch. `user_id` is "" where it is nobody's."""

    start: datetime
    end: datetime
    kind: BarKind
    user_id: str
    words: str
    why: str


@dataclass(frozen=True)
class Lane:
    """One line of the picture; what overlaps lies in rows below each other."""

    name: str
    rows: tuple[tuple[Bar, ...], ...]

    @property
    def bars(self) -> list[Bar]:
        """All of it by start."""
        return sorted((one for row in self.rows for one in row), key=lambda one: (one.start, one.words))


def final_lane(config: ConfigSnapshot, schedule: Schedule, start: datetime, end: datetime) -> Lane:
    """Return who is on call in the end, with the gaps."""
    found = [
        Bar(
            one.start,
            one.end,
            "final",
            one.user_id,
            config.user_by_id[one.user_id].username,
            why_on_call(config, one),
        )
        for one in final_shifts(config, schedule.id, start, end)
    ]
    empty = [
        Bar(one.start, one.end, "gap", "", NOBODY, "nobody is on call")
        for one in gaps(config, schedule.id, start, end)
    ]
    return Lane("On call", _rows([*_joined(found), *empty]))


def other_lanes(
    config: ConfigSnapshot, schedule: Schedule, start: datetime, end: datetime, with_layers: bool
) -> list[Lane]:
    """Return overrides and swaps, where there are any, and the layers, the highest level first."""
    ready = ready_schedule(config, schedule.id)
    events = ready.events(start, end) if ready is not None else []
    overrides = [
        bar for one in events if one.is_override for bar in _bars(config, one, start, end, "override")
    ]
    swaps = [
        _swap_bar(config, one, start, end)
        for one in config.swaps_of.get(schedule.id, ())
        if one.swap_start < end and start < one.swap_end
    ]
    lanes = [Lane("Overrides", _rows(overrides)), Lane("Swaps", _rows(swaps))]
    if with_layers:
        lanes += _layer_lanes(config, [one for one in events if not one.is_override], start, end)
    return [one for one in lanes if one.rows]


def _layer_lanes(
    config: ConfigSnapshot, events: Iterable[Event], start: datetime, end: datetime
) -> list[Lane]:
    found: dict[tuple[int, str], list[Bar]] = {}
    for one in events:
        shift = config.shift_by_id.get(one.source_id)
        name = f"{shift.name if shift else 'Calendar'}, level {one.level}"
        key = (-one.level, f"{name}\n{one.source_id if shift else ''}")
        found.setdefault(key, []).extend(_bars(config, one, start, end, "layer"))
    return [Lane(key[1].partition("\n")[0], _rows(_joined(bars))) for key, bars in sorted(found.items())]


def _bars(config: ConfigSnapshot, event: Event, start: datetime, end: datetime, kind: BarKind) -> list[Bar]:
    begin, until = max(event.start, start), min(event.end, end)
    known = [config.user_by_id[one] for one in event.user_ids if one in config.user_by_id]
    if not known:
        return [Bar(begin, until, "empty", "", NOBODY, f"{event.title}: no user of it is known here")]
    return [Bar(begin, until, kind, one.id, one.username, event.title) for one in known]


def _swap_bar(config: ConfigSnapshot, swap: Swap, start: datetime, end: datetime) -> Bar:
    def name(user_id: str | None) -> str:
        user = config.user_by_id.get(user_id or "")
        return user.username if user is not None else "somebody who is gone"

    asks = name(swap.beneficiary_id)
    begin, until = max(swap.swap_start, start), min(swap.swap_end, end)
    if swap.benefactor_id is None:
        return Bar(begin, until, "open", swap.beneficiary_id, f"{asks} asks", f"{asks} asks to be replaced")
    words = f"{name(swap.benefactor_id)} for {asks}"
    return Bar(begin, until, "swap", swap.benefactor_id, words, f"swap: {words}")


def _joined(bars: Iterable[Bar]) -> list[Bar]:
    """Join what follows without a break and is the same person's for the same reason."""
    last: dict[tuple[str, str, str], int] = {}
    found: list[Bar] = []
    for one in sorted(bars, key=lambda one: one.start):
        key = (one.kind, one.user_id, one.why)
        before = last.get(key)
        if before is not None and found[before].end == one.start:
            found[before] = replace(found[before], end=one.end)
            continue
        last[key] = len(found)
        found.append(one)
    return found


def _rows(bars: Sequence[Bar]) -> tuple[tuple[Bar, ...], ...]:
    """Put bars into as few rows as hold them without overlaps."""
    rows: list[list[Bar]] = []
    for one in sorted(bars, key=lambda one: (one.start, one.words)):
        row = next((row for row in rows if row[-1].end <= one.start), None)
        if row is None:
            rows.append([one])
        else:
            row.append(one)
    return tuple(tuple(row) for row in rows)
