"""Rundeck: jobs that failed or run too long, told by the webhook notification with a JSON payload."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

TRIGGERS = ("failure", "success", "avgduration")
LOOK = Look(
    names={
        "run": "payload.execution",
        "job": "run.job",
        "began": 'run["date-started"]',
        "ended": 'run["date-ended"]',
    },
    facts=[
        ("Status", "[payload.status, run.status] | any_of"),
        ("Trigger", 'payload.trigger if payload.trigger == "avgduration" else ""'),
        ("Project", "[run.project, job.project] | any_of"),
        ("Job", '[job.group, job.name] | joined("/")'),
        ("Execution", "[payload.executionId, run.id] | any_of"),
        ("Options", "run.argstring"),
        ("Failed nodes", "[run.failedNodes, run.failedNodeListString] | any_of"),
        ("By", "run.user"),
        (
            "Started",
            "[began.unixtime, began.date, run.dateStartedW3c, run.dateStartedUnixtime] | any_of | when",
        ),
        ("Since", "[ended.unixtime, ended.date, run.dateEndedW3c, run.dateEndedUnixtime] | any_of | when"),
    ],
    text='[job.description, run.description] | joined("\\n\\n")',
    source_link="[run.permalink, run.href, job.permalink] | any_of | absolute(base_url)",
)


def bodies(body: Any) -> list[Any]:
    """Take failures, successes and overlong runs."""
    (sent,) = one_object(body)
    run = sent.get("execution")
    if not isinstance(run, dict):
        raise Permanent("the body has no object execution; is the payload of Rundeck's webhook set to JSON?")
    trigger = sent.get("trigger")
    status = sent.get("status", run.get("status"))
    if trigger not in TRIGGERS:
        raise NotAnAlert(f"The trigger {str(trigger)[:50]} is neither failure nor success.")
    if trigger == "failure" and status == "aborted":
        raise NotAnAlert("The execution was aborted by a person.")
    return [sent]


def example(trigger: str) -> dict[str, Any]:
    """Return the notification of a nightly job that failed or succeeded."""
    status = "succeeded" if trigger == "success" else "failed"
    return {
        "trigger": trigger,
        "status": status,
        "executionId": 24873,
        "execution": {
            "id": 24873,
            "href": "https://rundeck.example.com/api/41/execution/24873",
            "permalink": "https://rundeck.example.com/project/shop/execution/show/24873",
            "status": status,
            "project": "shop",
            "executionType": "scheduled",
            "user": "ann",
            "date-started": {"unixtime": 1767606900000, "date": "2026-01-05T09:55:00Z"},
            "date-ended": {"unixtime": 1767607200000, "date": "2026-01-05T10:00:00Z"},
            "job": {
                "id": "58a0ef70-9457-4e44-b053-94b886adeba2",
                "averageDuration": 260900,
                "name": "Nightly backup",
                "group": "databases",
                "project": "shop",
                "description": "Dumps every database",
                "href": "https://rundeck.example.com/api/41/job/58a0ef70-9457-4e44-b053-94b886adeba2",
                "permalink": "https://rundeck.example.com/project/shop/job/show/58a0ef70-9457-4e44-b053-94b886adeba2",
            },
            "description": "dump-all --target s3",
            "argstring": "-target s3",
            **({"failedNodes": ["db1.example.com"]} if trigger == "failure" else {}),
        },
    }


TYPE = IntegrationType(
    slug="rundeck",
    title="Rundeck",
    category=Category.DELIVERY,
    summary="Jobs that failed or run longer than usual.",
    documentation="https://docs.rundeck.com/docs/manual/notifications/webhooks.html",
    templates=templates(
        title=(
            '[[[job.group, job.name] | joined("/"), [run.project, job.project] | any_of] | joined(" in "),'
            ' "runs longer than usual" if payload.trigger == "avgduration"'
            ' else [payload.status, run.status] | any_of] | joined(": ")'
        ),
        grouping_key=(
            "([[run.project, job.project] | any_of, [job.id, job.name] | any_of] | identity)"
            ' if [job.id, job.name] | any_of not in [""] else ""'
        ),
        resolve='payload.trigger == "success"',
        look=LOOK,
    ),
    example_firing=example("failure"),
    example_resolved=example("success"),
    notes=(
        "In the job, open *Notifications*, add a *Webhook* for *On Failure* and another for *On Success* (and, where "
        "wanted, *Average Duration Exceeded*), each with the integration's URL, the payload format *JSON* and the "
        "method *POST*.\n\n"
        "A job is one alert group; its next success resolves it. Starts, failures that are tried again, and "
        "executions that a person aborted are answered, but no alert. XML payloads are refused.\n"
    ),
    heartbeat_notes=(
        "Let a scheduled job call the heartbeat URL with a *Webhook* notification *On Success*, so that a scheduler "
        "that stands still is noticed.\n"
    ),
    bodies=bodies,
)
