"""The wait for an integration's first alert: a piece of its page that asks again until there is a group to go to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from services.api.api import Api
from services.api.console.visits import Visit
from services.api.refusals import Refused
from shared import clock
from shared.domain.configuration import Integration
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts

# An alert that opened no group by then opens none: it says that something is over that never began.
GROUPED_WITHIN = timedelta(minutes=1)
NEWS_FOR = timedelta(hours=1)


@dataclass(frozen=True)
class FirstAlert:
    """The first alert that is stored of an integration, and its group as soon as it has one."""

    alert_id: str
    received_at: datetime
    group_id: str
    group_title: str

    @property
    def is_under_way(self) -> bool:
        """Whether it may still come into a group."""
        return not self.group_id and clock.now() - self.received_at < GROUPED_WITHIN

    @property
    def is_news(self) -> bool:
        """Whether somebody who has just set the sender up waits for it."""
        return clock.now() - self.received_at < NEWS_FOR


async def first_alert(api: Api, integration_id: str) -> FirstAlert | None:
    """Return the oldest alert that is stored, None while there is none."""
    found = await Alerts(api.database).of_integration(integration_id, 1, newest_first=False)
    if not found:
        return None
    alert, group_id = found[0]
    group = await AlertGroups(api.database).get(group_id) if group_id else None
    title = (group.title or "the alert group") if group is not None else ""
    return FirstAlert(alert.id, alert.received_at, group.id if group is not None else "", title)


async def show_wait(visit: Visit) -> web.Response:
    """GET of the piece alone; 204 while there is nothing new, so that nobody is told the same again."""
    integration_id = visit.request.match_info["id"]
    if integration_id not in (await visit.api.configuration.tables()).of(Integration):
        raise Refused.not_found()
    first = await first_alert(visit.api, integration_id)
    if first is None and visit.is_partial:
        return web.Response(status=204)
    return visit.page("first_alert.html", integration_id=integration_id, first=first)
