"""What is done to an event subscription on its page: made, changed, switched, moved, tried, given a new secret."""

from __future__ import annotations

from aiohttp import web

from services.api.console.event_subscriptions import (
    CHANGING,
    CREATING,
    PATH,
    READING,
    sent_values,
    show_new,
    show_subscription,
    show_subscriptions,
)
from services.api.console.shown_again import shown_again_by
from services.api.console.visits import Visit, add_page
from services.api.event_subscriptions import (
    EVENT_REQUESTS,
    existing_subscription,
    moved_by,
    tried_out,
    with_new_secret,
)
from services.api.resources.event_subscriptions import EVENT_SUBSCRIPTIONS
from services.api.resources.webhooks import KEEP_FORMER_SECRET


def add_routes(app: web.Application) -> None:
    """Serve the pages of event subscriptions on the api's application."""
    one, endpoint = f"{PATH}/{{id}}", "event_subscriptions/{id}"
    add_page(app, "GET", PATH, show_subscriptions, READING)
    add_page(app, "POST", PATH, create_subscription, CREATING)
    add_page(app, "GET", f"{PATH}/new", show_new, CREATING)
    add_page(app, "GET", one, show_subscription, READING)
    add_page(app, "POST", one, change_subscription, CHANGING)
    add_page(app, "POST", f"{one}/switch", switch_subscription, CHANGING)
    add_page(app, "POST", f"{one}/remove", remove_subscription, ("DELETE", endpoint))
    add_page(app, "POST", f"{one}/position", move_subscription, ("POST", f"{endpoint}/position"))
    add_page(app, "POST", f"{one}/test", try_subscription, ("POST", f"{endpoint}/test"))
    add_page(app, "POST", f"{one}/secret", renew_secret, ("POST", f"{endpoint}/rotate_secret"))


@shown_again_by(show_new, (400,))
async def create_subscription(visit: Visit) -> web.Response:
    """POST: adds a subscription and goes to its page."""
    made = await visit.objects(EVENT_SUBSCRIPTIONS).create(sent_values(visit))
    return visit.see(f"{PATH}/{made['id']}")


@shown_again_by(show_subscription)
async def change_subscription(visit: Visit) -> web.Response:
    """POST: changes a subscription to what its form says; it goes on where it is."""
    await visit.objects(EVENT_SUBSCRIPTIONS).change(_id(visit), sent_values(visit))
    return _back(visit)


@shown_again_by(show_subscription)
async def switch_subscription(visit: Visit) -> web.Response:
    """POST: switches a subscription on or off."""
    body = {"is_enabled": visit.form.get("on") == "yes"}
    await visit.objects(EVENT_SUBSCRIPTIONS).change(_id(visit), body)
    return _back(visit)


async def remove_subscription(visit: Visit) -> web.Response:
    """POST: removes a subscription."""
    await visit.objects(EVENT_SUBSCRIPTIONS).remove(_id(visit))
    return visit.see(PATH)


@shown_again_by(show_subscription)
async def move_subscription(visit: Visit) -> web.Response:
    """POST: has a subscription go on from another position."""
    await moved_by(visit.api, visit.principal, _id(visit), visit.form.get("position", "").strip())
    return _back(visit)


async def try_subscription(visit: Visit) -> web.Response:
    """POST: sends an event that says nothing, and shows what was answered."""
    row = await existing_subscription(visit.api, _id(visit))
    trial = await tried_out(visit.request.app[EVENT_REQUESTS], row)
    return await show_subscription(visit, trial=trial)


async def renew_secret(visit: Visit) -> web.Response:
    """POST: shows a new signing secret, once; the former one signs too for a day."""
    made = await with_new_secret(visit.api, visit.principal, _id(visit), KEEP_FORMER_SECRET)
    return await show_subscription(visit, new_secret=made["signing_secret"])


def _id(visit: Visit) -> str:
    return visit.request.match_info["id"]


def _back(visit: Visit) -> web.Response:
    return visit.see(f"{PATH}/{_id(visit)}")
