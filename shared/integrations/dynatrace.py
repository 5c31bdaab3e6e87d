"""Dynatrace: the custom integration for problem notifications, whose payload its user writes from placeholders."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

TRIAL = "Dynatrace problem notification test run"
STATE = "([payload.State, payload.ProblemStatus, details.status] | any_of | words | upper)"
TITLE = "[payload.ProblemTitle, details.title, payload.ProblemID, details.displayId] | any_of"
ENTITIES = (
    "[payload.ImpactedEntityNames, payload.NamesOfImpactedEntities, payload.ImpactedEntity,"
    ' (payload.ImpactedEntities | entries)[:5] | map("object") | map(attribute="name") | list,'
    ' (details.affectedEntities | entries)[:5] | map("object") | map(attribute="name") | list'
    " ] | any_of"
)
LOOK = Look(
    names={
        "details": (
            "payload.ProblemDetailsJSONv2 or payload.ProblemDetailsJSON or (payload if payload.problemId else {})"
        ),
        "cause": "details.rootCauseEntity",
    },
    facts=[
        ("State", f"{STATE} | lower"),
        (
            "Severity",
            '[payload.ProblemSeverity, details.severityLevel] | any_of | words | lower | replace("_", " ")',
        ),
        ("Impact", "[payload.ProblemImpact, details.impactLevel] | any_of | words | lower"),
        ("Entities", ENTITIES),
        ("Root cause", "cause.name"),
        ("Since", "details.startTime | when"),
        ("Problem", "[payload.ProblemID, details.displayId] | any_of"),
        ("Tags", "payload.Tags"),
    ],
    text=(
        "([payload.ProblemDetailsText, payload.ProblemDetails, payload.ProblemDetailsMarkdown] | any_of"
        " | string)[:3000]"
    ),
    links=[("Problem", "payload.ProblemURL")],
    source_link=(
        "[payload.ProblemURL, payload['Problem URL']] | any_of | absolute"
        ' or ("/#problems/problemdetails;pid=" ~ (details.problemId | words))'
        ' | absolute(base_url if details.problemId | words else "")'
    ),
)


def bodies(body: Any) -> list[Any]:
    """Return the problem of the body.

    Raises:
        Permanent: the body is no object.
        NotAnAlert: somebody tries the notification out.
    """
    (payload,) = one_object(body)
    if payload.get("ProblemTitle") == TRIAL:
        raise NotAnAlert("Dynatrace tries the notification out.")
    return [payload]


def example(state: str) -> dict[str, Any]:
    """Return the body of the notes for a problem that is OPEN, or RESOLVED."""
    return {
        "State": state,
        "ProblemID": "P-2601123",
        "PID": "-6442109876543210123_1767607200000V2",
        "ProblemTitle": "Failure rate increase",
        "ProblemSeverity": "ERROR",
        "ProblemImpact": "SERVICE",
        "ProblemURL": (
            "https://abc12345.live.dynatrace.com/#problems/problemdetails;pid=-6442109876543210123_1767607200000V2"
        ),
        "ImpactedEntityNames": "checkout",
        "Tags": "team:shop, prod",
        "ProblemDetails": (
            f"{state} Problem P-2601123 in environment shop\nProblem detected at: 10:00 (UTC) 05.01.2026\n"
            "1 impacted service\n\nService\ncheckout\n\nFailure rate increase\nThe failure rate rose to 37 %"
        ),
    }


TYPE = IntegrationType(
    slug="dynatrace",
    title="Dynatrace",
    category=Category.METRICS,
    summary="Problems that Dynatrace found, until they are closed.",
    documentation=(
        "https://docs.dynatrace.com/docs/analyze-explore-automate/notifications-and-alerting"
        "/problem-notifications/webhook-integration"
    ),
    templates=templates(
        title=f'[{TITLE}, {ENTITIES} | words if {ENTITIES} | words != {TITLE} | words else ""] | joined(" – ")',
        grouping_key=first_key(
            "[payload.PID]", "[details.problemId]", "[payload.ProblemID]", "[details.displayId]"
        ),
        # A problem that was merged lives on in another, which is told by itself.
        resolve=f'{STATE} in ["RESOLVED", "CLOSED", "MERGED"]',
        look=LOOK,
    ),
    example_firing=example("OPEN"),
    example_resolved=example("RESOLVED"),
    notes=(
        "In Dynatrace, open *Settings*, *Integration*, *Problem notifications*, *Add notification*, choose *Custom "
        "integration*, enter the integration's URL, switch *Call webhook if problem is closed* on, and paste as "
        "*Custom payload*:\n\n"
        "```\n"
        '{\n"State": "{State}",\n"ProblemID": "{ProblemID}",\n"PID": "{PID}",\n"ProblemTitle": "{ProblemTitle}",\n'
        '"ProblemSeverity": "{ProblemSeverity}",\n"ProblemImpact": "{ProblemImpact}",\n'
        '"ProblemURL": "{ProblemURL}",\n"ImpactedEntityNames": "{ImpactedEntityNames}",\n"Tags": "{Tags}",\n'
        '"ProblemDetails": "{ProblemDetailsText}"\n}\n'
        "```\n\n"
        "`{ProblemDetailsJSONv2}` is understood as well, as a field of that name or as the whole payload (with your "
        "environment's address as the integration's `base_url`, so that it has a link).\n\n"
        "A problem is one alert group, known by its `PID`; closing it, or merging it into another, resolves it.\n"
    ),
    heartbeat_notes="Add an *HTTP monitor* with the heartbeat URL and a frequency of one minute.\n",
    bodies=bodies,
)
