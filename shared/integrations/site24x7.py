"""Site24x7: the incident parameters of its webhook, as JSON or as a form."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

QUIET = ("MAINTENANCE", "SUSPENDED")
LOOK = Look(
    facts=[
        ("State", "payload.STATUS"),
        ("Reason", "payload.INCIDENT_REASON"),
        ("Checked", "payload.MONITORURL"),
        (
            "Since",
            "[payload.INCIDENT_TIME_ISO, payload.OUTAGE_TIME_UNIX_FORMAT, payload.INCIDENT_TIME] | any_of | when",
        ),
        ("Failed from", "payload.FAILED_LOCATIONS"),
        ("Type", "payload.MONITORTYPE"),
        ("Groups", "payload.MONITOR_GROUPNAME"),
        ("Tags", "[payload.TAGS, payload.GROUP_TAGS] | any_of"),
        ("Customer", "payload.MSP_CUSTOMER_NAME"),
    ],
    text="payload.INCIDENT_DETAILS if payload.INCIDENT_DETAILS != payload.INCIDENT_REASON else ''",
    links=[
        ("Dashboard", "payload.MONITOR_DASHBOARD_LINK"),
        ("Root cause", "payload.RCA_LINK"),
        ("Checked address", "payload.MONITORURL"),
    ],
    source_link="payload.MONITOR_DASHBOARD_LINK | absolute or payload.RCA_LINK | absolute",
)


def bodies(body: Any) -> list[Any]:
    """Return the incident of the body.

    Raises:
        Permanent: the body is no object.
        NotAnAlert: the monitor is in maintenance or suspended.
    """
    (payload,) = one_object(body)
    status = payload.get("STATUS")
    if isinstance(status, str) and status.upper() in QUIET:
        raise NotAnAlert(f"The monitor's state is {status}.")
    return [payload]


def example(status: str) -> dict[str, Any]:
    """Return the body of a monitor that went DOWN, or came UP."""
    down = status == "DOWN"
    return {
        "MONITOR_DASHBOARD_LINK": "https://www.site24x7.com/app/client#/home/monitors/107164000000025001/Summary",
        "MONITORTYPE": "URL",
        "MONITOR_ID": 107164000000025001,
        "STATUS": status,
        "MONITORNAME": "Shop front page",
        "FAILED_LOCATIONS": "Frankfurt-DE,Stockholm-SE" if down else "",
        "INCIDENT_REASON": "Service Unavailable" if down else "Monitor is up",
        "OUTAGE_TIME_UNIX_FORMAT": "1767607200037",
        "MONITORURL": "https://shop.example.com/",
        "MONITOR_GROUPNAME": "Shop",
        "POLLFREQUENCY": 1,
        "TAGS": ["shop", "eu"],
        "INCIDENT_TIME": "January 5, 2026 10:00 AM UTC" if down else "January 5, 2026 10:40 AM UTC",
        "INCIDENT_TIME_ISO": "2026-01-05T10:00:00+0000" if down else "2026-01-05T10:40:00+0000",
    }


TYPE = IntegrationType(
    slug="site24x7",
    title="Site24x7",
    category=Category.UPTIME,
    summary="Monitors that are down, critical or in trouble, and that came back.",
    documentation="https://www.site24x7.com/help/admin/third-party-integration/webhooks.html",
    templates=templates(
        title='[[payload.MONITORNAME, payload.MONITORURL] | any_of, payload.STATUS] | joined(" is ")',
        grouping_key=first_key(
            "[payload.MONITOR_ID]", "[payload.MONITORNAME, payload.MONITORURL, payload.MSP_CUSTOMER_NAME]"
        ),
        resolve='payload.STATUS | words | upper == "UP"',
        look=LOOK,
    ),
    example_firing=example("DOWN"),
    example_resolved=example("UP"),
    notes=(
        "In Site24x7, open *Admin*, *Third-Party Integrations*, add *Webhooks* with the integration's URL as *Hook "
        "URL*, the method *POST*, *Post as JSON* and *Send Incident Parameters*. Choose under *Alert Settings* the "
        "states *Down*, *Critical*, *Trouble* and *Up*, and the monitors, groups or tags that shall ring.\n\n"
        "A monitor is one alert group, known by its `MONITOR_ID`, whatever state it is in; it resolves when it is "
        "`UP`. Maintenance makes no alert.\n"
    ),
    heartbeat_notes="Add a *Website* monitor with the heartbeat URL and a check frequency of one minute.\n",
    bodies=bodies,
)
