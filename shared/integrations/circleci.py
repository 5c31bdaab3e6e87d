"""CircleCI: workflows and jobs that failed, and succeed again."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.finished import check_finished
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

EVENTS = {"workflow-completed": "workflow", "job-completed": "job"}
FAILURES = ("failed", "error", "failing", "infrastructure_fail", "timedout")
# Pipelines of GitHub say their branch in vcs, those of GitLab and of GitHub Apps in the trigger's parameters.
BRANCH = (
    "[vcs.branch, vcs.tag, git.branch, git.tag, (triggered.gitlab | object).branch,"
    " (triggered.github_app | object).branch] | any_of"
)
STATUS = "(payload.job or payload.workflow | object).status"
LOOK = Look(
    names={
        "project": "payload.project",
        "workflow": "payload.workflow",
        "job": "payload.job",
        "pipeline": "payload.pipeline",
        "vcs": "pipeline.vcs",
        "triggered": "pipeline.trigger_parameters",
        "git": "triggered.git",
        "commit": "vcs.commit",
        "author": "commit.author",
    },
    facts=[
        ("Status", STATUS),
        ("Project", "[project.slug, project.name] | any_of"),
        ("Branch or tag", BRANCH),
        ("Workflow", "workflow.name"),
        ("Job", '[job.name, job.number] | joined(" #")'),
        ("Commit", "([vcs.revision, git.checkout_sha] | any_of | words)[:12]"),
        ("By", "author.name"),
        ("Since", "[job.stopped_at, workflow.stopped_at, payload.happened_at] | any_of | when"),
    ],
    text='[commit.subject, commit["body"]] | joined("\\n\\n")',
    source_link=(
        '[workflow.url, "https://app.circleci.com/pipelines/" ~ (project.slug | words) if project.slug else ""]'
        " | any_of | absolute"
    ),
)


def bodies(body: Any) -> list[Any]:
    """Take what failed or succeeded."""
    (sent,) = one_object(body)
    kind = sent.get("type")
    if not isinstance(kind, str):
        raise Permanent("the body has no type, which every event of CircleCI has")
    if kind not in EVENTS:
        raise NotAnAlert(f"The event {kind[:50]} is neither workflow-completed nor job-completed.")
    what = EVENTS[kind]
    run = sent.get(what)
    outcome = run.get("status") if isinstance(run, dict) else None
    check_finished(what, outcome, failures=FAILURES, successes=("success",))
    return [sent]


def example(status: str) -> dict[str, Any]:
    """Return the event of a workflow on the main branch that ended so."""
    return {
        "type": "workflow-completed",
        "id": "3888f21b-eaa7-38e3-8f3d-75a63bba8895",
        "happened_at": "2026-01-05T10:00:00.317Z",
        "webhook": {"id": "cf8c4fdd-0587-4da1-b4ca-4846e9640af9", "name": "Tocsin"},
        "project": {
            "id": "84996744-a854-4f5e-aea3-04e2851dc1d2",
            "name": "shop",
            "slug": "github/example/shop",
        },
        "organization": {"id": "f22b6566-597d-46d5-ba74-99ef5bb3d85c", "name": "example"},
        "workflow": {
            "id": "fda08377-fe7e-46b1-8992-3a7aaecac9c3",
            "name": "build-test-deploy",
            "created_at": "2026-01-05T09:52:03.616Z",
            "stopped_at": "2026-01-05T10:00:00.170Z",
            "url": (
                "https://app.circleci.com/pipelines/github/example/shop/130"
                "/workflows/fda08377-fe7e-46b1-8992-3a7aaecac9c3"
            ),
            "status": status,
        },
        "pipeline": {
            "id": "1285fe1d-d3a6-44fc-8886-8979558254c4",
            "number": 130,
            "created_at": "2026-01-05T09:52:03.544Z",
            "trigger": {"type": "webhook"},
            "vcs": {
                "provider_name": "github",
                "origin_repository_url": "https://github.com/example/shop",
                "target_repository_url": "https://github.com/example/shop",
                "revision": "1dc6aa69429bff4806ad6afe58d3d8f57e25973e",
                "commit": {
                    "subject": "Cart totals with discounts",
                    "body": "Closes #12",
                    "author": {"name": "Ann Example", "email": "ann@example.com"},
                    "authored_at": "2026-01-05T09:51:40Z",
                    "committer": {"name": "Ann Example", "email": "ann@example.com"},
                    "committed_at": "2026-01-05T09:51:40Z",
                },
                "branch": "main",
            },
        },
    }


TYPE = IntegrationType(
    slug="circleci",
    title="CircleCI",
    category=Category.DELIVERY,
    summary="Workflows and jobs that failed.",
    documentation="https://circleci.com/docs/webhooks-reference/",
    templates=templates(
        title=(
            '[[[[workflow.name, job.name] | joined(" / "), '
            f"{BRANCH}"
            '] | joined(" on "), project.name] | joined(" in "), '
            f"{STATUS}"
            '] | joined(": ")'
        ),
        grouping_key=(
            "([[project.id, project.slug] | any_of, payload.type, workflow.name, job.name, "
            f"{BRANCH}"
            '] | identity) if [workflow.name, job.name] | any_of else ""'
        ),
        resolve=f'{STATUS} == "success"',
        look=LOOK,
    ),
    example_firing=example("failed"),
    example_resolved=example("success"),
    notes=(
        "In *Project settings > Webhooks > Add webhook*, enter the integration's URL and tick *Workflow completed* "
        "(or *Job completed*). The secret token belongs into the signature settings of the integration.\n\n"
        "A workflow (or job) on a branch is one alert group; its next success resolves it. A canceled one is "
        "answered, but no alert.\n"
    ),
    bodies=bodies,
)
