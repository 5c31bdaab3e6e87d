"""What is done to an outgoing webhook on its page: made, changed, removed, tried, called, given a new secret."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from aiohttp import web

from services.api.console.form_fields import id_or_address
from services.api.console.shown_again import shown_again_by
from services.api.console.visits import Visit
from services.api.console.webhooks import PATH, sent_values, show_new, show_webhook
from services.api.resources.webhooks import KEEP_FORMER_SECRET, WEBHOOKS
from services.api.webhooks import GroupBody, call_by_hand, previewed, with_new_secret

# What may be put back to nothing.
OPTIONAL = (
    *("headers", "data", "trigger_template", "username", "password"),
    *("authorization_header", "team_id"),
)


@shown_again_by(show_new, (400,))
async def create_webhook(visit: Visit) -> web.Response:
    """POST: adds a webhook and goes to its page."""
    made = await visit.objects(WEBHOOKS).create(_body(visit))
    return visit.see(f"{PATH}/{made['id']}")


@shown_again_by(show_webhook)
async def change_webhook(visit: Visit) -> web.Response:
    """POST: changes a webhook to what its form says."""
    await visit.objects(WEBHOOKS).change(_id(visit), _body(visit))
    return _back(visit)


async def remove_webhook(visit: Visit) -> web.Response:
    """POST: removes a webhook."""
    await visit.objects(WEBHOOKS).remove(_id(visit))
    return visit.see(PATH)


@shown_again_by(show_webhook)
async def call_webhook(visit: Visit) -> web.Response:
    """POST: has a webhook called for a group; its runs tell what became of it."""
    await call_by_hand(visit.api, visit.principal, _id(visit), (_group_id(visit), ""))
    return _back(visit, "#runs")


@shown_again_by(show_webhook)
async def preview_webhook(visit: Visit) -> web.Response:
    """POST: shows what a webhook would send for a group; nothing is sent."""
    body = GroupBody(alert_group_id=_group_id(visit))
    return await show_webhook(visit, preview=await previewed(visit.api, visit.principal, _id(visit), body))


async def renew_secret(visit: Visit) -> web.Response:
    """POST: shows a new signing secret, once; the former one signs too for a day."""
    keep_for: timedelta = KEEP_FORMER_SECRET
    made = await with_new_secret(visit.api, visit.principal, _id(visit), keep_for)
    return await show_webhook(visit, new_secret=made["signing_secret"])


def _body(visit: Visit) -> dict[str, Any]:
    return {
        name: None if name in OPTIONAL and not value else value for name, value in sent_values(visit).items()
    }


def _id(visit: Visit) -> str:
    return visit.request.match_info["id"]


def _group_id(visit: Visit) -> str:
    return id_or_address(visit.form, "alert_group_id")


def _back(visit: Visit, part: str = "") -> web.Response:
    return visit.see(f"{PATH}/{_id(visit)}{part}")
