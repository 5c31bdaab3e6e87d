"""When a notification rule counts: quiet hours are rules that are for a time of day only."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Self

from pydantic import ConfigDict, model_validator

from shared.domain.daily_window import DailyWindow, Weekday, as_time, zone_of
from shared.domain.model import Frozen


class RuleHours(Frozen):
    """From `from_time` to `to_time` (exclusive; the next day when it is not later), local time in `time_zone`.

    `weekdays` are those on which it begins; none means all. Local time stays so across daylight saving.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    from_time: str
    to_time: str
    time_zone: str
    weekdays: tuple[Weekday, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        if as_time(self.from_time, is_local=True) == as_time(self.to_time, is_local=True):
            raise ValueError("from_time and to_time must differ")
        zone_of(self.time_zone)
        return self

    @cached_property
    def window(self) -> DailyWindow:
        """The same, to be asked."""
        begins, ends = (as_time(one, is_local=True) for one in (self.from_time, self.to_time))
        return DailyWindow(begins, ends, zone_of(self.time_zone), self.weekdays)

    def holds(self, now: datetime) -> bool:
        """Whether it is that time now."""
        return self.window.waits_until(now) is None
