"""Netdata: alerts of the cloud and of agents, and nodes that are not reachable."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.netdata import example
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "netdata"


def reachability(is_reachable: bool, host: str = "web1") -> dict[str, Any]:
    text = "reachable" if is_reachable else "unreachable"
    return {
        "message": f"{host} is {text}",
        "url": f"https://app.netdata.cloud/spaces/shop/rooms/all/nodes/{host}",
        "host": host,
        "severity": "info" if is_reachable else "critical",
        "status": {"reachable": is_reachable, "text": text},
    }


def agent(status: str, **fields: str) -> dict[str, str]:
    """What the sender of the notes posts as a form."""
    return {
        "host": "web1",
        "alarm": "10min_cpu_usage",
        "chart": "system.cpu",
        "status": status,
        "old_status": "WARNING",
        "value": "96.3%",
        "info": "average CPU utilization",
        "when": "1767607200",
        "url": "https://registry.my-netdata.io/redirect",
        **fields,
    }


@pytest.mark.parametrize(
    ("firing", "resolved"),
    [
        (example("critical"), example("clear")),
        (example("warning"), example("clear")),
        (reachability(False), reachability(True)),
        (agent("CRITICAL"), agent("CLEAR", old_status="CRITICAL", value="12%")),
    ],
)
def test_what_is_clear_or_reachable_again_resolves(firing: Any, resolved: Any) -> None:
    assert_resolves(SLUG, firing, resolved)


def test_the_title_names_the_node_and_the_alert() -> None:
    assert routed(SLUG, example("critical")).title == "web1 10min_cpu_usage is critical"
    assert routed(SLUG, reachability(False)).title == "web1 is unreachable"
    assert routed(SLUG, agent("CRITICAL")).title == "10min_cpu_usage on web1 is critical"
    assert routed(SLUG, {"alert": "disk_full", "severity": "warning"}).title == "disk_full is warning"


def test_the_message_says_how_bad_since_when_and_links() -> None:
    assert_says(
        SLUG, example("critical"), "system.cpu", "2026-01-05 10:00:00 UTC", "/rooms/all-nodes/alerts/"
    )
    assert_says(
        SLUG, agent("CRITICAL"), "warning → critical", "96.3%", "2026-01-05 10:00:00 UTC", "my-netdata.io"
    )
    assert_says(SLUG, reachability(False), "unreachable", "/nodes/web1")


def test_nodes_charts_and_spaces_are_apart() -> None:
    first = example("critical")

    assert_apart(
        SLUG,
        first,
        {**first, "alert_url": "https://app.netdata.cloud/spaces/shop/rooms/all-nodes/alerts/other"},
        {**first, "chart": "cgroup.cpu"},
        {**first, "space": "other"},
        reachability(False),
        reachability(False, "web2"),
        agent("CRITICAL"),
        agent("CRITICAL", host="web2"),
    )


def test_a_transition_in_the_link_does_not_part_an_alert() -> None:
    url = example("critical")["alert_url"]

    assert_resolves(
        SLUG,
        {**example("critical"), "alert_url": f"{url}?t=1"},
        {**example("clear"), "alert_url": f"{url}?t=2"},
    )


def test_tests_and_removed_alerts_are_no_alerts() -> None:
    assert_no_alert(SLUG, {"token": "abc"}, "test arrived")
    assert_no_alert(SLUG, agent("REMOVED"), "removed")
    with pytest.raises(Permanent, match="neither an alert"):
        type_of(SLUG).split({})
