"""Jira: issue webhooks of Cloud and Data Center, and the bodies of Jira automation's *Send web request*."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

NOTES = """\
As an administrator of Jira open *Settings → System → WebHooks* and create one with the integration's URL, a JQL \
filter for the issues that shall ring (for instance `project = OPS AND issuetype = Incident`), and the events \
*Issue: created*, *updated* and *deleted*.

Or, in a project's *Automation*: a rule with the triggers *Issue created* and *Issue transitioned* and the action \
*Send web request*, with the integration's URL, POST, and *Issue data (Jira format)* as the body.

An issue is one alert group, known by its key.
The statuses *Work in progress* and *In progress* acknowledge it; a status of the category *Done*, or deleting the \
issue, resolves it.
Comments, work logs and everything else that is no issue page nobody.
"""
EVENTS = ("jira:issue_created", "jira:issue_updated", "jira:issue_deleted")
REMARKS = ("issue_commented", "issue_comment_", "issue_worklog_", "issue_work_logged", "issue_worklogged")
STATUS = "status.name | words | lower"
DONE = '["done", "closed", "resolved", "completed", "canceled", "cancelled"]'
KEY = "[issue.key, issue.id] | any_of"
LOOK = Look(
    names={
        "issue": "payload.issue or payload",
        "fields": "issue.fields",
        "status": "fields.status",
        "category": "status.statusCategory",
        "assignee": "fields.assignee",
        "reporter": "fields.reporter",
        "project": "fields.project",
        "priority": "fields.priority",
        "kind": "fields.issuetype",
        "actor": "payload.user",
    },
    facts=[
        ("Status", 'status.name if payload.webhookEvent != "jira:issue_deleted" else "deleted"'),
        ("Priority", "[priority.name, fields.priority] | any_of"),
        ("Type", "kind.name"),
        ("Project", "[project.name, project.key] | any_of"),
        ("Reporter", "reporter.displayName"),
        ("Assignee", "assignee.displayName"),
        ("Since", "fields.created | when"),
        ("Changed by", "actor.displayName"),
        ("Labels", "fields.labels"),
    ],
    # Data Center and webhooks send text; version 3 of the API has a document, which is for Jira to show.
    text="fields.description if fields.description is string else ''",
    source_link=(
        '((issue.self | words | regex_replace("/rest/.*$", "")) ~ "/browse/" ~ issue.key) | absolute(base_url)'
        ' if issue.key else ""'
    ),
)


def bodies(body: Any) -> list[Any]:
    """Return the issue.

    Raises:
        Permanent: the body is no object.
        NotAnAlert: it tells of a comment, a work log, or something else than an issue.
    """
    (payload,) = one_object(body)
    event = payload.get("webhookEvent")
    kind = payload.get("issue_event_type_name")
    if isinstance(event, str) and event and event not in EVENTS:
        raise NotAnAlert(
            f"The event {event[:80]} is no alert: only issues that are made, changed or deleted are."
        )
    if isinstance(kind, str) and kind.startswith(REMARKS):
        raise NotAnAlert(f"The event {kind[:80]} is a remark on an issue, and no alert.")
    return [payload]


def example(status: str) -> dict[str, Any]:
    """Return the webhook of an issue that was made, or is done."""
    is_new = status == "firing"
    site = "https://example.atlassian.net"
    return {
        "timestamp": 1767607200123 if is_new else 1767610800456,
        "webhookEvent": "jira:issue_created" if is_new else "jira:issue_updated",
        "issue_event_type_name": "issue_created" if is_new else "issue_generic",
        "user": {
            "self": f"{site}/rest/api/2/user?accountId=5b10a2844c20165700ede21g",
            "accountId": "5b10a2844c20165700ede21g",
            "displayName": "Alice Example",
            "active": True,
            "timeZone": "Europe/Berlin",
            "accountType": "atlassian",
        },
        "issue": {
            "id": "10042",
            "self": f"{site}/rest/api/2/10042",
            "key": "OPS-42",
            "fields": {
                "summary": "Customers cannot pay by card",
                "description": "The provider answers 503 since 09:58.",
                "issuetype": {"id": "10101", "name": "Incident", "subtask": False},
                "project": {"id": "10000", "key": "OPS", "name": "Operations"},
                "priority": {"id": "1", "name": "Highest"},
                "status": {
                    "id": "1" if is_new else "10002",
                    "name": "Open" if is_new else "Completed",
                    "statusCategory": {
                        "id": 2 if is_new else 3,
                        "key": "new" if is_new else "done",
                        "name": "To Do" if is_new else "Done",
                    },
                },
                "reporter": {"accountId": "5b10a2844c20165700ede21g", "displayName": "Alice Example"},
                "assignee": None,
                "labels": ["payments"],
                "created": "2026-01-05T11:00:00.000+0100",
                "updated": "2026-01-05T11:00:00.000+0100",
            },
        },
        **({} if is_new else {"changelog": {"id": "10100", "items": [CHANGE]}}),
    }


CHANGE = {
    "field": "status",
    "fieldtype": "jira",
    "fieldId": "status",
    "fromString": "Open",
    "toString": "Completed",
}
TYPE = IntegrationType(
    slug="jira",
    title="Jira",
    category=Category.TICKETS,
    summary="Issues that are opened, taken, done or deleted.",
    documentation="https://developer.atlassian.com/server/jira/platform/webhooks/",
    templates=templates(
        title='[issue.key, fields.summary or issue.summary or issue.id] | joined(": ")',
        grouping_key=KEY,
        resolve=(
            'payload.webhookEvent == "jira:issue_deleted" or category.key | words == "done"'
            f" or ({STATUS}) in {DONE}"
        ),
        acknowledge=f'({STATUS}) in ["work in progress", "in progress"]',
        look=LOOK,
    ),
    example_firing=example("firing"),
    example_resolved=example("resolved"),
    notes=NOTES,
    bodies=bodies,
)
