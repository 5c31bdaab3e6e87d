"""Icinga 2's notifications, as its script posts them."""

from __future__ import annotations

from shared.integrations.icinga2 import OBJECTS, SCRIPT, body
from tests.unit.integrations.bodies import routed
from tests.unit.integrations.promises import assert_apart, assert_resolves, assert_says

SLUG = "icinga2"


def test_a_service_is_named_with_its_host_and_resolves() -> None:
    assert routed(SLUG, body("PROBLEM")).title == "disk /var on db1.example.com is CRITICAL"
    assert_resolves(SLUG, body("PROBLEM"), body("RECOVERY"))
    assert_apart(SLUG, body("PROBLEM"), {**body("PROBLEM"), "HOSTNAME": "db2"})


def test_the_message_says_what_it_must_and_links_to_icinga_web() -> None:
    assert_says(
        SLUG,
        body("PROBLEM"),
        "Order database",
        "96% used",
        "2026-01-05 10:00:00 UTC",
        "https://icinga.example.com/icingaweb2/icingadb/service?name=disk%20/var&host.name=db1.example.com",
    )


def test_a_host_links_to_the_host() -> None:
    host = {
        "HOSTNAME": "db1",
        "HOSTSTATE": "DOWN",
        "NOTIFICATIONTYPE": "PROBLEM",
        "LASTHOSTSTATECHANGE": "1767607200.5",
    }

    assert_says(
        SLUG,
        host,
        "db1 is DOWN",
        "2026-01-05 10:00:00 UTC",
        "https://icinga.example.com/icingadb/host?name=db1",
        base_url="https://icinga.example.com/",
    )


def test_what_the_commands_set_is_what_the_script_sends() -> None:
    set_there = {line.split(" = ")[0].strip() for line in OBJECTS.splitlines() if "ICINGA_" in line}

    assert set_there == {f"ICINGA_{name}" for name in SCRIPT.names.split() if name != "ICINGAWEB2URL"}
