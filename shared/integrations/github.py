"""GitHub: workflow runs and jobs, checks, deployments, and the alerts of its security features."""

from __future__ import annotations

import json
from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

# In this order: an event about a deployment can also hold the workflow run and the check run behind it.
RUNS = ("deployment_status", "workflow_job", "workflow_run", "check_run", "check_suite")
FAILED = ("failure", "error", "timed_out", "startup_failure")
# What tells one kind of alert from another, by a field that only it has.
ALERTS = {
    "security_advisory": "dependabot_alert",
    "secret_type": "secret_scanning_alert",
    "rule": "code_scanning_alert",
    "affected_package_name": "repository_vulnerability_alert",
}
BEGINS = (
    "created",
    "create",
    "reopened",
    "reopen",
    "reopened_by_user",
    "auto_reopened",
    "reintroduced",
    "appeared_in_branch",
    "publicly_leaked",
)
ENDS = (
    "fixed",
    "dismissed",
    "auto_dismissed",
    "dismiss",
    "closed_by_user",
    "resolved",
    "resolve",
    "revoked",
)
# The problem of an event: what it is called, and what tells it from the others of its kind in a repository.
OF = (
    "{"
    '"deployment_status": {"what": ["Deployment to", [run.environment, deployment.environment] | any_of] | joined,'
    ' "id": [run.environment, deployment.environment] | any_of, "branch": deployment.ref},'
    '"workflow_job": {"what": [run.workflow_name, run.name] | joined(" / "), "id": [run.workflow_name, run.name],'
    ' "branch": run.head_branch},'
    '"workflow_run": {"what": run.name, "id": [run.workflow_id, run.name] | any_of, "branch": run.head_branch},'
    '"check_run": {"what": run.name, "id": [app.id, run.name], "branch": suite.head_branch},'
    '"check_suite": {"what": ["Checks of", [app.name, app.slug] | any_of] | joined,'
    ' "id": [app.id, app.slug] | any_of, "branch": run.head_branch}'
    "}[payload.event] or {"
    '"what": [[advisory.summary, advisory.description, run.secret_type_display_name, run.secret_type,'
    " run.affected_package_name] | any_of, package.name] | joined(' in '),"
    ' "id": [run.number, run.id] | any_of}'
)
STATE = "[run.conclusion, run.state, payload.action] | any_of"
# A deployment's problem is its environment, whatever was deployed; a fork may have a branch of the same name.
KEY = (
    "([[repo.id, repo.full_name] | any_of, payload.event, of.id,"
    ' (none if payload.event == "deployment_status" else of.branch),'
    " (head.id if head.id != repo.id else none)] | identity)"
    ' if of.id | any_of not in ["", none] else ""'
)
LOOK = Look(
    names={
        "repo": "payload.repository",
        "run": "payload[payload.event | words] or payload.alert",
        "deployment": "payload.deployment",
        "suite": "run.check_suite",
        "app": "run.app",
        "head": "run.head_repository",
        "advisory": "[run.security_advisory, run.rule] | any_of",
        "package": "(run.dependency | object).package",
        "instance": "run.most_recent_instance",
        "place": "instance.location",
        "commit": "run.head_commit",
        "of": OF,
    },
    facts=[
        ("Result", STATE),
        (
            "Severity",
            "[advisory.security_severity_level, advisory.severity, run.severity] | any_of",
        ),
        ("Repository", "repo.full_name"),
        ("Branch", "[of.branch, instance.ref] | any_of"),
        ("Commit", "([run.head_sha, deployment.sha, instance.commit_sha] | any_of | words)[:12]"),
        ("By", "[(run.actor | object).login, (run.creator | object).login] | any_of"),
        ("Started by", "run.event"),
        ("Attempt", 'run.run_attempt if run.run_attempt != 1 else ""'),
        ("Package", "[[package.ecosystem, package.name] | joined(' '), run.affected_package_name] | any_of"),
        ("Advisory", "[advisory.cve_id, advisory.ghsa_id, advisory.id, run.ghsa_id] | any_of"),
        (
            "Place",
            '[(run.dependency | object).manifest_path, [place.path, place.start_line] | joined(":")] | any_of',
        ),
        ("Since", "[run.completed_at, run.updated_at, run.created_at] | any_of | when"),
    ],
    text=(
        '[commit.message, run.description, (run.output | object).summary, (instance.message | object)["text"]]'
        ' | joined("\\n\\n")'
    ),
    source_link=(
        "[run.html_url, run.target_url, run.log_url, repo.html_url] | any_of"
        ' | absolute("https://github.com/")'
    ),
)


def bodies(body: Any) -> list[Any]:
    """Take failures, successes and alerts; `event` is added, for GitHub names it in a header only."""
    (sent,) = one_object(_unwrapped(body))
    if "zen" in sent or "hook_id" in sent:
        raise NotAnAlert("GitHub's ping arrived: the webhook works.")
    event = next((one for one in RUNS if isinstance(sent.get(one), dict)), "")
    if event:
        _check_outcome(event, sent[event])
        return [{**sent, "event": event}]
    alert = sent.get("alert")
    if isinstance(alert, dict):
        return [{**sent, "event": _kind_of(alert, sent.get("action"))}]
    if "repository" in sent or "sender" in sent or "hook" in sent:
        raise NotAnAlert("This event is neither a run, nor a deployment, nor a security alert.")
    raise Permanent("the body is no event of GitHub: it has neither repository nor sender")


