"""StatusCake: the form that a contact group's webhook posts."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

LOOK = Look(
    facts=[
        ("State", "payload.Status | words | upper"),
        ("HTTP status", "payload.StatusCode"),
        ("Checked", "payload.URL"),
        ("IP", "payload.IP"),
        ("Tags", "payload.Tags"),
        ("Check rate (s)", "[payload.Checkrate, payload.CheckRate] | any_of"),
    ],
    links=[("Checked address", "payload.URL")],
    source_link="payload.URL | absolute",
)


def example(status: str) -> dict[str, Any]:
    """Return the fields of a test that went Down, or came Up."""
    return {
        "URL": "https://shop.example.com/",
        "Token": "0123456789abcdef0123456789abcdef",
        "Name": "Shop front page",
        "StatusCode": "503" if status == "Down" else "200",
        "Status": status,
        "IP": "203.0.113.9",
        "Tags": "shop,eu",
        "Checkrate": "60",
    }


TYPE = IntegrationType(
    slug="statuscake",
    title="StatusCake",
    category=Category.UPTIME,
    summary="Uptime tests that went down or came back.",
    documentation="https://www.statuscake.com/kb/knowledge-base/how-to-use-the-web-hook-url/",
    templates=templates(
        title='[[payload.Name, payload.URL] | any_of, payload.Status | words | upper] | joined(" is ")',
        grouping_key=first_key("[payload.Name, payload.URL]"),
        resolve='payload.Status | words | upper == "UP"',
        look=LOOK,
    ),
    example_firing=example("Down"),
    example_resolved=example("Up"),
    notes=(
        "In StatusCake, open *Alerting*, *Contact Groups*, *New Contact Group*, and enter the integration's URL as "
        "*Webhook URL* with the method *POST*. Choose this group at every test that shall ring, and leave "
        "*Enable Repeat Alert* off.\n\n"
        "StatusCake sends no number of the test: name and URL together are one alert group, which resolves when "
        "the test is `Up` again. Two tests of one URL need two names.\n"
    ),
    heartbeat_notes="Add an uptime test of the heartbeat URL with a check rate of one minute.\n",
    reads_query=True,
    bodies=one_object,
)
