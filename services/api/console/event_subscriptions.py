"""Event subscriptions: the list with how far each is, and the page of one with its position and its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.api.console.keepers import keeper_of, keepers
from services.api.console.visits import Visit
from services.api.event_filter import TYPES
from services.api.event_subscriptions import existing_subscription
from services.api.resources.event_subscriptions import origin
from services.api.subscription_positions import state_word
from shared import clock
from shared.domain.configuration import Integration, Team
from shared.domain.event_posting import EventPosition
from shared.domain.event_subscription import BEGINNING, MOST_AT_ONCE, NOW, EventSubscription
from shared.domain.webhook_record import masked_url
from shared.store.event_positions import EventPositions, Stored

PATH = "/event-subscriptions"
READING = ("GET", "event_subscriptions")
CREATING, CHANGING = ("POST", "event_subscriptions"), ("PUT", "event_subscriptions/{id}")
# How each state is said and coloured.
WORDS = {
    "following": ("up to date", "resolved"),
    "catching_up": ("catching up", "acknowledged"),
    "failing": ("failing", "firing"),
    "lost": ("position lost", "firing"),
    "gone": ("switched off: the other side wants no more", "silenced"),
    "disabled": ("switched off", "silenced"),
}
UNKNOWN = ("not looked at yet", "")
STARTS = ((NOW, "what happens from now on"), (BEGINNING, "everything, as far back as the database can go"))


@dataclass(frozen=True)
class SubscriptionRow:
    """One subscription, how far it is, and what is said of that."""

    subscription: EventSubscription
    url: str
    team: str
    stored: Stored | None

    @property
    def words(self) -> tuple[str, str]:
        """What it does, and the tone in which that is shown."""
        if self.stored is None:
            return UNKNOWN
        return WORDS[state_word(self.stored.state, is_enabled=self.subscription.is_enabled)]

    @property
    def state(self) -> EventPosition | None:
        """How far it is; None before anybody has looked."""
        return self.stored.state if self.stored is not None else None

    @property
    def lag_s(self) -> float | None:
        """For how long the oldest event that is known to wait has waited."""
        return self.state.lag_s(clock.now()) if self.state is not None else None


async def show_subscriptions(visit: Visit) -> web.Response:
    """GET: all event subscriptions by name."""
    tables = await visit.api.configuration.tables()
    found = sorted(tables.of(EventSubscription).values(), key=lambda one: (one.name.casefold(), one.id))
    rows = await _rows(visit, found)
    kept = await keepers(visit, EventSubscription)
    return visit.page("event_subscriptions.html", rows=rows, keepers=kept, may_create=visit.may(*CREATING))


async def show_new(visit: Visit, problems: Sequence[str] = (), status: int = 200) -> web.Response:
    """GET: the form of a new subscription; `problems` are those of one that was refused."""
    form = await _form(visit, None)
    return visit.page("event_subscription_new.html", status, problems=problems, **form)


async def show_subscription(
    visit: Visit, problems: Sequence[str] = (), status: int = 200, **more: Any
) -> web.Response:
    """GET: one subscription; `more` is what a form made: a trial's answer, a secret that is shown this once."""
    subscription = await existing_subscription(visit.api, visit.request.match_info["id"])
    (row,) = await _rows(visit, [subscription])
    values: dict[str, Any] = {
        "row": row,
        "keeper": await keeper_of(visit, EventSubscription, subscription.id),
        "trial": None,
        "new_secret": None,
        "asked_position": visit.form.get("position", ""),
        "may_change": visit.may(*CHANGING),
        **await _form(visit, subscription),
    }
    return visit.page("event_subscription.html", status, problems=problems, **{**values, **more})


async def _rows(visit: Visit, found: Sequence[EventSubscription]) -> list[SubscriptionRow]:
    teams = (await visit.api.configuration.tables()).of(Team)
    stored = await EventPositions(visit.api.database).of([one.id for one in found])
    is_admin = visit.may(*CHANGING)
    return [
        SubscriptionRow(
            subscription=one,
            url=masked_url(one.url) if is_admin else origin(one.url),
            team=_team_name(teams.get(one.team_id or "")),
            stored=stored.get(one.id),
        )
        for one in found
    ]


def _team_name(team: Team | None) -> str:
    return team.name if team is not None else ""


async def _form(visit: Visit, subscription: EventSubscription | None) -> dict[str, Any]:
    """Return what the form shows: what was sent last, else what is stored."""
    tables = await visit.api.configuration.tables()
    return {
        "values": sent_values(visit) if "name" in visit.form else _stored_values(subscription),
        "types": TYPES,
        "starts": STARTS,
        "most_at_once": MOST_AT_ONCE,
        "integrations": sorted(tables.of(Integration).values(), key=lambda one: one.name.casefold()),
        "teams": sorted(tables.of(Team).values(), key=lambda one: one.name.casefold()),
    }


def _stored_values(subscription: EventSubscription | None) -> dict[str, Any]:
    row = subscription or EventSubscription(id="", name="", url="")
    return {
        "name": row.name,
        "url": row.url,
        "types": list(row.types),
        "integration_ids": list(row.integration_ids),
        "batch_size": row.batch_size,
        "team_id": row.team_id or "",
        "is_enabled": row.is_enabled,
        "start": row.start,
    }


def sent_values(visit: Visit) -> dict[str, Any]:
    """Return the body of the API that a form stands for; where it begins is sent by the form of a new one alone."""
    form = visit.form
    size = form.get("batch_size", "").strip()
    chosen = {"start": form["start"]} if "start" in form else {}
    return {
        "name": form.get("name", "").strip(),
        "url": form.get("url", "").strip(),
        "types": form.get("types", "").replace(",", " ").split(),
        "integration_ids": form.getall("integration", []),
        "batch_size": int(size) if size.isascii() and size.isdecimal() and len(size) < 7 else 0,
        "team_id": form.get("team_id", ""),
        "is_enabled": "is_enabled" in form,
        **chosen,
    }
