"""On which days a rotation has a turn, and which turn it is: calendar arithmetic that jumps, and never counts up.

Days are proleptic ordinals (`date.toordinal`). A period is a day, a week or a month; every `interval`-th one counts,
from the one of the first day on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from shared.domain.schedules import WEEKDAYS, Frequency, Shift

WEEK = 7
# No calendar rule that ever comes true pauses for longer: 29 February may be eight years away.
LONGEST_PAUSE_DAYS = 366 * 9
PERIOD_DAYS: dict[Frequency, int] = {"hourly": 1, "daily": 1, "weekly": 7, "monthly": 31}


@dataclass(frozen=True, slots=True)
class Pattern:
    """When a shift recurs. `counts_listed_days`: a turn is `interval` listed days, on whichever days they fall."""

    frequency: Frequency
    first_day: int
    interval: int = 1
    week_start: int = 6
    by_day: frozenset[int] = frozenset()
    by_month: frozenset[int] = frozenset()
    by_monthday: frozenset[int] = frozenset()
    counts_listed_days: bool = False

    def days(self, first: int, last: int) -> Iterator[int]:
        """Yield the days from `first` to `last`, both included, on which a turn begins."""
        day = max(first, self.first_day)
        while day <= last:
            skipped = self._out_of_phase(day)
            if skipped:
                day += skipped
                continue
            if self.is_listed(day):
                yield day
            day += 1

    def first_from(self, day: int) -> int | None:
        """Return the first day of a turn on or after `day`, None when there is none for years."""
        horizon = max(day, self.first_day) + LONGEST_PAUSE_DAYS + self.interval * PERIOD_DAYS[self.frequency]
        return next(self.days(day, min(horizon, date.max.toordinal() - 31)), None)

    def turn(self, day: int) -> int:
        """Return which turn a day belongs to; consecutive turns have consecutive numbers."""
        if self.counts_listed_days:
            return (self._listed_before(day) - self._listed_before(self.first_day)) // self.interval
        return (self._period(day) - self._period(self.first_day)) // self.interval

    def is_listed(self, day: int) -> bool:
        """Whether the lists of days and months let this day through."""
        if self.by_day and (day - 1) % WEEK not in self.by_day:
            return False
        if not self.by_month and not self.by_monthday:
            return True
        one = date.fromordinal(day)
        if self.by_month and one.month not in self.by_month:
            return False
        return not self.by_monthday or self._is_monthday(one)

    def _is_monthday(self, one: date) -> bool:
        if one.day in self.by_monthday:
            return True
        return one.day - 1 - _days_in_month(one) in self.by_monthday

    def _period(self, day: int) -> int:
        if self.frequency == "weekly":
            return (day - 1 - self.week_start) // WEEK
        if self.frequency == "monthly":
            one = date.fromordinal(day)
            return one.year * 12 + one.month
        return day

    def _out_of_phase(self, day: int) -> int:
        """Return how many days to skip to the next period that counts; 0 when the day is in one."""
        if self.interval == 1 or self.counts_listed_days or self.frequency == "hourly":
            return 0
        period = self._period(day)
        wait = -(period - self._period(self.first_day)) % self.interval
        if not wait:
            return 0
        if self.frequency == "weekly":
            return (period + wait) * WEEK + 1 + self.week_start - day
        if self.frequency == "monthly":
            year, month = divmod(period + wait - 1, 12)
            return date(year, month + 1, 1).toordinal() - day
        return wait

    def _listed_before(self, day: int) -> int:
        """Return how many days listed by weekday lie before `day`, counted from a Monday long ago."""
        weeks, rest = divmod(day - 1, WEEK)
        return weeks * len(self.by_day) + sum(1 for one in self.by_day if one < rest)


def pattern_of(shift: Shift, first_day: date) -> Pattern:
    """Return when a recurring shift recurs; `first_day` is the local date of its `start`.

    Without lists a weekly shift is on the weekday of its start, a monthly one on that day of the month; months that
    lack the day are skipped.
    """
    frequency = shift.frequency or "daily"
    by_day = frozenset(WEEKDAYS.index(one) for one in shift.by_day)
    by_monthday = frozenset(shift.by_monthday)
    if frequency == "weekly" and not by_day:
        by_day = frozenset({first_day.weekday()})
    if frequency == "monthly" and not by_day and not by_monthday:
        by_monthday = frozenset({first_day.day})
    return Pattern(
        frequency=frequency,
        first_day=first_day.toordinal(),
        interval=max(shift.interval or 1, 1),
        week_start=WEEKDAYS.index(shift.week_start or "SU"),
        by_day=by_day,
        by_month=frozenset(shift.by_month),
        by_monthday=by_monthday,
        counts_listed_days=shift.type == "rolling_users" and frequency == "daily" and bool(by_day),
    )


def _days_in_month(one: date) -> int:
    if one.month == 12:
        return 31
    return (one.replace(day=1, month=one.month + 1) - one.replace(day=1)).days
