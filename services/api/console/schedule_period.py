"""Which stretch of a schedule a page shows, as its address says: a week or a month, from when, in whose time zone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from multidict import MultiMapping
from yarl import URL

from services.api.refusals import Invalid
from shared.domain.recurrence import zone_problem
from shared.domain.wall_time import instant, wall

VIEWS = ("week", "month")
WEEK = timedelta(days=7)
FIRST_YEAR, LAST_YEAR = 2000, 2099


@dataclass(frozen=True)
class Period:
    """A week from its Monday, or the weeks that a month touches; `first` is a day of it, in `zone`."""

    path: str
    view: str
    first: date
    zone: ZoneInfo
    shows_layers: bool
    viewer_zone: str

    @property
    def weeks(self) -> list[date]:
        """The Mondays of the weeks that are shown."""
        if self.view == "week":
            return [_monday(self.first)]
        begin, end = _monday(self.first.replace(day=1)), _next_month(self.first)
        return [begin + number * WEEK for number in range(6) if begin + number * WEEK < end]

    @property
    def start(self) -> datetime:
        """When it begins."""
        return self.midnight(self.weeks[0])

    @property
    def end(self) -> datetime:
        """When it is over."""
        return self.midnight(self.weeks[-1] + WEEK)

    @property
    def title(self) -> str:
        """What is shown, in words."""
        if self.view == "month":
            return f"{self.first:%B %Y}"
        last = self.weeks[0] + timedelta(days=6)
        return f"{self.weeks[0]:%d %B} to {last:%d %B %Y}"

    def midnight(self, day: date) -> datetime:
        """Return the instant at which a day begins."""
        return instant(datetime.combine(day, time()), self.zone)

    def url(
        self, view: str = "", first: date | None = None, zone: str = "", layers: bool | None = None
    ) -> str:
        """Return the address of the page with something of it changed."""
        shown = replace(self, view=view or self.view)
        asked = {"view": shown.view, "from": (first or self.first).isoformat()}
        if (zone or self.zone.key) != self.viewer_zone:
            asked["zone"] = zone or self.zone.key
        has_layers = self.shows_layers if layers is None and not view else layers
        if has_layers is not None and has_layers != (shown.view == "week"):
            asked["layers"] = "yes" if has_layers else "no"
        return str(URL(self.path).with_query(asked))

    @property
    def earlier(self) -> str:
        """The address of the week or month before."""
        if self.view == "week":
            return self.url(first=self.weeks[0] - WEEK)
        return self.url(first=(self.first.replace(day=1) - timedelta(days=1)).replace(day=1))

    @property
    def later(self) -> str:
        """The address of the week or month after."""
        return self.url(first=self.weeks[0] + WEEK if self.view == "week" else _next_month(self.first))


def read_period(
    query: MultiMapping[str], path: str, schedule_zone: str, viewer: ZoneInfo, now: datetime
) -> Period:
    """Read the address: `view`, `from` (a date), `zone` (a name, or the word schedule), `layers` (yes, no).

    Raises:
        Invalid: one of them cannot be read.
    """
    view = query.get("view") or "week"
    if view not in VIEWS:
        raise Invalid.field("view", "Must be week or month.")
    zone = _zone(query.get("zone", ""), schedule_zone, viewer)
    text = query.get("from", "")
    first = _date(text) if text else wall(now, zone).date()
    layers = query.get("layers", "yes" if view == "week" else "no")
    return Period(path, view, first, zone, layers == "yes", viewer.key)


def _zone(text: str, schedule_zone: str, viewer: ZoneInfo) -> ZoneInfo:
    name = schedule_zone if text == "schedule" else text
    if not name:
        return viewer
    problem = zone_problem(name)
    if problem is not None:
        raise Invalid.field("zone", problem)
    return ZoneInfo(name)


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid.field("from", "Must be a date such as 2026-12-06.") from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Invalid.field("from", f"Must be between the years {FIRST_YEAR} and {LAST_YEAR}.")
    return found


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
