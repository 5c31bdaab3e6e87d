"""A tool that pings its heartbeat URL and stops: somebody is paged; it pings again: it is resolved."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from tests.e2e.story import FIRST, Caller, calling, until
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.deep, pytest.mark.timeout(180)]
STEP_S = 4
# Alertmanager has a shape of its own, the formatted webhook lends it to types without one, as Pingdom's.
TYPES = {"alertmanager": "Prometheus", "formatted_webhook": "Backup", "pingdom": "Shop"}
CONFIGURATION = f"""
users:
  - {{username: alice, email: {FIRST}, rules: {{default: [notify_by_email]}}}}
chains:
  - {{name: Alice, steps: [{{type: notify_persons, persons_to_notify: [alice]}}]}}
integrations:
  - {{name: Prometheus, type: alertmanager, token: alertmanagertoken0000001,
      heartbeat: {{timeout: 60}}, default_route: {{chain: Alice}}}}
  - {{name: Backup, type: formatted_webhook, token: formattedwebhooktoken001, default_route: {{chain: Alice}},
      heartbeat: {{timeout: 1m, expired: {{title: "{{{{ integration_name }}}} is mute for {{{{ timeout }}}}"}}}}}}
  - {{name: Shop, type: pingdom, token: pingdomtoken000000000001, default_route: {{chain: Alice}},
      templates: {{grouping_key: "{{{{ payload.check_id }}}}", web: {{title: "{{{{ payload.check_name }}}}"}}}},
      heartbeat: {{timeout: 60}}}}
"""
TITLES = {
    "Prometheus": "No heartbeat from Prometheus for 1 minute",
    "Backup": "Backup is mute for 1 minute",
    "Shop": "No heartbeat from Shop for 1 minute",
}


async def ping(link: str, *options: str) -> str:
    """Call a heartbeat URL with curl; return what it answered."""
    process = await asyncio.create_subprocess_exec(
        "curl", "-fsS", *options, link, stdout=asyncio.subprocess.PIPE
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0
    return printed.decode()


async def pass_time(stack: Stack, stored: Any, begin_s: float, end_s: float) -> None:
    """Move everybody's clock on in small steps, a beat of the receiver in each: nothing was ever away."""
    for offset_s in range(int(begin_s) + STEP_S, int(end_s) + 1, STEP_S):
        stack.move_clock(offset_s)
        newer = {"at": {"$gte": datetime.fromtimestamp(time.time() + offset_s, UTC)}}
        await until(partial(stored.receiver_beats.count_documents, newer))


async def statuses(api: Caller) -> dict[str, str]:
    """Return the status of each heartbeat by its integration's name."""
    found = (await api.get("/api/v1/integrations/"))["results"]
    return {one["name"]: one["heartbeat"]["status"] for one in found}


async def expect(api: Caller, status: str) -> None:
    """Wait until every heartbeat has this status."""
    async with asyncio.timeout(60):
        while set((await statuses(api)).values()) != {status}:
            await asyncio.sleep(0.1)


async def test_silence_pages_alice_once_and_the_next_ping_resolves_it(
    stack: Stack, mailbox: SmtpDouble, mongo_client: Any, database: str
) -> None:
    stored = mongo_client[database]
    stack.environment["TOCSIN_BEAT_EVERY_S"] = "0.2"
    stack.move_clock(0)
    await stack.start(CONFIGURATION)
    async with calling(stack) as api:
        await expect(api, "never_seen")
        found = (await api.get("/api/v1/integrations/"))["results"]
        links = {one["name"]: one["heartbeat"]["link"] for one in found}
        assert await ping(links["Prometheus"]) == '":)"'
        assert await ping(links["Backup"], "-X", "POST") == ""
        assert await ping(links["Shop"], "-d", "{}") == ""
        await expect(api, "alive")

        await pass_time(stack, stored, 0, 52)
        await expect(api, "alive")
        await pass_time(stack, stored, 52, 68)
        await expect(api, "expired")
        mails = await until(lambda: mails if len(mails := mailbox.of(FIRST)) == len(TYPES) else [])
        for title in TITLES.values():
            assert [title in str(one.message["Subject"]) for one in mails].count(True) == 1, title
            await api.the_group("firing", title, alerts_count=1)

        for link in links.values():
            await ping(link)
        await expect(api, "alive")
        async with asyncio.timeout(60):
            while [one["state"] for one in await api.groups()] != ["resolved"] * len(TYPES):
                await asyncio.sleep(0.1)
        assert {one["alerts_count"] for one in await api.groups()} == {2}
    assert len(mailbox.of(FIRST)) == len(TYPES)
