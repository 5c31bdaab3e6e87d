"""Zendesk: tickets, from the body of a trigger's webhook or from the events of tickets."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

EVENT = "zen:event-type:"
# What changes whether, or how badly, somebody is needed. Comments, tags and the like do not.
TELLING = frozenset(
    f"ticket.{one}"
    for one in (
        "created",
        "status_changed",
        "custom_status_changed",
        "priority_changed",
        "undeleted",
        "merged",
        "marked_as_spam",
        "soft_deleted",
        "permanently_deleted",
    )
)
OVER = '["ticket.merged", "ticket.marked_as_spam", "ticket.soft_deleted", "ticket.permanently_deleted"]'
STATUS = "(ticket.status | words | lower)"
LOOK = Look(
    names={"ticket": "[payload.ticket, payload.detail, payload] | any_of", "via": "ticket.via"},
    facts=[
        ("Status", "ticket.status | words | lower"),
        ("Priority", "ticket.priority | words | lower"),
        ("Type", "ticket.type | words | lower"),
        ("Ticket", '("#" ~ (ticket.id | words)) if ticket.id | words else ""'),
        ("Requester", "[ticket.requester, ticket.requester_id] | any_of"),
        ("Assignee", "[ticket.assignee, ticket.assignee_id] | any_of"),
        ("Organization", "ticket.organization"),
        ("Tags", "ticket.tags"),
        ("Channel", "[via.channel, ticket.via] | any_of"),
        ("Created", "ticket.created_at | when"),
        ("Updated", "[ticket.updated_at, payload.time] | any_of | when"),
    ],
    text='(ticket.description | string)[:3000] if ticket.description is string else ""',
    source_link=(
        '(("https://" if "://" not in ticket.url | words and "." in (ticket.url | words).split("/") | first else "")'
        " ~ (ticket.url | words)) | absolute(base_url)"
        ' or ("/agent/tickets/" ~ (ticket.id | words)) | absolute(base_url if ticket.id | words else "")'
    ),
)


def bodies(body: Any) -> list[Any]:
    """Return the ticket of the body.

    Raises:
        Permanent: the body is no object.
        NotAnAlert: an event that is not about a ticket, or about nothing that anybody must be called for.
    """
    (payload,) = one_object(body)
    kind = payload.get("type")
    if isinstance(kind, str) and kind.startswith(EVENT) and kind.removeprefix(EVENT) not in TELLING:
        raise NotAnAlert(f"The event {kind.removeprefix(EVENT)[:100]} makes no alert.")
    return [payload]


def example(status: str) -> dict[str, Any]:
    """Return the body that the notes let a trigger send."""
    return {
        "ticket": {
            "id": "35436",
            "url": "https://shop.zendesk.com/agent/tickets/35436",
            "status": status,
            "priority": "Urgent",
            "title": "Checkout answers with an error",
            "description": "Since ten this morning nobody can pay: the page says 503.",
            "requester": "Pat Example",
            "tags": "checkout payment",
        }
    }


TYPE = IntegrationType(
    slug="zendesk",
    title="Zendesk",
    category=Category.TICKETS,
    summary="Tickets from the moment they are opened until they are solved.",
    documentation="https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/",
    templates=templates(
        title='[ticket.title, ticket.subject, ("Zendesk ticket #" ~ (ticket.id | words)) if ticket.id | words else ""]'
        " | any_of",
        grouping_key="ticket.id | words",
        resolve=f'{STATUS} in ["solved", "closed"] or (payload.type | words).removeprefix("{EVENT}") in {OVER}',
        acknowledge=f'{STATUS} == "pending"',
        look=LOOK,
    ),
    example_firing=example("Open"),
    example_resolved=example("Solved"),
    notes=(
        "In Zendesk's *Admin Center*, open *Apps and integrations*, *Webhooks*, and create one that connects to a "
        "*trigger or automation*, with the integration's URL, the method *POST* and the format *JSON*. "
        "Then, under *Objects and rules*, *Triggers*, add a trigger whose conditions say which tickets shall ring "
        "(for instance *Ticket is created* and *Status changed*), with the action *Notify by webhook* and the "
        "body\n\n"
        "```json\n"
        '{\n  "ticket": {\n    "id": "{{ticket.id}}",\n    "url": "{{ticket.link}}",\n'
        '    "status": "{{ticket.status}}",\n    "priority": "{{ticket.priority}}",\n'
        '    "title": "{{ticket.title}}",\n    "description": "{{ticket.description}}",\n'
        '    "requester": "{{ticket.requester.name}}",\n    "tags": "{{ticket.tags}}"\n  }\n}\n'
        "```\n\n"
        "A webhook that subscribes to *ticket events* is understood too; give the integration your Zendesk's "
        "address as its `base_url`, so that its alerts have a link. Comments, tags and assignments make no "
        "alerts.\n\n"
        "A ticket is one alert group, known by its id. *Pending* acknowledges it; *Solved*, *Closed*, deleting and "
        "merging resolve it. Zendesk must send the statuses in English.\n"
    ),
    bodies=bodies,
)
