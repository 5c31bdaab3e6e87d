"""Insights: how fast people answer, who is paged when, and what makes the noise, for a chosen number of days."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import add

from aiohttp import web

from services.api.console.form_fields import whole
from services.api.console.insights_charts import Chart, share, upright
from services.api.console.rendering import duration
from services.api.console.visits import Visit
from services.api.refusals import Invalid
from shared import clock
from shared.domain.configuration import ConfigSnapshot, Team
from shared.domain.zone_offsets import offsets_in
from shared.store.insights import Answered, Insights, Span

PATH = "/insights"
# Days with today, and the words of their link.
PERIODS = {1: "Today", 7: "7 days", 30: "30 days", 90: "90 days", 365: "A year"}
USUAL = 30
SHOWN = 15
# When people sleep: whoever is paged then is worn out by it.
NIGHT = (*range(22, 24), *range(7))


@dataclass(frozen=True)
class PersonPaged:
    """One person: pages in all, of them at night, and the length of the bar (0 to 1)."""

    user_id: str
    name: str
    pages: int
    at_night: int
    share: float


@dataclass(frozen=True)
class Noise:
    """One integration or rule: what it opened, how that was answered, and the length of the bar (0 to 1)."""

    name: str
    url: str
    answered: Answered
    share: float

    @property
    def unanswered(self) -> int:
        """How many percent nobody acknowledged: what asks for nobody is noise."""
        return round(100 * (1 - self.answered.acknowledged / self.answered.groups))


async def show_insights(visit: Visit) -> web.Response:
    """GET: the numbers of the last `days`, in the reader's days and hours; `team_id`: of one team."""
    days = _days(visit.request.query.get("days", str(USUAL)))
    config = await visit.api.configuration.load()
    team = _team(visit.request.query.get("team_id", ""), config)
    span, shown_days = _span(visit, days)
    if team is not None:
        span = _of_team(span, team, config)
    store = Insights(visit.api.database)
    by_day, by_rule, pages = await asyncio.gather(store.by_day(span), store.by_rule(span), store.pages(span))
    each = [by_day.get(one, Answered()) for one in shown_days]
    hours = [sum(one.get(hour, 0) for one in pages.values()) for hour in range(24)]
    return visit.page(
        "insights.html",
        days=days,
        periods=PERIODS,
        team=team,
        teams=sorted(config.teams, key=lambda one: one.name.casefold()),
        total=reduce(add, each, Answered()),
        pages=sum(hours),
        at_night=sum(hours[hour] for hour in NIGHT),
        rows=list(zip(shown_days, each, strict=True)),
        opened=_chart(shown_days, [float(one.groups) for one in each], [str(one.groups) for one in each]),
        mtta=_times(shown_days, [one.mtta_s for one in each]),
        mttr=_times(shown_days, [one.mttr_s for one in each]),
        by_hour=upright(
            [float(one) for one in hours],
            [f"{hour:02}:00" for hour in range(24)],
            [f"{one} pages" for one in hours],
        ),
        hours=hours,
        people=_people(pages, config),
        integrations=_integrations(by_rule, config),
        rules=_rules(by_rule, config),
    )


def _days(text: str) -> int:
    found = whole(text)
    if found not in PERIODS:
        raise Invalid.field("days", f"Must be one of {', '.join(map(str, PERIODS))}.")
    return found


def _span(visit: Visit, days: int) -> tuple[Span, list[date]]:
    """Return the span that ends now, and its days, the oldest first."""
    now = clock.now()
    today = now.astimezone(visit.zone).date()
    shown = [today - timedelta(days=one) for one in range(days - 1, -1, -1)]
    since = datetime.combine(shown[0], time(), visit.zone).astimezone(UTC)
    return Span(since, now, offsets_in(visit.zone, since, now)), shown


def _team(team_id: str, config: ConfigSnapshot) -> Team | None:
    if not team_id:
        return None
    if team_id not in config.team_by_id:
        raise Invalid.field("team_id", "There is no such team.")
    return config.team_by_id[team_id]


def _of_team(span: Span, team: Team, config: ConfigSnapshot) -> Span:
    """Return the same question about a team: the groups of its integrations, the pages of its members."""
    return replace(
        span,
        integration_ids=[one.id for one in config.integrations if one.team_id == team.id],
        user_ids=[one.id for one in config.members_of(team.id)],
    )


def _chart(days: Sequence[date], values: Sequence[float | None], words: Sequence[str]) -> Chart:
    return upright(values, [one.isoformat() for one in days], words)


def _times(days: Sequence[date], seconds: Sequence[float | None]) -> Chart:
    return _chart(days, seconds, [duration(one) if one is not None else "none" for one in seconds])


def _people(pages: Mapping[str, Mapping[int, int]], config: ConfigSnapshot) -> list[PersonPaged]:
    """Return who was paged most, with how much of it at night."""
    totals = {user_id: sum(hours.values()) for user_id, hours in pages.items()}
    most = max(totals.values(), default=0)
    ordered = sorted(totals, key=lambda one: (-totals[one], one))[: 2 * SHOWN]
    return [
        PersonPaged(
            user_id=one if one in config.user_by_id else "",
            name=config.user_by_id[one].username if one in config.user_by_id else "somebody who is gone",
            pages=totals[one],
            at_night=sum(pages[one].get(hour, 0) for hour in NIGHT),
            share=share(totals[one], most),
        )
        for one in ordered
    ]


def _integrations(by_rule: Mapping[tuple[str, str], Answered], config: ConfigSnapshot) -> list[Noise]:
    sums: dict[str, Answered] = {}
    for (integration_id, _), one in by_rule.items():
        sums[integration_id] = sums.get(integration_id, Answered()) + one
    ordered = sorted(sums, key=lambda one: (-sums[one].groups, one))[:SHOWN]
    return [
        Noise(
            name=_integration_name(one, config),
            url=f"/alert-groups?integration_id={one}",
            answered=sums[one],
            share=share(sums[one].groups, sums[ordered[0]].groups),
        )
        for one in ordered
    ]


def _rules(by_rule: Mapping[tuple[str, str], Answered], config: ConfigSnapshot) -> list[Noise]:
    """Return the routes that open most groups; `by_rule` has them in order."""
    first = list(by_rule.items())[:SHOWN]
    return [
        Noise(
            name=f"{_integration_name(integration_id, config)}: {_rule_name(route_id, config)}",
            url=f"/alert-groups?route_id={route_id}" if route_id in config.route_by_id else "",
            answered=one,
            share=share(one.groups, first[0][1].groups),
        )
        for (integration_id, route_id), one in first
    ]


def _integration_name(integration_id: str, config: ConfigSnapshot) -> str:
    found = config.integration_by_id.get(integration_id)
    return found.name if found is not None else "an integration that is gone"


def _rule_name(route_id: str, config: ConfigSnapshot) -> str:
    route = config.route_by_id.get(route_id)
    if route is None:
        return "a route that is gone" if route_id else "no route"
    if route.is_default:
        return "default route"
    what = route.routing_regex if route.routing_type != "labels" else "labels"
    return f"route {route.position + 1}, {what[:60]}"
