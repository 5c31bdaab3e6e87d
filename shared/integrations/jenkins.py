"""Jenkins: builds that failed, told by the Notification plugin or by a step of a pipeline."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.finished import check_finished
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

FAILURES = ("failure", "unstable", "regression")
SUCCESSES = ("success", "fixed")
UNFINISHED = ("QUEUED", "STARTED")
PIPELINE = """\
post {
    always {
        script {
            def told = [name: env.JOB_NAME, url: env.JOB_URL, build: [number: env.BUILD_NUMBER, phase: 'FINALIZED',
                status: currentBuild.currentResult, full_url: env.BUILD_URL, scm: [branch: env.GIT_BRANCH]]]
            httpRequest url: env.TOCSIN_URL, httpMode: 'POST', contentType: 'APPLICATION_JSON', quiet: true,
                requestBody: groovy.json.JsonOutput.toJson(told)
        }
    }
}
"""
# The address of a job is unique in one Jenkins, and what stands before it in a build's address tells which one.
ROOT = '((build.full_url | words).split(payload.url | words)[0] if payload.url | words else "")'
LOOK = Look(
    names={"build": "payload.build", "scm": "build.scm", "tests": "build.test_summary"},
    facts=[
        ("Result", "build.status"),
        ("Job", "[payload.display_name, payload.name] | any_of"),
        ("Build", "[build.display_name, build.number] | any_of"),
        ("Branch", "scm.branch"),
        ("Commit", "(scm.commit | words)[:12]"),
        ("Failed tests", '[tests.failed, tests.total] | joined(" of ")'),
        ("Tests", "(tests.failed_tests or tests.failedTests) | entries"),
        ("Changed by", "scm.culprits"),
        ("Since", "build.timestamp | when"),
    ],
    text='[build.notes, build.log[-1500:] if build.log is string else ""] | joined("\\n\\n")',
    source_link=(
        "[build.full_url, build.url, payload.url] | any_of | absolute([payload.root_url, base_url] | any_of)"
    ),
)


def bodies(body: Any) -> list[Any]:
    """Take how a build ended."""
    (sent,) = one_object(body)
    build = sent.get("build")
    if not isinstance(build, dict):
        raise Permanent("the body has no object build, which the Notification plugin always sends")
    if build.get("phase") in UNFINISHED:
        raise NotAnAlert("The build was queued or started.")
    check_finished("build", build.get("status"), failures=FAILURES, successes=SUCCESSES)
    return [sent]


def example(status: str) -> dict[str, Any]:
    """Return what the plugin posts of a build that ended so."""
    return {
        "name": "main",
        "display_name": "main",
        "url": "job/shop/job/main/",
        "build": {
            "full_url": "https://jenkins.example.com/job/shop/job/main/812/",
            "number": 812,
            "queue_id": 3391,
            "timestamp": 1767607200000,
            "duration": 480000,
            "phase": "FINALIZED",
            "status": status,
            "url": "job/shop/job/main/812/",
            "scm": {
                "url": "https://git.example.com/shop.git",
                "branch": "main",
                "commit": "1dc6aa69429bff4806ad6afe58d3d8f57e25973e",
                "changes": ["cart/totals.py"],
                "culprits": ["ann"],
            },
            "notes": "",
            "log": "AssertionError: total is 42\nFinished: FAILURE\n" if status == "FAILURE" else "",
            "test_summary": {
                "total": 120,
                "failed": int(status == "FAILURE"),
                "passed": 119,
                "skipped": 0,
                "failed_tests": ["tests.cart.test_totals"] if status == "FAILURE" else [],
            },
            "artifacts": {},
        },
    }


TYPE = IntegrationType(
    slug="jenkins",
    title="Jenkins",
    category=Category.DELIVERY,
    summary="Builds that failed or became unstable.",
    documentation="https://plugins.jenkins.io/notification/",
    templates=templates(
        title=(
            '[[[(payload.url | words).replace("/job/", "/").replace("job/", "").strip("/")'
            ' if (payload.url | words).startswith("job/") else payload.name, payload.name] | any_of,'
            ' build.number] | joined(" #"), build.status] | joined(": ")'
        ),
        grouping_key=(
            f"([{ROOT}, [payload.url, payload.name] | any_of] | identity)"
            ' if [payload.url, payload.name] | any_of else ""'
        ),
        resolve=f"build.status | words | lower in {list(SUCCESSES)}",
        look=LOOK,
    ),
    example_firing=example("FAILURE"),
    example_resolved=example("SUCCESS"),
    notes=(
        "With the plugin *Notification*: in each job, under *Job Notifications > Add endpoint*, choose the format "
        "*JSON*, the protocol *HTTP*, the event *Job Finalized* (not *failed*, which never says that it is over), "
        "and the integration's URL, best as a secret credential.\n\n"
        "In a pipeline, with the plugin *HTTP Request* and the URL in `TOCSIN_URL` (from a secret):\n\n"
        f"```groovy\n{PIPELINE}```\n\n"
        "A job is one alert group (in a multibranch pipeline each branch is a job); its next success resolves it. "
        "What is queued, started or aborted is answered, but no alert.\n"
    ),
    heartbeat_notes=(
        "Let a job with the schedule `H/5 * * * *` call the heartbeat URL "
        "(`curl -fsS --max-time 10 -o /dev/null <the heartbeat URL>`): it stops when Jenkins does, or its queue.\n"
    ),
    bodies=bodies,
)
