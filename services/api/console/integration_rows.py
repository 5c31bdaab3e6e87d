"""What the pages say of an integration's health: its last alert, the last day hour by hour, and what is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.api.api import Api
from services.api.console.group_rows import Why
from shared import clock
from shared.domain.configuration import Team
from shared.domain.configuration_draft import Tables
from shared.integrations import by_slug
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts

HOURS = 24
# Counting further than this costs time that nobody has, and tells nobody anything.
OPEN_COUNTED = 100
ALERTS_COUNTED = 20_000


@dataclass(frozen=True)
class IntegrationRow:
    """An integration as the API shows it, with what came of it lately: `hourly` ends with the present hour."""

    shown: Mapping[str, Any]
    type_title: str
    team_name: str
    last_alert_at: datetime | None
    hourly: tuple[int, ...]
    open_groups: int

    @property
    def id(self) -> str:
        """The integration's id."""
        return str(self.shown["id"])

    @property
    def name(self) -> str:
        """The integration's name."""
        return str(self.shown["name"])

    @property
    def open_words(self) -> str:
        """The number of open groups as it is shown."""
        return f"{OPEN_COUNTED}+" if self.open_groups >= OPEN_COUNTED else str(self.open_groups)

    @property
    def day_words(self) -> str:
        """How many alerts came in the hours that are shown, as it is shown."""
        count = sum(self.hourly)
        return (
            f"{ALERTS_COUNTED:,}+ alerts"
            if count >= ALERTS_COUNTED
            else f"{count:,} alert{'' if count == 1 else 's'}"
        )

    @property
    def heartbeat_at(self) -> datetime | None:
        """When the heartbeat came last."""
        return moment((self.shown["heartbeat"] or {}).get("last_heartbeat_at"))

    @property
    def heartbeat_status(self) -> str:
        """never_seen, alive or expired; "" for a type that has none."""
        return str((self.shown["heartbeat"] or {}).get("status") or "")

    @property
    def maintenance_until(self) -> datetime | None:
        """When the maintenance or debug window ends that holds it back now."""
        return moment(self.shown["maintenance_end_at"])

    @property
    def why(self) -> tuple[Why, ...]:
        """What is wrong or held back, the worst first."""
        found: list[Why] = []
        if self.heartbeat_status == "expired":
            found.append(Why("heartbeat missing, the last one", self.heartbeat_at, "warn"))
        if problems := self.shown["problems"]:
            found.append(Why(f"{problems} problem{'' if problems == 1 else 's'}", tone="warn"))
        if storm := self.shown["storm_state"]:
            found.append(Why(f"storm: {storm['groups_per_minute']} groups a minute", tone="warn"))
        if mode := self.shown["maintenance_mode"]:
            found.append(Why(f"{mode}, ends", self.maintenance_until, "warn"))
        if self.last_alert_at is None:
            found.append(Why("no alert yet"))
        return tuple(found)

    @property
    def tone(self) -> str:
        """How it stands: bad, warn, or ""."""
        if self.heartbeat_status == "expired" or self.shown["problems"]:
            return "bad"
        return "warn" if self.shown["maintenance_mode"] or self.shown["storm_state"] else ""


async def rows_of(api: Api, tables: Tables, shown: Sequence[Mapping[str, Any]]) -> list[IntegrationRow]:
    """Return the rows of integrations as the API shows them; whatever they need is read for all at once."""
    ids = [str(one["id"]) for one in shown]
    this_hour = clock.now().replace(minute=0, second=0, microsecond=0)
    hours = [this_hour - timedelta(hours=back) for back in range(HOURS - 1, -1, -1)]
    alerts, groups = Alerts(api.database), AlertGroups(api.database)
    newest, counts, opened = await asyncio.gather(
        alerts.newest_times(ids),
        asyncio.gather(*(alerts.hourly(one, hours[0], ALERTS_COUNTED) for one in ids)),
        asyncio.gather(*(groups.count_open(one, OPEN_COUNTED) for one in ids)),
    )
    return [
        IntegrationRow(
            shown=one,
            type_title=type_title(one["type"]),
            team_name=team_name(tables, one["team_id"]),
            last_alert_at=newest.get(one["id"]),
            hourly=tuple(by_hour.get(hour, 0) for hour in hours),
            open_groups=count,
        )
        for one, by_hour, count in zip(shown, counts, opened, strict=True)
    ]


def type_title(slug: str) -> str:
    """Return the title of a type; its slug where the type is not there any more."""
    found = by_slug(slug)
    return found.title if found is not None else slug


def team_name(tables: Tables, team_id: str | None) -> str:
    """Return the name of a team; "" for none."""
    team = tables.of(Team).get(team_id or "")
    return team.name if team is not None else ""


def moment(text: str | None) -> datetime | None:
    """Return an instant of the API's answers."""
    return datetime.fromisoformat(text) if text else None
