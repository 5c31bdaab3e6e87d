"""Maintenance windows: when they are, what they are about, and whether they hold a group's escalation back.

Debug: the group is posted to chat with a note, nobody is paged. Maintenance: it is not even posted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from shared.domain.model import Frozen, Group
from shared.domain.recurrence import next_start, starts

Mode = Literal["debug", "maintenance"]
MODES: tuple[Mode, ...] = ("debug", "maintenance")
SHORTEST_S, LONGEST_S, LONGEST_AGAIN_S = 1, 366 * 86_400, 31 * 86_400


class LabelMatcher(Frozen):
    """What one label of a group must be: one of these values."""

    name: str
    values: tuple[str, ...]


class MaintenanceWindow(Frozen):
    """One planned (or started) window. `duration` is in seconds of real time, `starts_at` its first start.

    `rrule` repeats it, in local time of `time_zone`; without it there is one start. No `integration_ids` means all
    integrations, no `route_ids` all routes; every one of `labels` must fit.
    `is_ad_hoc`: begun by hand on an integration. `stopped_at`: what was under way then ended early.
    """

    id: str
    name: str
    mode: Mode = "maintenance"
    starts_at: datetime
    duration: int
    time_zone: str = "UTC"
    rrule: str = ""
    integration_ids: tuple[str, ...] = ()
    route_ids: tuple[str, ...] = ()
    labels: tuple[LabelMatcher, ...] = ()
    comment: str = ""
    author: str = ""
    is_ad_hoc: bool = False
    stopped_at: datetime | None = None


class Occurrence(NamedTuple):
    """One time that a window is open: from `start` (inclusive) to `end` (exclusive)."""

    start: datetime
    end: datetime


class Hold(Frozen):
    """Why a group is held back and until when at the latest; `window` is the name of the window."""

    kind: Mode
    window_id: str
    window: str
    since: datetime
    until: datetime
    comment: str = ""
    author: str = ""

    @property
    def sentence(self) -> str:
        """What people read of it."""
        more = f" ({self.comment})" if self.comment else ""
        by = f", by {self.author}" if self.author else ""
        until = self.until.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        return f"{self.kind} window {self.window}{more}{by}: escalation is held back until {until} UTC"


def occurrence(window: MaintenanceWindow, now: datetime) -> Occurrence | None:
    """Return the occurrence that is open at `now`; of several that overlap the one that ends last."""
    length = timedelta(seconds=window.duration)
    found = starts(window.starts_at, window.rrule, window.time_zone, now - length, now)
    stopped_at = window.stopped_at
    open_ones = [one for one in found if stopped_at is None or not one <= stopped_at <= now]
    return Occurrence(open_ones[-1], open_ones[-1] + length) if open_ones else None


def next_occurrence(window: MaintenanceWindow, now: datetime) -> Occurrence | None:
    """Return the next occurrence that begins after `now`, None when there is none any more."""
    begins = next_start(window.starts_at, window.rrule, window.time_zone, now)
    return None if begins is None else Occurrence(begins, begins + timedelta(seconds=window.duration))


def is_over(window: MaintenanceWindow, now: datetime) -> bool:
    """Whether it is not open and never will be again."""
    return occurrence(window, now) is None and next_occurrence(window, now) is None


def is_about(window: MaintenanceWindow, group: Group) -> bool:
    """Whether the group is in the window's scope."""
    if window.integration_ids and group.integration_id not in window.integration_ids:
        return False
    if window.route_ids and group.route_id not in window.route_ids:
        return False
    return _labels_fit(window.labels, group.labels)


def is_about_all_of(window: MaintenanceWindow, integration_id: str) -> bool:
    """Whether everything of an integration is in the window's scope."""
    whole = not window.route_ids and not window.labels
    return whole and (not window.integration_ids or integration_id in window.integration_ids)


def held_by(windows: Iterable[MaintenanceWindow], group: Group, now: datetime) -> Hold | None:
    """Return what holds the group back now. Maintenance outweighs debug; of several that which ends last."""
    return _strongest(_hold(one, now) for one in windows if is_about(one, group))


def open_for(windows: Iterable[MaintenanceWindow], integration_id: str, now: datetime) -> Hold | None:
    """Return what holds a whole integration back now."""
    return _strongest(_hold(one, now) for one in windows if is_about_all_of(one, integration_id))


def _strongest(holds: Iterable[Hold | None]) -> Hold | None:
    found = [one for one in holds if one is not None]
    return max(found, key=lambda one: (one.kind == "maintenance", one.until, one.window_id), default=None)


def _hold(window: MaintenanceWindow, now: datetime) -> Hold | None:
    open_now = occurrence(window, now)
    if open_now is None:
        return None
    return Hold(
        kind=window.mode,
        window_id=window.id,
        window=window.name,
        since=open_now.start,
        until=open_now.end,
        comment=window.comment,
        author=window.author,
    )


def _labels_fit(wanted: Iterable[LabelMatcher], labels: Mapping[str, str]) -> bool:
    return all(labels.get(one.name) in one.values for one in wanted)
