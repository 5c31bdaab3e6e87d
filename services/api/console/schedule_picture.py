"""The picture of a schedule: weeks as strips, time from left to right in percent, lanes from above in pixels.

Widths are percent and heights pixels, so it fits a phone and a desk alike while texts keep their size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.api.console.schedule_lanes import Bar, Lane, final_lane, other_lanes
from services.api.console.schedule_period import WEEK, Period
from shared.domain.configuration import ConfigSnapshot
from shared.domain.schedules import Schedule

DAY = timedelta(days=1)
HEAD_PX, LABEL_PX, ROW_PX, BAR_PX, SPACE_PX = 22, 18, 26, 23, 4
# Colours and lines under the names: together they tell forty people apart, and the name stands there too.
COLOURS, PATTERNS = 8, 5
# A page with more than this is too large for a phone: hand-overs every hour in every layer, for a month.
MOST_BARS = 2_000


@dataclass(frozen=True)
class Look:
    """How a person's bars look: one of the colours, and one of the patterns of the line below the name."""

    colour: int
    pattern: int


@dataclass(frozen=True)
class DrawnDay:
    """A column: the day, and where it lies in percent."""

    day: date
    left: float
    width: float
    is_today: bool


@dataclass(frozen=True)
class DrawnBar:
    """A bar: where it lies (percent, pixels) and how its person looks; None where it is nobody's."""

    bar: Bar
    left: float
    width: float
    top: int
    look: Look | None


@dataclass(frozen=True)
class DrawnLabel:
    """A lane's name above its rows."""

    name: str
    top: int


@dataclass(frozen=True)
class Strip:
    """One week. `now` is where the line of the present stands in percent, None outside."""

    monday: date
    height: int
    days: tuple[DrawnDay, ...]
    labels: tuple[DrawnLabel, ...]
    bars: tuple[DrawnBar, ...]
    now: float | None


@dataclass(frozen=True)
class Picture:
    """Everything to be drawn, who looks how (by username), and the same as rows of a table.

    `hidden`: so many lanes are not drawn, because there is too much in them.
    """

    strips: tuple[Strip, ...]
    legend: tuple[tuple[str, Look], ...]
    rows: tuple[Bar, ...]
    has_gaps: bool
    hidden: int


def draw(config: ConfigSnapshot, schedule: Schedule, period: Period, now: datetime) -> Picture:
    """Draw a schedule; it takes some milliseconds, and for big ones longer: not for the event loop."""
    final = final_lane(config, schedule, period.start, period.end)
    others = other_lanes(config, schedule, period.start, period.end, period.shows_layers)
    lanes = [final, *_few(others, MOST_BARS - len(final.bars))]
    looks = _looks(config, schedule, lanes)
    shown = {one.user_id for lane in lanes for one in lane.bars}
    return Picture(
        strips=tuple(_strip(lanes, period, monday, now, looks) for monday in period.weeks),
        legend=tuple(
            (config.user_by_id[id].username, look)
            for id, look in looks.items()
            if id in shown and id in config.user_by_id
        ),
        rows=tuple(final.bars),
        has_gaps=any(one.kind == "gap" for one in final.bars),
        hidden=1 + len(others) - len(lanes),
    )


def _few(lanes: Iterable[Lane], most: int) -> Iterator[Lane]:
    """Yield the first lanes that have together not more than so many bars."""
    for one in lanes:
        most -= len(one.bars)
        if most < 0:
            return
        yield one


def _looks(config: ConfigSnapshot, schedule: Schedule, lanes: Iterable[Lane]) -> dict[str, Look]:
    """Return the look of everybody: those of the layers first, so that an override changes nobody's colour."""
    layers = [one for one in config.shifts_of(schedule) if not one.is_override]
    turns = [turn for one in layers for turn in (one.users, *one.rolling_users)]
    steady = {id for turn in turns for id in turn}
    seen = {one.user_id for lane in lanes for one in lane.bars if one.user_id}

    def by_name(ids: Iterable[str]) -> list[str]:
        return sorted(
            ids, key=lambda id: (config.user_by_id[id].username if id in config.user_by_id else "", id)
        )

    ordered = [*by_name(steady), *by_name(seen - steady)]
    return {
        id: Look(number % COLOURS, (number + number // COLOURS) % PATTERNS)
        for number, id in enumerate(ordered)
    }


def _strip(
    lanes: Sequence[Lane], period: Period, monday: date, now: datetime, looks: dict[str, Look]
) -> Strip:
    scale = _Scale(period.midnight(monday), period.midnight(monday + WEEK))
    labels: list[DrawnLabel] = []
    bars: list[DrawnBar] = []
    top = HEAD_PX
    for lane in lanes:
        rows = [row for row in (_within(row, scale) for row in lane.rows) if row]
        if not rows:
            continue
        labels.append(DrawnLabel(lane.name, top))
        top += LABEL_PX
        for row in rows:
            bars += [
                DrawnBar(one, *scale.span(one.start, one.end), top, looks.get(one.user_id)) for one in row
            ]
            top += ROW_PX
        top += SPACE_PX
    today = now.astimezone(period.zone).date()
    return Strip(
        monday=monday,
        height=top,
        days=tuple(_days(period, monday, scale, today)),
        labels=tuple(labels),
        bars=tuple(bars),
        now=scale.percent(now) if scale.start <= now < scale.end else None,
    )


@dataclass(frozen=True)
class _Scale:
    start: datetime
    end: datetime

    def percent(self, at: datetime) -> float:
        return 100 * (at - self.start) / (self.end - self.start)

    def span(self, start: datetime, end: datetime) -> tuple[float, float]:
        left = self.percent(max(start, self.start))
        return left, self.percent(min(end, self.end)) - left


def _within(row: Iterable[Bar], scale: _Scale) -> list[Bar]:
    return [one for one in row if one.start < scale.end and scale.start < one.end]


def _days(period: Period, monday: date, scale: _Scale, today: date) -> Iterator[DrawnDay]:
    for number in range(7):
        day = monday + number * DAY
        left, width = scale.span(period.midnight(day), period.midnight(day + DAY))
        yield DrawnDay(day, left, width, day == today)
