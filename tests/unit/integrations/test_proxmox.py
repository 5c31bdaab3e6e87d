"""Proxmox' notifications: a job on a host is one group, which its next good end resolves."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.proxmox import example
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "proxmox"


def notification(severity: str, kind: str, **fields: Any) -> dict[str, Any]:
    return {**example(severity), "fields": {"hostname": "pve1", "type": kind, **fields}}


@pytest.mark.parametrize("kind", ["vzdump", "gc", "prune", "sync", "verify", "replication"])
def test_the_good_end_of_a_job_resolves_its_failure(kind: str) -> None:
    assert_resolves(SLUG, notification("error", kind), notification("info", kind))


def test_a_body_with_its_fields_at_the_top_is_read() -> None:
    flat = {"title": "Backup failed", "severity": "error", "type": "vzdump", "hostname": "pve1"}

    assert_resolves(SLUG, flat, {**flat, "severity": "info", "title": "Backup successful"})


def test_it_says_what_where_how_bad_and_since_when() -> None:
    assert (
        routed(SLUG, example("error")).title
        == "vzdump backup status (pve1.example.com): backup failed: job errors"
    )
    assert_says(SLUG, example("error"), "pve1", "error", "104     shop", "2026-01-05 10:00:00 UTC")


def test_jobs_hosts_kinds_and_datastores_are_apart() -> None:
    assert_apart(
        SLUG,
        example("error"),
        notification("error", "vzdump"),
        notification("error", "vzdump", hostname="pve2"),
        notification("error", "fencing"),
        notification("error", "gc", datastore="a"),
        notification("error", "gc", datastore="b"),
    )


def test_system_mails_are_an_alert_each() -> None:
    assert routed(SLUG, notification("unknown", "system-mail")).grouping_key is None


@pytest.mark.parametrize("kind", ["package-updates", "system-mail", None])
def test_other_good_news_is_no_alert(kind: Any) -> None:
    assert_no_alert(SLUG, notification("info", kind), "no job ended")


def test_a_body_that_says_nothing_is_refused() -> None:
    with pytest.raises(Permanent, match="title"):
        type_of(SLUG).split({"severity": "error"})
