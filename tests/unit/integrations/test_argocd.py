"""Argo CD's applications: one group each, whatever is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.argocd import example
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "argocd"
SICK, WELL = example(is_well=False), example(is_well=True)


def app(health: str, phase: str, message: str = "") -> dict[str, Any]:
    status = {
        **SICK["status"],
        "health": {"status": health},
        "operationState": {"phase": phase, "message": message},
    }
    return {**SICK, "status": status}


def commit_status(state: str) -> dict[str, Any]:
    """The body of Argo CD's own example."""
    url = "https://argocd.example.com/applications/shop"
    return {"state": state, "description": "ArgoCD", "target_url": url, "context": "continuous-delivery/shop"}


@pytest.mark.parametrize(
    ("firing", "resolved"),
    [
        (SICK, WELL),
        (app("Healthy", "Failed"), app("Healthy", "Succeeded")),
        (app("Degraded", "Succeeded"), app("Healthy", "Succeeded")),
        ({"app": SICK}, {"app": WELL}),
        (commit_status("error"), commit_status("success")),
    ],
)
def test_healthy_and_synced_resolves(firing: Any, resolved: Any) -> None:
    assert_resolves(SLUG, firing, resolved)


def test_a_sync_that_succeeds_does_not_resolve_while_the_health_is_bad() -> None:
    assert routed(SLUG, app("Degraded", "Succeeded")).resolve is False


def test_the_title_says_what_is_wrong() -> None:
    assert routed(SLUG, SICK).title == "Application shop is Degraded"
    assert routed(SLUG, app("Healthy", "Failed")).title == "Application shop: Sync Failed"
    assert routed(SLUG, commit_status("error")).title == "Application shop: Sync Failed"


def test_the_message_says_where_since_when_and_links() -> None:
    assert_says(
        SLUG,
        SICK,
        "https://kubernetes.default.svc, namespace shop",
        "https://git.example.com/deploy.git",
        "2026-01-05 10:00:00 UTC",
        "https://argocd.example.com/applications/argocd/shop",
    )
    assert_says(SLUG, app("Healthy", "Error", "one or more objects failed to apply"), "failed to apply")
    assert_says(SLUG, commit_status("error"), "https://argocd.example.com/applications/shop")


def test_applications_namespaces_and_servers_are_apart() -> None:
    assert_apart(
        SLUG,
        SICK,
        {**SICK, "metadata": {"name": "cart", "namespace": "argocd"}},
        {**SICK, "metadata": {"name": "shop", "namespace": "team-a"}},
        {**SICK, "argocdUrl": "https://argocd.other.example.com"},
    )


@pytest.mark.parametrize(
    "body", [app("Healthy", "Running"), app("Progressing", "Succeeded"), commit_status("pending")]
)
def test_a_sync_under_way_is_no_alert(body: Any) -> None:
    assert_no_alert(SLUG, body, "being synced")


def test_a_body_that_names_no_application_is_refused() -> None:
    with pytest.raises(Permanent, match="names no application"):
        type_of(SLUG).split({"status": {}})
