"""Maintenance with all services as processes: started and stopped over the API, as an operator does it."""

from __future__ import annotations

import asyncio

import pytest

from tests.e2e.story import CONFIGURATION, FIRST, WEB_TOKEN, calling, until
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.deep, pytest.mark.timeout(240)]


async def test_in_maintenance_nobody_is_paged_and_who_asks_reads_why_and_its_end_pages(
    stack: Stack, mailbox: SmtpDouble
) -> None:
    await stack.start(CONFIGURATION)
    ingest = f"{stack.url('receiver')}/integrations/v1/webhook/{WEB_TOKEN}/"
    async with calling(stack) as api:
        integrations = (await api.get("/api/v1/integrations?name=Anything"))["results"]
        path = f"/api/v1/integrations/{integrations[0]['id']}"
        begun = await api.post(f"{path}/maintenance_start", {"mode": "maintenance", "duration": 3600})
        assert begun["maintenance_mode"] == "maintenance"

        for name in ("held", "over"):
            async with api.client.post(ingest, json={"alert_uid": name, "title": name}) as answer:
                assert answer.status in (200, 202)
        held = await api.the_group("firing", "held")
        await api.the_group("firing", "over")
        assert held["held"]["by"] == "maintenance"
        async with api.client.post(ingest, json={"alert_uid": "over", "title": "over", "state": "ok"}):
            await api.the_group("resolved", "over")

        async def decided() -> bool:
            timeline = (await api.get(f"/api/v1/alert_groups/{held['id']}/timeline"))["results"]
            return any(
                one["decision"] == "held" and "Maintenance of Anything" in one["reason"] for one in timeline
            )

        async with asyncio.timeout(60):
            while not await decided():
                await asyncio.sleep(0.05)
        assert mailbox.mails == []
        stopped = await api.post(f"{path}/maintenance_stop")
        assert stopped["maintenance_mode"] is None

        [mail] = await until(lambda: mailbox.of(FIRST))
        assert "held" in str(mail.message["Subject"])
        assert (await api.the_group("firing", "held"))["held"] is None
