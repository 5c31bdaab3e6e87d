"""Better Stack (once Better Uptime): the webhook of its incidents, from monitors, heartbeats and elsewhere."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

LOOK = Look(
    names={"incident": "payload.data", "about": "incident.attributes", "related": "incident.relationships"},
    facts=[
        ("State", "[payload.event, about.status] | any_of"),
        ("Cause", "about.cause"),
        ("Checked", '[about.http_method | words | upper, about.url] | joined(" ")'),
        ("Since", "about.started_at | when"),
        ("Acknowledged", '[about.acknowledged_at | when, about.acknowledged_by] | joined(" by ")'),
        ("Resolved", '[about.resolved_at | when, about.resolved_by] | joined(" by ")'),
        ("Regions", "about.regions"),
        ("Team", "about.team_name"),
        ("Metadata", "about.metadata"),
    ],
    text="(about.response_content | string)[:1000] if about.response_content is string else ''",
    links=[
        ("Checked address", "about.url"),
        ("Origin", "about.origin_url"),
        ("Response", "about.response_url"),
        ("Screenshot", "about.screenshot_url"),
    ],
    source_link="about.origin_url | absolute or about.url | absolute",
    image="about.screenshot_url | absolute",
)


def bodies(body: Any) -> list[Any]:
    """Return the incident of the body.

    Raises:
        Permanent: the body is no object, or an entry of the incident log.
        NotAnAlert: a monitor was changed, or who is on call.
    """
    (payload,) = one_object(body)
    event, data = payload.get("event"), payload.get("data")
    if isinstance(event, str) and "." in event and "dt" in payload:
        raise Permanent("this is Better Stack's incident log; add an outgoing webhook for incidents instead")
    kind = data.get("type") if isinstance(data, dict) else None
    if isinstance(kind, str) and kind != "incident":
        raise NotAnAlert(f"A change of a {kind[:50]} makes no alert.")
    return [payload]


def example(event: str) -> dict[str, Any]:
    """Return the body of an incident that was started, acknowledged or resolved."""
    return {
        "event": event,
        "data": {
            "id": "25",
            "type": "incident",
            "attributes": {
                "name": "Shop front page",
                "url": "https://shop.example.com/",
                "http_method": "get",
                "cause": "Status 503",
                "started_at": "2026-01-05T10:00:00.151Z",
                "acknowledged_at": None if event == "started" else "2026-01-05T10:05:00.768Z",
                "acknowledged_by": None if event == "started" else "Pat Example",
                "resolved_at": "2026-01-05T10:40:00.000Z" if event == "resolved" else None,
                "resolved_by": None,
                "status": event.capitalize(),
                "team_name": "Shop",
                "response_content": None,
                "response_url": None,
                "screenshot_url": None,
                "origin_url": None,
                "regions": ["us", "eu"],
            },
            "relationships": {"monitor": {"data": {"id": "4", "type": "monitor"}}},
        },
    }


TYPE = IntegrationType(
    slug="better_stack",
    title="Better Stack",
    category=Category.UPTIME,
    summary="Incidents of monitors and heartbeats: started, acknowledged, resolved.",
    documentation="https://betterstack.com/docs/uptime/webhooks/",
    templates=templates(
        title='[about.name, about.cause] | joined(": ")',
        grouping_key=first_key(
            "[incident.id]", "([about.name, about.url, about.started_at] if about.name | words else [])"
        ),
        resolve='payload.event == "resolved" or about.status == "Resolved" or about.resolved_at | words != ""',
        acknowledge='payload.event == "acknowledged" or about.status == "Acknowledged"',
        look=LOOK,
    ),
    example_firing=example("started"),
    example_resolved=example("resolved"),
    notes=(
        "In Better Stack, open *Integrations*, *Exporting data*, *Outgoing webhooks*, and add an *Incident* webhook "
        "with the integration's URL for *started*, *acknowledged* and *resolved*.\n\n"
        "An incident is one alert group, known by its id; what happens to it there happens here too. "
        "Webhooks of monitors and of on-call changes make no alerts.\n"
    ),
    heartbeat_notes="Add a monitor of the heartbeat URL that checks every minute.\n",
    bodies=bodies,
)
