"""Kubernetes' events of both APIs: a reason at an object is one group."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.kubernetes_events import ENDS, example
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "kubernetes_events"
WARNING = example(is_well=False)


def of_new_api(reason: str, kind: str = "Warning", **fields: Any) -> dict[str, Any]:
    """An event of events.k8s.io/v1."""
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": "node-7.17d2", "namespace": "default"},
        "type": kind,
        "reason": reason,
        "note": "Back-off restarting failed container",
        "eventTime": "2026-01-05T10:00:00.000000Z",
        "reportingController": "kubelet",
        "reportingInstance": "node-7",
        "series": {"count": 4, "lastObservedTime": "2026-01-05T10:09:00.000000Z"},
        "regarding": {"kind": "Node", "name": "node-7", "uid": "node-7"},
        **fields,
    }


@pytest.mark.parametrize(("end", "problem"), ENDS.items())
def test_what_ends_a_problem_resolves_it(end: str, problem: str) -> None:
    assert_resolves(SLUG, of_new_api(problem), of_new_api(end, "Normal"))


def test_a_pod_that_finds_a_node_resolves() -> None:
    assert_resolves(SLUG, WARNING, example(is_well=True))


def test_a_lost_node_is_an_alert_though_its_event_is_normal() -> None:
    assert routed(SLUG, of_new_api("NodeNotReady", "Normal")).resolve is False


def test_it_says_what_where_and_since_when() -> None:
    assert routed(SLUG, WARNING).title == "FailedScheduling: Pod shop/cart-7d4b9c6f5-x2x8k in prod-eu-1"
    assert_says(
        SLUG, WARNING, "6 Insufficient memory", "2026-01-05 10:00:00 UTC", "default-scheduler", "app: cart"
    )
    assert_says(
        SLUG,
        of_new_api("BackOff"),
        "BackOff: Node node-7",
        "Back-off restarting",
        "kubelet on node-7",
        "2026-01-05 10:09:00 UTC",
        "**Times:** 4",
    )


def test_objects_reasons_namespaces_and_clusters_are_apart() -> None:
    about = WARNING["involvedObject"]

    assert_apart(
        SLUG,
        WARNING,
        {**WARNING, "reason": "BackOff"},
        {**WARNING, "clusterName": "other"},
        *({**WARNING, "involvedObject": {**about, name: "other"}} for name in ("name", "namespace", "kind")),
    )


def test_the_repeats_of_an_event_are_one_group() -> None:
    again = {
        **WARNING,
        "count": 9,
        "metadata": {"name": "other", "uid": "other"},
        "lastTimestamp": "2026-01-05T11:00:00Z",
    }

    assert routed(SLUG, again).grouping_digest == routed(SLUG, WARNING).grouping_digest


def test_lists_and_watches_are_read() -> None:
    assert len(type_of(SLUG).split([WARNING, of_new_api("Pulled", "Normal"), of_new_api("BackOff")])) == 2
    assert len(type_of(SLUG).split({"kind": "EventList", "items": [WARNING, WARNING]})) == 2
    assert (
        routed(SLUG, {"type": "ADDED", "object": WARNING}).grouping_key == routed(SLUG, WARNING).grouping_key
    )


def test_good_news_is_no_alert_and_what_is_no_event_is_refused() -> None:
    assert_no_alert(SLUG, of_new_api("Pulled", "Normal"), "neither a warning")
    for wrong in ({}, {"reason": ["x"], "involvedObject": {"name": "x"}}, {"reason": "x"}):
        with pytest.raises(Permanent, match="reason"):
            type_of(SLUG).split(wrong)
