"""Rollbar: items that are new, back or frequent, and that were resolved."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

WHAT = {
    "new_item": "New",
    "occurrence": "Again",
    "exp_repeat_item": "Repeated",
    "item_velocity": "Frequent",
    "reactivated_item": "Reactivated",
    "reopened_item": "Reopened",
    "resolved_item": "Resolved",
}
LEVELS = {10: "debug", 20: "info", 30: "warning", 40: "error", 50: "critical"}

TITLE = (
    '[item.title, (exception["class"] and [exception["class"], exception.message] | joined(": "))] | any_of'
)
LOOK = Look(
    names={
        "data": "payload.data",
        "item": "data.item",
        "last": "data.occurrence or item.last_occurrence",
        "content": 'last["body"]',
        "trace": "content.trace or (content.trace_chain | entries | first)",
        "exception": "trace.exception",
        "request": "last.request",
        "server": "last.server",
        "threshold": "data.trigger",
    },
    facts=[
        ("Event", f"{WHAT}[payload.event_name]"),
        ("Level", f"[last.level, {LEVELS}[item.level] or item.level] | any_of"),
        ("Environment", "item.environment or last.environment"),
        ("Project", "[item.project_name, item.project_id] | any_of"),
        ("Occurrences", "[item.total_occurrences, data.occurrences] | any_of"),
        ("Rate", '[threshold.threshold, threshold.window_size_description] | joined(" in ")'),
        ("Where", "last.context"),
        ("Server", "server.host"),
        ("Request", '[request["method"], request.url] | joined(" ")'),
        ("Version", "last.code_version"),
        ("Last", "[item.last_occurrence_timestamp, last.timestamp] | any_of | when"),
        ("First", "item.first_occurrence_timestamp | when"),
    ],
    text='[[exception["class"], exception.message] | joined(": "), (content.message | object)["body"]] | any_of',
    source_link=(
        '[payload.url, data.url, "https://rollbar.com/occurrence/uuid/?uuid=" ~ (last.uuid | words | urlencode)'
        ' if last.uuid | words else ""] | any_of | absolute'
    ),
)


def bodies(body: Any) -> list[Any]:
    """Take what happens to an item."""
    (sent,) = one_object(body)
    event = sent.get("event_name")
    if not isinstance(event, str):
        raise Permanent("the body has no event_name, which every webhook of Rollbar has")
    if event not in WHAT:
        raise NotAnAlert(f"The event {event[:50]} is about no item.")
    return [sent]


def example(event: str) -> dict[str, Any]:
    """Return the webhook of an item that is new, or resolved."""
    item = {
        "id": 272716944,
        "counter": 61,
        "environment": "production",
        "title": "KeyError: 'discount'",
        "level": 40,
        "status": 2 if event == "resolved_item" else 1,
        "project_id": 90,
        "hash": "c595b2ae0af9b397bb6bdafd57104ac4d5f6b382",
        "total_occurrences": 1,
        "first_occurrence_timestamp": 1767607200,
        "last_occurrence_timestamp": 1767607200,
        "last_occurrence": {
            "uuid": "d2036647-e0b7-4cad-bc98-934831b9b6d1",
            "level": "error",
            "language": "python",
            "timestamp": 1767607200,
            "environment": "production",
            "context": "cart.views.total",
            "server": {"host": "web1"},
            "request": {"url": "https://shop.example.com/cart", "method": "GET"},
            "body": {"trace": {"exception": {"class": "KeyError", "message": "'discount'"}, "frames": []}},
        },
    }
    return {"event_name": event, "data": {"item": item}}


TYPE = IntegrationType(
    slug="rollbar",
    title="Rollbar",
    category=Category.LOGS,
    summary="Errors of applications that are new, back or frequent.",
    documentation="https://docs.rollbar.com/docs/webhooks",
    templates=templates(
        title=f'[{TITLE}, item.environment] | joined(" in ")',
        grouping_key='([item.project_id, item.id] | identity) if item.id is not none and item.id is defined else ""',
        resolve='payload.event_name == "resolved_item"',
        look=LOOK,
    ),
    example_firing=example("new_item"),
    example_resolved=example("resolved_item"),
    notes=(
        "In the project, open *Settings > Notifications > Webhook*, enter the integration's URL, enable it, and add "
        "rules for what shall ring (*New Item*, *High Occurrence Rate*, *Item Reactivated*, *Item Reopened*) **and** "
        "for *Item Resolved*.\n\n"
        "An item is one alert group. Deploys are answered, but no alert. Rollbar sends a webhook again for up to "
        "16 days when it was not taken.\n"
    ),
    bodies=bodies,
)
