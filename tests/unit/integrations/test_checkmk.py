"""Checkmk's notifications: its own script's, and those of scripts with other names."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.checkmk import body
from tests.unit.integrations.bodies import routed
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "checkmk"
LINK = "/check_mk/index.py?start_url=view.py?view_name%3Dhoststatus%26host%3Dserver1%26site%3Dcmk"


def lower_case(kind: str) -> dict[str, Any]:
    """What scripts post that name the fields in lower case."""
    state = "UP" if kind == "RECOVERY" else "DOWN"
    return {
        "id": "18",
        "summary": f"CheckMK server1 - {state}",
        "host": "server1",
        "alias": "server1",
        "address": "198.51.100.185",
        "host_state": state,
        "host_output": "No IP packet received for 15 s",
        "url": LINK,
        "site": "cmk",
        "what": "HOST",
        "notification_type": kind,
        "short_date_time": "2026-01-05 10:00:00",
    }


@pytest.mark.parametrize("make", [body, lower_case])
def test_a_recovery_resolves_its_problem(make: Any) -> None:
    assert_resolves(SLUG, make("PROBLEM"), make("RECOVERY"))


def test_the_environment_with_its_prefix_is_the_same_problem() -> None:
    sent = {f"NOTIFY_{name}": value for name, value in body("PROBLEM").items()}

    assert routed(SLUG, sent).grouping_key == routed(SLUG, body("PROBLEM")).grouping_key


def test_hosts_of_one_name_at_two_sites_are_apart() -> None:
    assert_apart(SLUG, body("PROBLEM"), {**body("PROBLEM"), "OMD_SITE": "dmz"})


def test_links_go_behind_the_address_of_the_site() -> None:
    assert_says(SLUG, body("PROBLEM"), "https://cmk.example.com/prod/check_mk/index.py?start_url=view.py")
    assert_says(
        SLUG,
        lower_case("PROBLEM"),
        "server1 is DOWN",
        f"https://c.example.com/cmk{LINK}",
        base_url="https://c.example.com/cmk",
    )


def test_the_message_says_what_it_must() -> None:
    assert_says(SLUG, body("PROBLEM"), "WARNING → CRITICAL", "96% used", "prod", "2026-01-05 10:00:00 UTC")


def test_an_acknowledgement_acknowledges_and_a_downtime_is_no_alert() -> None:
    assert routed(SLUG, {**body("PROBLEM"), "NOTIFICATIONTYPE": "ACKNOWLEDGEMENT"}).acknowledge is True
    assert_no_alert(SLUG, {**body("PROBLEM"), "NOTIFICATIONTYPE": "DOWNTIMESTART"}, "downtime began")
