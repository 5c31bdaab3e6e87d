"""Nagios' macros: one group per host or service of a host, whatever the check says."""

from __future__ import annotations

import pytest

from shared.errors import Permanent
from shared.integrations.nagios_macros import example
from tests.unit.integrations.bodies import card, routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "nagios"
FIRING = example("PROBLEM")
HOST = {"NOTIFICATIONTYPE": "PROBLEM", "HOSTNAME": "db1", "HOSTSTATE": "DOWN", "HOSTOUTPUT": "PING CRITICAL"}


def test_a_service_is_named_with_its_host_and_resolves() -> None:
    assert routed(SLUG, FIRING).title == "Filesystem /var on db1.example.com is CRITICAL"
    assert_resolves(SLUG, FIRING, example("RECOVERY"))


def test_a_host_is_named_and_resolves() -> None:
    assert routed(SLUG, HOST).title == "db1 is DOWN"
    assert_resolves(SLUG, HOST, {**HOST, "NOTIFICATIONTYPE": "RECOVERY", "HOSTSTATE": "UP"})


def test_the_same_check_on_two_hosts_and_two_checks_on_one_are_apart() -> None:
    assert_apart(
        SLUG,
        FIRING,
        {**FIRING, "HOSTNAME": "db2"},
        {**FIRING, "SERVICEDESC": "load"},
        HOST,
        {**HOST, "HOSTNAME": "x"},
    )


def test_the_message_says_what_where_since_when_and_links_to_the_service() -> None:
    assert_says(
        SLUG,
        {**FIRING, "LONGSERVICEOUTPUT": "first\\nsecond", "SERVICENOTESURL": "/runbooks/disk"},
        "WARNING → CRITICAL",
        "192.0.2.21",
        "2026-01-05 10:00:00 UTC",
        "96% used",
        "first\nsecond",
        "[Runbook](https://nagios.example.com/runbooks/disk)",
        "https://nagios.example.com/nagios4/cgi-bin/extinfo.cgi?type=2&host=db1.example.com&service=Filesystem%20/var",
        base_url="https://nagios.example.com/nagios4/",
    )


def test_an_acknowledgement_acknowledges_and_says_who() -> None:
    sent = {
        **FIRING,
        "NOTIFICATIONTYPE": "ACKNOWLEDGEMENT",
        "NOTIFICATIONAUTHOR": "ann",
        "NOTIFICATIONCOMMENT": "on it",
    }

    decided = routed(SLUG, sent)

    assert (decided.acknowledge, decided.resolve) == (True, False)
    assert decided.grouping_digest == routed(SLUG, FIRING).grouping_digest
    assert_says(SLUG, sent, "ann", "on it", "ACKNOWLEDGEMENT")


@pytest.mark.parametrize(("state", "resolves"), [("OK", True), ("CRITICAL", False)])
def test_the_end_of_flapping_resolves_only_when_the_service_is_well(state: str, resolves: bool) -> None:
    decided = routed(SLUG, {**FIRING, "NOTIFICATIONTYPE": "FLAPPINGSTOP", "SERVICESTATE": state})

    assert decided.resolve is resolves
    assert decided.grouping_digest == routed(SLUG, FIRING).grouping_digest


def test_flapping_is_an_alert_that_says_so() -> None:
    title = routed(SLUG, {**FIRING, "NOTIFICATIONTYPE": "FLAPPINGSTART"}).title

    assert title == "Filesystem /var on db1.example.com is flapping"


@pytest.mark.parametrize("kind", ["DOWNTIMESTART", "DOWNTIMEEND", "DOWNTIMECANCELLED", "FLAPPINGDISABLED"])
def test_downtimes_are_no_alerts(kind: str) -> None:
    assert_no_alert(SLUG, {**FIRING, "NOTIFICATIONTYPE": kind}, "no problem")


def test_macros_are_known_with_the_prefix_of_the_environment() -> None:
    assert routed(SLUG, {f"NAGIOS_{name}": value for name, value in FIRING.items()}).grouping_key == (
        routed(SLUG, FIRING).grouping_key
    )


def test_a_custom_notification_is_an_alert() -> None:
    assert routed(SLUG, {**FIRING, "NOTIFICATIONTYPE": "CUSTOM", "SERVICESTATE": "OK"}).resolve is False


def test_a_body_that_names_nothing_is_refused() -> None:
    with pytest.raises(Permanent, match="neither a host"):
        type_of(SLUG).split({"text": "hello"})


def test_the_phone_reads_plain_text() -> None:
    assert card(SLUG, FIRING, "phone_call").title == "Filesystem /var on db1.example.com is CRITICAL"
