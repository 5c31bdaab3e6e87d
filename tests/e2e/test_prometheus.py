"""A real Prometheus pushes to Tocsin as to an Alertmanager, and a real amtool adds and asks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.story import FIRST, Caller, calling, until
from tests.support.prometheus import Prometheus, amtool
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
TOKEN = "prometheustoken000000001"
PREFIX = f"/integrations/v1/prometheus/{TOKEN}"
CONFIGURATION = f"""
users:
  - username: alice
    email: {FIRST}
    rules: {{default: [notify_by_email]}}
chains:
  - name: Alice
    steps: [{{type: notify_persons, persons_to_notify: [alice]}}]
integrations:
  - name: Prometheus
    type: prometheus
    token: {TOKEN}
    default_route: {{chain: Alice}}
"""


async def firing(api: Caller, count: int) -> dict[str, object]:
    """Wait until the one group has so many firing instances."""
    while True:
        group = await api.the_group("firing", "DiskFull")
        if group["firing_instances"] == count:
            return group


async def test_prometheus_needs_no_alertmanager_and_amtool_sees_what_fires(
    stack: Stack, mailbox: SmtpDouble, tmp_path: Path
) -> None:
    await stack.start(CONFIGURATION)
    receiver = stack.url("receiver")
    async with (
        Prometheus(receiver.removeprefix("http://"), PREFIX, tmp_path / "prometheus") as prometheus,
        calling(stack) as api,
    ):
        # Two hosts are full: one group, one mail.
        prometheus.set("db1", full=True)
        await firing(api, 1)
        await until(lambda: mailbox.of(FIRST))
        prometheus.set("db2", full=True)
        await firing(api, 2)

        # amtool asks what fires, with a matcher, and adds an alert of its own.
        listed = json.loads(await amtool(receiver + PREFIX, "alert", "query", "-o", "json", 'host=~"db.*"'))
        assert {one["labels"]["host"] for one in listed} == {"db1", "db2"}
        assert "DiskFull" in await amtool(receiver + PREFIX, "alert", "query", "severity=critical")
        await amtool(receiver + PREFIX, "alert", "add", "alertname=Drill", "severity=info", "host=none")
        await api.the_group("firing", "Drill")

        # One of two is well again: the group goes on. Then Prometheus dies: what it does not say again is over.
        prometheus.set("db1", full=False)
        await firing(api, 1)
        prometheus.kill()
        over = await api.the_group("resolved", "DiskFull")
        assert (over["firing_instances"], over["known_instances"]) == (0, 2)
        timeline = str(await api.get(f"/api/v1/alert_groups/{over['id']}/timeline"))
        assert "not sent again" in timeline or "sent again before its end" in timeline
    assert len([one for one in mailbox.mails if "DiskFull" in one.message["Subject"]]) == 1