def _unwrapped(body: Any) -> Any:
    """A webhook with the content type of a form has the JSON in a field of it."""
    if not (isinstance(body, dict) and set(body) == {"payload"} and isinstance(body["payload"], str)):
        return body
    try:
        return json.loads(body["payload"])
    except (ValueError, RecursionError) as error:
        raise Permanent("the field payload of the form holds no JSON") from error


def _check_outcome(event: str, run: dict[str, Any]) -> None:
    outcome = run.get("state") if event == "deployment_status" else run.get("conclusion")
    if outcome != "success" and outcome not in FAILED:
        said = outcome or run.get("status") or "unfinished"
        raise NotAnAlert(
            f"The {event.replace('_', ' ')} is {str(said)[:50]}: that is neither failure nor success."
        )


def _kind_of(alert: dict[str, Any], action: Any) -> str:
    if action not in BEGINS and action not in ENDS:
        raise NotAnAlert(f"The action {str(action)[:50]} neither opens nor closes a security alert.")
    return next((kind for field, kind in ALERTS.items() if field in alert), "security_alert")


def example(conclusion: str) -> dict[str, Any]:
    """Return the event of a workflow run on the main branch that ended so."""
    return {
        "action": "completed",
        "workflow_run": {
            "id": 20712345678,
            "name": "Build and test",
            "node_id": "WFR_kwLOAbCdEf8AAAAE0r1Zzg",
            "head_branch": "main",
            "head_sha": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
            "path": ".github/workflows/build.yml",
            "display_title": "Cart totals with discounts",
            "run_number": 812,
            "run_attempt": 1,
            "event": "push",
            "status": "completed",
            "conclusion": conclusion,
            "workflow_id": 9876543,
            "check_suite_id": 31234567890,
            "html_url": "https://github.com/octo-org/shop/actions/runs/20712345678",
            "created_at": "2026-01-05T09:52:00Z",
            "run_started_at": "2026-01-05T09:52:00Z",
            "updated_at": "2026-01-05T10:00:00Z",
            "actor": {"login": "mona", "id": 583231, "type": "User"},
            "triggering_actor": {"login": "mona", "id": 583231, "type": "User"},
            "head_commit": {
                "id": "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d",
                "message": "Cart totals with discounts",
                "timestamp": "2026-01-05T09:51:40Z",
                "author": {"name": "Mona", "email": "mona@example.com"},
            },
            "head_repository": {"id": 1296269, "full_name": "octo-org/shop"},
        },
        "workflow": {"id": 9876543, "name": "Build and test", "path": ".github/workflows/build.yml"},
        "repository": {
            "id": 1296269,
            "name": "shop",
            "full_name": "octo-org/shop",
            "private": True,
            "html_url": "https://github.com/octo-org/shop",
            "default_branch": "main",
        },
        "organization": {"login": "octo-org", "id": 6811672},
        "sender": {"login": "mona", "id": 583231, "type": "User"},
    }


TYPE = IntegrationType(
    slug="github",
    title="GitHub",
    category=Category.DELIVERY,
    summary="Failed workflows, jobs, checks and deployments, and security alerts of repositories.",
    documentation="https://docs.github.com/en/webhooks/webhook-events-and-payloads",
    templates=templates(
        title=(
            f'[[[of.what, of.branch] | joined(" on "), repo.full_name] | joined(" in "), {STATE}] | joined(": ")'
        ),
        grouping_key=KEY,
        resolve=(
            'run.conclusion == "success" or (payload.event == "deployment_status" and run.state == "success")'
            f" or payload.action in {list(ENDS)}"
        ),
        look=LOOK,
    ),
    example_firing=example("failure"),
    example_resolved=example("success"),
    notes=(
        "In the repository or the organisation, open *Settings > Webhooks > Add webhook*, enter the integration's URL, "
        "choose the content type `application/json` and, under *Let me select individual events*, what shall ring: "
        "*Workflow runs* (or *Workflow jobs*, *Check runs*, *Check suites*), *Deployment statuses*, "
        "*Dependabot alerts*, *Code scanning alerts*, *Secret scanning alerts*. The secret belongs into the "
        "signature settings of the integration.\n\n"
        "A workflow, job or check on a branch is one alert group, a deployment one per environment; the next success "
        "resolves it. What is queued, running, skipped or cancelled is answered, but no alert. A security alert is "
        "one alert group, which its fix or dismissal resolves. Route by `payload.workflow_run.head_branch` where only "
        "some branches shall ring.\n"
    ),
    heartbeat_notes=(
        "Let a scheduled workflow call the heartbeat URL as its last step, so that its absence is noticed:\n\n"
        '```yaml\n- run: curl -fsS --max-time 10 --retry 3 -o /dev/null "${{ secrets.TOCSIN_HEARTBEAT_URL }}"\n```\n'
    ),
    bodies=bodies,
)
