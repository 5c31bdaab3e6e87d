"""Outgoing webhooks: the list with how each went last, and the page of one with its settings and its runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.api.console.form_fields import whole
from services.api.console.keepers import keeper_of, keepers
from services.api.console.visits import Visit
from services.api.refusals import Invalid, Refused
from services.api.resources.webhooks import MASK, METHODS
from services.api.webhooks import deliveries_of, response_shape
from shared.domain.configuration import Integration, Team, Webhook
from shared.domain.ledger import Delivery
from shared.domain.webhook_record import masked_url
from shared.domain.webhook_triggers import TRIGGERS

PATH = "/webhooks"
CREATING, CHANGING = ("POST", "webhooks"), ("PUT", "webhooks/{id}")
CALLING = ("POST", "webhooks/{id}/trigger")
RUNS_SHOWN = 20
MOST_PAGES = 500
# Of so many the last run is looked up.
LOOKED_UP = 200


@dataclass(frozen=True)
class WebhookRow:
    """One webhook in the list, and its last run."""

    webhook: Webhook
    url: str
    team: str
    last: Delivery | None


async def show_webhooks(visit: Visit) -> web.Response:
    """GET: all webhooks by name."""
    api = visit.api
    tables = await api.configuration.tables()
    teams = tables.of(Team)
    found = sorted(tables.of(Webhook).values(), key=lambda one: (one.name.casefold(), one.id))
    ledger = deliveries_of(api)
    last = await asyncio.gather(*(ledger.runs(one.id, 1) for one in found[:LOOKED_UP]))
    lasts = {one.id: runs[0] for one, runs in zip(found, last, strict=False) if runs}
    rows = [_row(one, teams.get(one.team_id or ""), lasts.get(one.id)) for one in found]
    kept = await keepers(visit, Webhook)
    return visit.page("webhooks.html", rows=rows, keepers=kept, may_create=visit.may(*CREATING))


def _row(webhook: Webhook, team: Team | None, last: Delivery | None) -> WebhookRow:
    return WebhookRow(webhook, masked_url(webhook.url), team.name if team is not None else "", last)


async def show_new(visit: Visit, problems: Sequence[str] = (), status: int = 200) -> web.Response:
    """GET: the form of a new webhook; `problems` are those of one that was refused."""
    return visit.page("webhook_new.html", status, problems=problems, **await _form(visit, None))


async def show_webhook(
    visit: Visit, problems: Sequence[str] = (), status: int = 200, **more: Any
) -> web.Response:
    """GET: one webhook; `more` is what a form made: a preview, a secret that is shown this once."""
    api, webhook_id = visit.api, visit.request.match_info["id"]
    webhook = (await api.configuration.tables()).of(Webhook).get(webhook_id)
    if webhook is None:
        raise Refused.not_found()
    page = _page(visit.request.query.get("page", "1"))
    runs = await deliveries_of(api).runs(webhook.id, RUNS_SHOWN + 1, (page - 1) * RUNS_SHOWN)
    values: dict[str, Any] = {
        "webhook": webhook,
        "keeper": await keeper_of(visit, Webhook, webhook.id),
        "url": masked_url(webhook.url),
        "runs": [response_shape(one) for one in runs[:RUNS_SHOWN]],
        "made_at": [one.created_at for one in runs],
        "has_more": len(runs) > RUNS_SHOWN,
        "page": page,
        "preview": None,
        "new_secret": None,
        "asked_group": visit.form.get("alert_group_id", ""),
        "may_change": visit.may(*CHANGING),
        "may_call": visit.may(*CALLING),
        **await _form(visit, webhook),
    }
    return visit.page("webhook.html", status, problems=problems, **{**values, **more})


async def _form(visit: Visit, webhook: Webhook | None) -> dict[str, Any]:
    """Return what the form of a webhook shows: what was sent last, else what is stored; of secrets asterisks."""
    tables = await visit.api.configuration.tables()
    return {
        "values": sent_values(visit) if "name" in visit.form else stored_values(webhook),
        "triggers": TRIGGERS,
        "methods": METHODS,
        "integrations": sorted(tables.of(Integration).values(), key=lambda one: one.name.casefold()),
        "teams": sorted(tables.of(Team).values(), key=lambda one: one.name.casefold()),
    }


def stored_values(webhook: Webhook | None) -> dict[str, Any]:
    """Return the fields of the form as they are stored."""
    row = webhook or Webhook(id="", name="", url="")
    secret = {name: MASK if getattr(row, name) else "" for name in ("password", "authorization_header")}
    texts = ("name", "url", "trigger_type", "http_method", "headers", "data", "trigger_template", "username")
    return {
        **{name: getattr(row, name) or "" for name in texts},
        **secret,
        "team_id": row.team_id or "",
        "forward_all": row.forward_all,
        "is_webhook_enabled": row.is_webhook_enabled,
        "integration_filter": list(row.integration_filter),
    }


def sent_values(visit: Visit) -> dict[str, Any]:
    """Return the body of the API that a form stands for; it sends all of its fields."""
    form = visit.form
    texts = ("name", "url", "trigger_type", "http_method", "headers", "data", "trigger_template", "username")
    return {
        **{name: form.get(name, "").replace("\r\n", "\n").strip() for name in texts},
        "password": form.get("password", ""),
        "authorization_header": form.get("authorization_header", ""),
        "team_id": form.get("team_id", ""),
        "forward_all": "forward_all" in form,
        "is_webhook_enabled": "is_webhook_enabled" in form,
        "integration_filter": form.getall("integration", []),
    }


def _page(text: str) -> int:
    found = whole(text)
    if found is None or not 1 <= found <= MOST_PAGES:
        raise Invalid.field("page", f"Must be a number from 1 to {MOST_PAGES}.")
    return found
