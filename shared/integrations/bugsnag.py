"""BugSnag: errors that are new, back or frequent, and what people did to them."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

NO_ALERTS = ("release", "comment", "collaboratorFix")
CHANGES = ("fixed", "ignored", "snoozed", "open", "reopened", "assigned")
ENDS = ("fixed", "ignored")
LOOK = Look(
    names={
        "about": "payload.trigger",
        "error": "payload.error",
        "app": "error.app",
        "device": "error.device",
        "project": "payload.project",
        "user": "payload.user",
    },
    facts=[
        ("Event", "[about.message, about.type] | any_of"),
        ("Severity", "error.severity"),
        ("Unhandled", 'error.unhandled if error.unhandled else ""'),
        ("Status", "[error.status, about.stateChange] | any_of"),
        ("Project", "project.name"),
        ("Stage", "app.releaseStage"),
        ("Version", "app.version"),
        ("Where", "error.context"),
        ("Server", "device.hostname"),
        ("Request", "error.requestUrl"),
        ("Rate", "about.rate"),
        ("By", "user.name"),
        ("Last", "error.receivedAt | when"),
        ("First", "error.firstReceived | when"),
    ],
    text='[error.exceptionClass, error["message"]] | joined(": ")',
    source_link="[error.url, project.url] | any_of | absolute(base_url)",
)


def bodies(body: Any) -> list[Any]:
    """Take errors, spikes and rate limits of a project."""
    (sent,) = one_object(body)
    if not any(isinstance(sent.get(name), dict) for name in ("error", "trigger")):
        raise Permanent("the body has neither an error nor a trigger, which BugSnag always sends")
    about = sent.get("trigger")
    about = about if isinstance(about, dict) else {}
    kind, change = about.get("type"), about.get("stateChange")
    if kind in NO_ALERTS:
        raise NotAnAlert(f"The event {kind} is no error.")
    if kind == "errorStateManualChange" and change not in CHANGES:
        raise NotAnAlert(f"The change {str(change)[:50]} neither opens nor closes an error.")
    return [sent]


def example(kind: str, change: str = "") -> dict[str, Any]:
    """Return the webhook of an error that is new, or of what a person made of it."""
    about = {"type": kind, "message": "New error" if not change else f"Marked as {change}"}
    return {
        "account": {
            "id": "5236a3e8cd2d3c8f5c0001f4",
            "name": "Example",
            "url": "https://app.bugsnag.com/accounts/example",
        },
        "project": {
            "id": "5236a3e8cd2d3c8f5c0001f5",
            "name": "Shop",
            "url": "https://app.bugsnag.com/example/shop",
        },
        "trigger": {**about, "stateChange": change} if change else about,
        **({"user": {"id": "1", "name": "Ann Example", "email": "ann@example.com"}} if change else {}),
        "error": {
            "id": "695b8c40001f5a3e8cd2d3c8",
            "errorId": "518031bcd775355c48a1cd4e",
            "exceptionClass": "KeyError",
            "message": "key not found: discount",
            "context": "cart#total",
            "firstReceived": "2026-01-05T10:00:00.000Z",
            "receivedAt": "2026-01-05T10:00:00.000Z",
            "requestUrl": "https://shop.example.com/cart",
            "url": "https://app.bugsnag.com/example/shop/errors/518031bcd775355c48a1cd4e",
            "severity": "error",
            "status": change or "open",
            "unhandled": True,
            "app": {"id": "shop", "version": "1.5.3", "releaseStage": "production", "type": "rails"},
            "device": {"hostname": "web1"},
        },
    }


TYPE = IntegrationType(
    slug="bugsnag",
    title="BugSnag",
    category=Category.LOGS,
    summary="Errors of applications that are new, back or frequent, and spikes.",
    documentation="https://docs.bugsnag.com/product/integrations/data-forwarding/webhook/",
    templates=templates(
        title=(
            '[[[error.exceptionClass, error["message"]] | joined(": "), about.message, about.type] | any_of,'
            ' project.name] | joined(" in ")'
        ),
        grouping_key=(
            "([project.id, error.errorId] | identity if error.errorId is not none and error.errorId is defined"
            ' else ([project.id, about.type] | identity if project.id and about.type else ""))'
        ),
        resolve=f'about.type == "errorStateManualChange" and about.stateChange in {list(ENDS)}',
        acknowledge='about.type == "errorStateManualChange" and about.stateChange in ["snoozed", "assigned"]',
        look=LOOK,
    ),
    example_firing=example("firstException"),
    example_resolved=example("errorStateManualChange", "fixed"),
    notes=(
        "In the project, open *Settings > Integrations and email > Webhook*, enter the integration's URL, and choose "
        "what shall ring (*A new error occurs*, *An error occurs frequently*, *This project has a spike in errors*, …) "
        "**and** *An error state is manually changed*, which resolves.\n\n"
        "An error is one alert group: *fixed* and *ignored* resolve it, *snoozed* and *assigned* acknowledge it. "
        "Releases and comments are answered, but no alert.\n"
    ),
    bodies=bodies,
)
