"""The page of an alert group: what it says, what happened and why, who was told, what comes next, what can be done."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from markupsafe import Markup

from services.api.console.group_filters import GroupFilters
from services.api.console.group_rows import rows_of
from services.api.console.groups import NEWEST_FIRST, may_act
from services.api.console.payloads import ShownAlert, shown_alerts
from services.api.console.step_sentences import step_sentence
from services.api.console.story import story_of
from services.api.console.visits import Visit
from services.api.groups import existing_group
from services.api.trace import Envelope
from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation import escalation_id
from shared.domain.markup import WEB, is_link
from shared.domain.model import Alert, Card, Group
from shared.store.alert_groups import AlertGroups, group_key
from shared.store.alerts import Alerts
from shared.store.deliveries import Deliveries
from shared.store.escalations import Escalations
from shared.store.journal import Journal

ALERTS_SHOWN = 10
DELIVERIES_SHOWN = 200
RELATED_SHOWN = 8


@dataclass(frozen=True)
class NextStep:
    """A step of the chain as the running escalation has it: done, next, or to come."""

    number: int
    words: str
    standing: str


async def show_group(visit: Visit) -> web.Response:
    """GET: everything about one group."""
    api = visit.api
    group = await existing_group(api, visit.request.match_info["id"])
    config = await api.configuration.load()
    envelopes, alerts, deliveries, related, rows, runs = await asyncio.gather(
        Journal(api.database).of_group(group.id),
        Alerts(api.database).find({"group_id": group.id}, ALERTS_SHOWN + 1),
        Deliveries.of(api.database).find({"group_id": group.id}, DELIVERIES_SHOWN),
        _related(api.database, group),
        rows_of(api, [group]),
        Escalations(api.database).of_groups([group.id]),
    )
    stored = runs.get(escalation_id(group))
    card = _checked(
        card_in(envelopes) or (stored.escalation.cards.get("web") if stored is not None else None)
    )
    return visit.page(
        "group.html",
        row=rows[0],
        group=group,
        card=card,
        # The renderer made HTML of it and cleaned it (shared/domain/cards.py); it is cleaned once more here, and
        # its addresses are looked at once more.
        message=Markup(WEB.clean(card.message)) if card is not None else "",
        story=story_of(envelopes, config),
        alerts=_shown(alerts),
        has_older_alerts=len(alerts) > ALERTS_SHOWN,
        deliveries=deliveries,
        users=config.user_by_id,
        people=sorted(config.users, key=lambda one: one.username.casefold()),
        teams=sorted(config.teams, key=lambda one: one.name.casefold()),
        escalation=stored.escalation if stored is not None else None,
        steps=_steps(stored.escalation if stored is not None else None, config),
        route=config.route_by_id.get(group.route_id or ""),
        related=related,
        filters=GroupFilters.of(visit.request.query),
        may_act=may_act(visit),
    )


def card_in(envelopes: Sequence[Envelope]) -> Card | None:
    """Return what the web shows of the group, from the last time it was rendered."""
    for one in reversed(envelopes):
        cards = (one.get("data") or {}).get("cards") or {}
        if str(one["type"]).startswith("group.rendered.") and "web" in cards:
            return Card.model_validate(cards["web"])
    return None


def _checked(card: Card | None) -> Card | None:
    """Return the card with those of its addresses that a page may link to."""
    if card is None:
        return None
    found = {"source_link": card.source_link, "image_url": card.image_url}
    return card.model_copy(
        update={name: one if one and is_link(one) else None for name, one in found.items()}
    )


def _shown(found: Sequence[tuple[Alert, str]]) -> list[ShownAlert]:
    return shown_alerts([one for one, _ in found], has_older=len(found) > ALERTS_SHOWN)


def _steps(escalation: Any, config: ConfigSnapshot) -> list[NextStep]:
    if escalation is None:
        return []
    over = bool(escalation.ended) or escalation.next_step_at is None
    found = []
    for position, step in enumerate(escalation.steps):
        is_done = position < escalation.position
        standing = "done" if is_done else "next" if position == escalation.position and not over else "later"
        found.append(NextStep(position + 1, step_sentence(step, config), standing))
    return found


async def _related(database: Any, group: Group) -> list[Group]:
    """Return other groups of the same key, those attached to it or its root, then the integration's newest."""
    store = AlertGroups(database)
    key = group_key(group.integration_id, group.route_id, group.key)
    same = await store.find({"group_key": key, "_id": {"$ne": group.id}}, [("generation", -1)], RELATED_SHOWN)
    bound = [*group.attached, *([group.root_id] if group.root_id else [])]
    others = await store.find({"_id": {"$in": bound}}, NEWEST_FIRST, RELATED_SHOWN) if bound else []
    return list({one.id: one for one in (*others, *same)}.values())[:RELATED_SHOWN]
