"""What each integration type makes of the bodies its sender really writes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.configuration import Integration
from shared.domain.model import Alert
from shared.domain.routing import route
from shared.domain.template_jobs import Routed, RouteJob, digest
from shared.errors import Permanent
from shared.integrations import by_slug
from shared.integrations.integration_type import IntegrationType
from shared.templates import evaluate

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def type_of(slug: str) -> IntegrationType:
    found = by_slug(slug)
    assert found is not None
    return found


def routed(slug: str, body: Any) -> Routed:
    (payload,) = type_of(slug).split(body)
    alert = Alert(id="A1", integration_id="C1", received_at=NOON, payload=payload)
    integration = Integration(id="C1", name="prod", type=slug, token_digest="x")
    return route(RouteJob(alert=alert, integration=integration), NOON)


def shown(slug: str, medium: str, part: str, payload: Any) -> str:
    template = type_of(slug).templates[medium]
    assert isinstance(template, dict)
    return evaluate(template[part] or "", {"payload": payload, "source_link": "", "web_title": "T"})


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ({"groupLabels": {"alertname": "DiskFull"}}, "DiskFull"),
        ({"groupLabels": {"alertname": "DiskFull", "job": "node", "dc": "eu"}}, "DiskFull (node, eu)"),
        ({"groupLabels": {"job": "node"}, "commonLabels": {"alertname": "DiskFull"}}, "DiskFull (node)"),
        ({"labels": {"alertname": "Old"}}, "Old"),
        ({"title": "[FIRING:1] DiskFull"}, "[FIRING:1] DiskFull"),
        ({}, "Alert from prod"),
    ],
)
def test_alertmanager_title_is_the_alert_name_with_the_other_group_labels(body: Any, title: str) -> None:
    assert routed("alertmanager", body).title == title


def test_alertmanager_groups_by_its_group_key_only() -> None:
    assert routed("alertmanager", {"groupKey": "{}:{a}"}).grouping_digest == digest("{}:{a}")
    for without in ({}, {"groupKey": None}, {"groupKey": " "}):
        found = routed("alertmanager", without)
        assert (found.grouping_key, found.grouping_digest) == (None, digest("A1"))
        assert found.grouping_reason.startswith("not grouped: ")


@pytest.mark.parametrize(
    ("status", "resolve"), [("resolved", True), ("firing", False), ("Resolved", False), (None, False)]
)
def test_alertmanager_resolves_when_its_status_says_exactly_so(status: Any, resolve: bool) -> None:
    assert routed("alertmanager", {"status": status}).resolve is resolve


def test_alertmanager_alerts_are_counted_unless_the_sender_did() -> None:
    alerts = [{"status": "firing"}, {"status": "firing"}, {"status": "resolved"}, {}, 5]

    (counted,) = type_of("alertmanager").split({"alerts": alerts})
    (as_sent,) = type_of("alertmanager").split({"alerts": alerts, "numFiring": 9})

    assert (counted["numFiring"], counted["numResolved"]) == (2, 1)
    assert (as_sent["numFiring"], "numResolved" in as_sent) == (9, False)


def test_alertmanager_message_tells_state_counts_runbooks_and_labels_once() -> None:
    body = {
        "status": "firing",
        "alerts": [
            {
                "status": "firing",
                "labels": {"severity": "warning", "job": "node", "instance": "db1"},
                "annotations": {"summary": "full"},
                "startsAt": "2026-01-05T10:00:00Z",
            }
        ],
        "groupLabels": {"severity": "warning"},
        "commonLabels": {"severity": "warning", "job": "node"},
        "commonAnnotations": {"runbook_url": "https://r.example.com/1", "summary": "full"},
    }
    (payload,) = type_of("alertmanager").split(body)

    assert shown("alertmanager", "web", "message", payload) == (
        "Severity: warning :warning:\n"
        "Status: firing :fire: (on the source)\n"
        "Firing alerts – 1\n"
        "Resolved alerts – 0\n"
        ":green_book: [Runbook](https://r.example.com/1)\n"
        "\n"
        "GroupLabels:\n- severity: warning\n"
        "\n"
        "CommonLabels:\n- severity: warning\n- job: node\n"
        "\n"
        "Annotations:\n- summary: full\n"
        "\n"
        "Alerts:\n- :fire: instance: db1 – full (since 2026-01-05 10:00:00 UTC)"
    )


def test_a_phone_hears_the_values_of_the_group_labels() -> None:
    assert (
        shown("alertmanager", "phone_call", "title", {"groupLabels": {"alertname": "A", "dc": "eu"}})
        == "A, eu"
    )


def test_webhook_alerts_of_one_uid_are_one_group_and_ok_resolves_it() -> None:
    firing = routed("webhook", {"alert_uid": "u", "state": "alerting", "value": 1})
    resolved = routed("webhook", {"alert_uid": "u", "state": "OK", "value": 0})

    assert firing.grouping_digest == resolved.grouping_digest == digest("u")
    assert (firing.resolve, resolved.resolve) == (False, True)


def test_webhook_without_uid_groups_by_title_then_by_the_body_without_its_state() -> None:
    assert routed("webhook", {"title": "T", "state": "ok"}).grouping_key == "T"
    assert routed("webhook", {"host": "a", "state": "alerting"}).grouping_key == "{'host': 'a'}"
    assert (
        routed("webhook", {"host": "a", "state": "ok"}).grouping_key
        == routed("webhook", {"host": "a"}).grouping_key
    )
    assert routed("webhook", [1]).grouping_key == "[1]"


def test_formatted_webhook_reads_its_six_fields() -> None:
    body = {"alert_uid": "u", "title": "T", "state": "alerting", "link_to_upstream_details": "https://x"}

    found = routed("formatted_webhook", body)

    assert (found.grouping_key, found.title, found.resolve) == ("u", "T", False)
    assert routed("formatted_webhook", {}).grouping_key is None
    assert routed("formatted_webhook", {"alert_uid": 0}).grouping_key == "0"
    assert routed("formatted_webhook", {}).title == "Alert from prod"


@pytest.mark.parametrize("slug", ["alertmanager", "grafana_alerting", "formatted_webhook"])
@pytest.mark.parametrize(
    ("body", "kind"),
    [([], "a list"), ("x", "a text"), (1, "a number"), (None, "null"), (True, "true or false")],
)
def test_types_that_need_an_object_refuse_anything_else_by_name(slug: str, body: Any, kind: str) -> None:
    with pytest.raises(Permanent, match=f"must be a JSON object, not {kind}"):
        type_of(slug).split(body)
