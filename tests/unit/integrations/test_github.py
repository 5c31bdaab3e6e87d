"""GitHub's events: failures and successes of one workflow, job, check or environment, and security alerts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.github import example
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "github"
REPOSITORY = {"id": 1296269, "full_name": "octo-org/shop", "html_url": "https://github.com/octo-org/shop"}


def event(action: str, **fields: Any) -> dict[str, Any]:
    return {"action": action, "repository": REPOSITORY, "sender": {"login": "mona"}, **fields}


def job(conclusion: str, **fields: Any) -> dict[str, Any]:
    run = {
        "id": 29679449526,
        "workflow_name": "Build and test",
        "name": "unit",
        "head_branch": "main",
        "status": "completed",
        "conclusion": conclusion,
        "completed_at": "2026-01-05T10:00:00Z",
        "html_url": "https://github.com/octo-org/shop/actions/runs/1/job/29679449526",
        **fields,
    }
    return event("completed", workflow_job=run)


def check_run(conclusion: str, **fields: Any) -> dict[str, Any]:
    run = {
        "id": 128620228,
        "name": "Octocoders-linter",
        "status": "completed",
        "conclusion": conclusion,
        "check_suite": {"id": 118578147, "head_branch": "main"},
        "app": {"id": 29310, "slug": "octocoders", "name": "Octocoders"},
        "html_url": "https://github.com/octo-org/shop/runs/128620228",
        "output": {"title": "Found 3 problems", "summary": "3 warnings"},
        **fields,
    }
    return event("completed", check_run=run)


def check_suite(conclusion: str, **fields: Any) -> dict[str, Any]:
    suite = {
        "id": 118578147,
        "head_branch": "main",
        "status": "completed",
        "conclusion": conclusion,
        "app": {"id": 29310, "slug": "octocoders", "name": "Octocoders"},
        **fields,
    }
    return event("completed", check_suite=suite)


def deployment(state: str, environment: str = "production") -> dict[str, Any]:
    status = {"id": 7, "state": state, "environment": environment, "target_url": "https://ci.example.com/7"}
    made = {"id": 145988746, "ref": "main", "environment": environment, "sha": "f95f852b"}
    # Runs that stand beside it are of this event too.
    return event(
        "created",
        deployment_status=status,
        deployment=made,
        workflow_run={"conclusion": None},
        check_run=None,
    )


ALERTS = {
    "dependabot_alert": {
        "number": 2,
        "state": "open",
        "dependency": {
            "package": {"ecosystem": "pip", "name": "django"},
            "manifest_path": "requirements.txt",
        },
        "security_advisory": {
            "ghsa_id": "GHSA-rf4j-j272-fj86",
            "cve_id": "CVE-2018-6188",
            "summary": "Django allows remote attackers to obtain information",
            "severity": "high",
        },
        "html_url": "https://github.com/octo-org/shop/security/dependabot/2",
        "created_at": "2026-01-05T10:00:00Z",
    },
    "code_scanning_alert": {
        "number": 10,
        "rule": {
            "id": "Style/FrozenStringLiteralComment",
            "severity": "note",
            "description": "Add a magic comment",
        },
        "tool": {"name": "Rubocop"},
        "most_recent_instance": {"ref": "refs/heads/main", "location": {"path": "a.rb", "start_line": 1}},
        "html_url": "https://github.com/octo-org/shop/security/code-scanning/10",
    },
    "secret_scanning_alert": {
        "number": 0,
        "secret_type": "mailchimp_api_key",
        "secret_type_display_name": "Mailchimp API Key",
        "secret": "XXXXXXXXXXXXXXXX-us2",
        "html_url": "https://github.com/octo-org/shop/security/secret-scanning/0",
    },
    "repository_vulnerability_alert": {
        "id": 91095730,
        "affected_package_name": "rack",
        "severity": "moderate",
    },
}
MAKERS = [example, job, check_run, check_suite, deployment]


@pytest.mark.parametrize("make", MAKERS)
def test_a_success_resolves_the_failure(make: Any) -> None:
    assert_resolves(SLUG, make("failure"), make("success"))


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (example("failure"), "Build and test on main in octo-org/shop: failure"),
        (job("timed_out"), "Build and test / unit on main in octo-org/shop: timed_out"),
        (check_run("failure"), "Octocoders-linter on main in octo-org/shop: failure"),
        (check_suite("failure"), "Checks of Octocoders on main in octo-org/shop: failure"),
        (deployment("error"), "Deployment to production on main in octo-org/shop: error"),
    ],
)
def test_the_title_names_what_failed_and_where(body: Any, title: str) -> None:
    assert routed(SLUG, body).title == title


def test_problems_of_other_kinds_branches_forks_and_repositories_are_apart() -> None:
    first = example("failure")
    run = first["workflow_run"]

    assert_apart(
        SLUG,
        first,
        {**first, "workflow_run": {**run, "head_branch": "dev"}},
        {**first, "workflow_run": {**run, "workflow_id": 1}},
        {**first, "workflow_run": {**run, "head_repository": {"id": 2}}},
        {**first, "repository": {"id": 3, "full_name": "octo-org/other"}},
        job("failure"),
        job("failure", name="lint"),
        check_run("failure"),
        check_suite("failure"),
        deployment("failure"),
        deployment("failure", "staging"),
    )


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("outcome", ["cancelled", "skipped", "neutral", "pending", None, ["failure"], 1])
def test_what_neither_failed_nor_succeeded_is_no_alert(make: Any, outcome: Any) -> None:
    assert_no_alert(SLUG, make(outcome), "neither failure nor success")


@pytest.mark.parametrize("kind", sorted(ALERTS))
@pytest.mark.parametrize("end", ["fixed", "dismissed", "resolved"])
def test_a_security_alert_is_over_when_it_is_fixed_or_dismissed(kind: str, end: str) -> None:
    alert = ALERTS[kind]

    assert_resolves(SLUG, event("created", alert=alert), event(end, alert=alert))
    assert_apart(SLUG, event("created", alert=alert), event("created", alert={**alert, "number": 5, "id": 5}))


def test_security_alerts_say_what_where_and_how_bad_and_never_the_secret() -> None:
    assert_says(
        SLUG,
        event("created", alert=ALERTS["dependabot_alert"]),
        "Django allows remote attackers to obtain information in django in octo-org/shop: open",
        "high",
        "pip django",
        "CVE-2018-6188",
        "requirements.txt",
        "2026-01-05 10:00:00 UTC",
        "https://github.com/octo-org/shop/security/dependabot/2",
    )
    assert_says(SLUG, event("created", alert=ALERTS["code_scanning_alert"]), "Add a magic comment", "a.rb:1")
    assert_says(SLUG, event("created", alert=ALERTS["secret_scanning_alert"]), "Mailchimp API Key")
    with pytest.raises(AssertionError):
        assert_says(SLUG, event("created", alert=ALERTS["secret_scanning_alert"]), "XXXX")


def test_pings_and_other_events_are_no_alerts() -> None:
    assert_no_alert(SLUG, {"zen": "Design for failure.", "hook_id": 1, "hook": {}}, "ping")
    assert_no_alert(SLUG, event("opened", pull_request={}), "neither a run")
    assert_no_alert(SLUG, {"ref": "refs/heads/main", "repository": REPOSITORY, "pusher": {}}, "neither a run")
    assert_no_alert(
        SLUG, event("assigned", alert=ALERTS["secret_scanning_alert"]), "neither opens nor closes"
    )


def test_a_form_is_read_as_its_json() -> None:
    assert (
        routed(SLUG, {"payload": json.dumps(example("failure"))}).title
        == routed(SLUG, example("failure")).title
    )
    for wrong in ("{", "[" * 100_000):
        with pytest.raises(Permanent):
            type_of(SLUG).split({"payload": wrong})
    with pytest.raises(Permanent, match="no event of GitHub"):
        type_of(SLUG).split({})
