"""GitLab: pipelines, jobs, deployments, and the alerts and vulnerabilities of a project."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

# Where the state of an event stands, and which states are a problem, and which the end of one.
STATES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "pipeline": ("object_attributes.status", ("failed",), ("success",)),
    "build": ("build_status", ("failed",), ("success",)),
    "deployment": ("status", ("failed",), ("success",)),
    "alert": ("object_attributes.status", ("triggered", "acknowledged"), ("resolved", "ignored")),
    "vulnerability": ("object_attributes.state", ("detected", "confirmed"), ("resolved", "dismissed")),
}
NAME = "[project.path_with_namespace, payload.project_name, project.name] | any_of"
FAILED_JOBS = '(payload.builds | entries)[:100] | selectattr("status", "equalto", "failed")'
OF = (
    "{"
    '"pipeline": {"what": ["Pipeline", at.name] | joined, "branch": at.ref, "state": at.status,'
    ' "id": [at.ref, at.tag, merge.iid, at.source == "parent_pipeline"] if at.ref else none,'
    ' "url": [at.url, project.web_url ~ "/-/pipelines/" ~ (at.id | words) if project.web_url and at.id else ""]'
    " | any_of},"
    '"build": {"what": ["Job", payload.build_name] | joined, "branch": payload.ref, "state": payload.build_status,'
    ' "id": [payload.ref, payload.tag, payload.build_stage, payload.build_name] if payload.build_name else none,'
    ' "url": ([project.web_url, repository.homepage] | any_of | words) ~ "/-/jobs/" ~ (payload.build_id | words)},'
    '"deployment": {"what": ["Deployment to", payload.environment] | joined, "branch": payload.ref,'
    ' "state": payload.status, "id": payload.environment, "url": payload.deployable_url},'
    '"alert": {"what": at.title, "state": at.status, "id": [at.url, at.title] | any_of, "url": at.url},'
    '"vulnerability": {"what": at.title, "state": at.state, "id": [at.url, at.title] | any_of, "url": at.url}'
    "}[payload.object_kind | words]"
)
KEY = (
    "([[project.id, payload.project_id, at.project_id, project.path_with_namespace] | any_of, payload.object_kind,"
    ' of.id] | identity) if of.id | any_of not in ["", none] else ""'
)
LOOK = Look(
    names={
        "project": "payload.project",
        "repository": "payload.repository",
        "at": "payload.object_attributes",
        "merge": "payload.merge_request",
        "commit": "payload.commit",
        "user": "payload.user",
        "of": OF,
    },
    facts=[
        ("State", "of.state"),
        ("Severity", "at.severity"),
        ("Project", NAME),
        ("Branch or tag", "of.branch"),
        ("Failed jobs", f'{FAILED_JOBS} | map(attribute="name") | list'),
        (
            "Reason",
            f'[payload.build_failure_reason, {FAILED_JOBS} | map(attribute="failure_reason") | list] | any_of',
        ),
        ("Stage", "payload.build_stage"),
        ("Tier", "payload.environment_tier"),
        ("Started by", '[at.source, user.name] | joined(", ")'),
        (
            "Since",
            "[at.finished_at, payload.build_finished_at, payload.status_changed_at, at.started_at] | any_of | when",
        ),
        ("Events", "at.events"),
        ("Found by", "at.report_type"),
    ],
    text="[commit.title, commit.message, payload.commit_title, at.description] | any_of",
    links=[
        ("Commit", "[commit.url, payload.commit_url] | any_of"),
        ("Environment", "payload.environment_external_url"),
    ],
    source_link="[of.url, project.web_url] | any_of | absolute(base_url)",
)


def bodies(body: Any) -> list[Any]:
    """Take what failed or is well again."""
    (sent,) = one_object(body)
    kind = sent.get("object_kind")
    if not kind and "event_name" not in sent:
        raise Permanent("the body has no object_kind, which every event of GitLab has")
    if not isinstance(kind, str) or kind not in STATES:
        said = str(kind or sent.get("event_name"))[:50]
        raise NotAnAlert(f"The event {said} is neither pipeline, job, deployment, alert nor vulnerability.")
    path, problems, ends = STATES[kind]
    state = _at(sent, path)
    if state not in problems and state not in ends:
        raise NotAnAlert(f"The {kind} is {str(state)[:50]}: that is neither failure nor success.")
    if kind == "build" and state == "failed" and sent.get("build_allow_failure") is True:
        raise NotAnAlert("The job failed, and is allowed to.")
    return [sent]


def _at(sent: dict[str, Any], path: str) -> Any:
    value: Any = sent
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def example(status: str) -> dict[str, Any]:
    """Return the event of a pipeline on the main branch that ended so."""
    is_well = status == "success"
    job = {
        "id": 380,
        "stage": "test",
        "name": "unit-tests",
        "status": status,
        "created_at": "2026-01-05 09:52:00 UTC",
        "started_at": "2026-01-05 09:53:00 UTC",
        "finished_at": "2026-01-05 10:00:00 UTC",
        "failure_reason": None if is_well else "script_failure",
        "when": "on_success",
        "manual": False,
        "allow_failure": False,
    }
    return {
        "object_kind": "pipeline",
        "object_attributes": {
            "id": 2366,
            "iid": 31,
            "name": "Build and test",
            "ref": "main",
            "tag": False,
            "sha": "bcbb5ec396a2c0f828686f14fac9b80b780504f2",
            "before_sha": "3c7fd1a60b01f91b314f59955a4e4d4e80d8edf1",
            "source": "push",
            "status": status,
            "detailed_status": "passed" if is_well else "failed",
            "stages": ["build", "test", "deploy"],
            "created_at": "2026-01-05 09:52:00 UTC",
            "finished_at": "2026-01-05 10:00:00 UTC",
            "duration": 480,
            "queued_duration": 4,
            "url": "https://gitlab.example.com/shop/cart/-/pipelines/2366",
        },
        "merge_request": None,
        "user": {"id": 3, "name": "Ann Example", "username": "ann"},
        "project": {
            "id": 380,
            "name": "Cart",
            "web_url": "https://gitlab.example.com/shop/cart",
            "namespace": "Shop",
            "path_with_namespace": "shop/cart",
            "default_branch": "main",
        },
        "commit": {
            "id": "bcbb5ec396a2c0f828686f14fac9b80b780504f2",
            "title": "Cart totals with discounts",
            "message": "Cart totals with discounts\n",
            "timestamp": "2026-01-05T09:51:40Z",
            "url": "https://gitlab.example.com/shop/cart/-/commit/bcbb5ec396a2c0f828686f14fac9b80b780504f2",
            "author": {"name": "Ann Example", "email": "ann@example.com"},
        },
        "builds": [job],
    }


TYPE = IntegrationType(
    slug="gitlab",
    title="GitLab",
    category=Category.DELIVERY,
    summary="Failed pipelines, jobs and deployments, and alerts and vulnerabilities of projects.",
    documentation="https://docs.gitlab.com/user/project/integrations/webhook_events/",
    templates=templates(
        title=f'[[[of.what, of.branch] | joined(" on "), {NAME}] | joined(" in "), of.state] | joined(": ")',
        grouping_key=KEY,
        resolve='of.state in ["success", "resolved", "ignored", "dismissed"]',
        acknowledge='payload.object_kind == "alert" and of.state == "acknowledged"',
        look=LOOK,
    ),
    example_firing=example("failed"),
    example_resolved=example("success"),
    notes=(
        "In the project or group, open *Settings > Webhooks > Add new webhook*, enter the integration's URL, and tick "
        "what shall ring: *Pipeline events* (or *Job events*), *Deployment events*, *Vulnerability events*.\n\n"
        "The pipelines of a branch or tag are one alert group, so are a job on a branch and an environment that is "
        "deployed to; the next success resolves it. What is pending, running, skipped or canceled, a job that may "
        "fail, and every other event (pushes, merge requests, comments) is answered, but no alert. Alerts of GitLab's "
        "incident management are acknowledged and resolved as they are there.\n"
    ),
    heartbeat_notes=(
        "Let the last job of a scheduled pipeline call the heartbeat URL, so that its absence is noticed: "
        '`curl -fsS --max-time 10 --retry 3 -o /dev/null "$TOCSIN_HEARTBEAT_URL"`.\n'
    ),
    bodies=bodies,
)
