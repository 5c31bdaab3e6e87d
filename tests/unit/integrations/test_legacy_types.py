"""The legacy types take the bodies of their modern ones and read each inner alert by itself."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.integration_type import NotAnAlert
from shared.integrations.legacy_body import example
from tests.unit.integrations.bodies import card, routed, type_of

SLUGS = ["legacy_alertmanager", "legacy_grafana_alerting"]


def two_hosts() -> dict[str, Any]:
    body = example("firing")
    first = body["alerts"][0]
    second = {**first, "labels": {**first["labels"], "instance": "db2:9100"}, "fingerprint": "d2"}
    return {**body, "alerts": [first, second]}


@pytest.mark.parametrize("slug", SLUGS)
def test_each_inner_alert_is_a_payload_of_its_own_and_tracked(slug: str) -> None:
    parts = type_of(slug).parts(two_hosts(), each_instance=False)

    assert [one.payload["labels"]["instance"] for one in parts] == ["db1:9100", "db2:9100"]
    assert [one.instance for one in parts] == ["c6f1b2a3d4e5f607", "d2"]
    assert type_of(slug).split(two_hosts()) == [one.payload for one in parts]


def test_alertmanagers_labels_are_the_group_in_the_text_known_before() -> None:
    labels = example("firing")["alerts"][0]["labels"]

    assert routed("legacy_alertmanager", example("firing")).grouping_key == str(labels)
    assert routed("legacy_alertmanager", {"labels": {}, "status": "firing"}).grouping_key is None


def test_grafanas_rule_is_the_group_in_the_text_known_before() -> None:
    assert routed("legacy_grafana_alerting", example("firing")).grouping_key == "DiskFull"
    assert routed("legacy_grafana_alerting", {"labels": {"host": "db1"}}).grouping_key is None


@pytest.mark.parametrize("slug", SLUGS)
def test_an_alert_says_what_where_how_bad_and_since_when(slug: str) -> None:
    shown = card(slug, example("firing"))

    assert routed(slug, example("firing")).title == "DiskFull"
    for text in ("critical", "firing", "prod-eu-1, db1:9100", "2026-01-05 10:00:00 UTC", "nearly full"):
        assert text in shown.message
    assert shown.source_link == "https://prometheus.example.com/graph?g0.expr=node_filesystem_avail_bytes"
    assert card(slug, example("firing"), "sms").title == "DiskFull: Disk /var on db1 is nearly full"
    assert routed(slug, example("resolved")).resolve


@pytest.mark.parametrize("slug", SLUGS)
def test_bodies_that_hold_no_alerts_are_told_so(slug: str) -> None:
    with pytest.raises(NotAnAlert):
        type_of(slug).split({"alerts": []})
    with pytest.raises(Permanent, match='"alerts" must be a list'):
        type_of(slug).split({"alerts": "x"})
    with pytest.raises(Permanent, match="JSON objects"):
        type_of(slug).split({"alerts": [1]})
