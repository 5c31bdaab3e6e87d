"""The mail server hangs: what goes another way is not late, and no mail is lost or sent twice when it wakes up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from shared.domain.configuration import Integration, Webhook
from tests.support.build import a_configuration, notify
from tests.support.house import House, until
from tests.support.smtp_double import SmtpDouble

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
STAGES = ("router", "grouper", "renderer", "escalator", "notifier")
HUNG = 60
SMTP_TIMEOUT_S = 120.0
SOON_S = 10.0  # milliseconds on an idle machine; who waits for the mail server waits for twelve times that
HOOK = Integration(id="C1", name="Hook", type="webhook", token_digest="x")


@asynccontextmanager
async def tickets() -> AsyncIterator[tuple[str, list[float]]]:
    """A web server that is called once per group; its address, and when it was called."""
    called: list[float] = []

    async def take(_: web.Request) -> web.Response:
        called.append(time.monotonic())
        return web.Response()

    app = web.Application()
    app.router.add_post("/ticket", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}/ticket", called
    await runner.cleanup()


async def test_a_hung_mail_server_makes_nothing_else_late(house: House):
    async with SmtpDouble() as smtp, tickets() as (url, called):
        smtp.faults.hanging_at = "EHLO"
        call = {"type": "trigger_webhook", "action_to_trigger": "WH1"}
        webhook = Webhook(id="WH1", name="ticket", url=url)
        configuration = a_configuration(notify("U1"), call, integrations=(HOOK,), webhooks=(webhook,))
        await house.configure_all(configuration)
        await house.start(*STAGES, smtp_host=smtp.host, smtp_port=smtp.port, smtp_timeout_s=SMTP_TIMEOUT_S)
        for number in range(HUNG):
            await house.receive({"alert_uid": f"thing-{number}"}, name=f"hung-{number}")
        await until(
            lambda: _is(smtp.waiting > 0 and len(called) == HUNG), 90, what="mails hang, webhooks are called"
        )

        began = time.monotonic()
        await house.receive({"alert_uid": "one more"}, name="one more")
        await until(
            lambda: _is(len(called) == HUNG + 1), SOON_S, what="the webhook of one more group is called"
        )
        print(f"called {called[-1] - began:.3f} s after the alert")

        smtp.faults.hanging_at = ""
        smtp.faults.released.set()
        await until(lambda: _is(len(smtp.mails) == HUNG + 1), 60, what="every mail arrives")
        assert smtp.repeated() == set()


async def _is(answer: bool) -> bool:
    await asyncio.sleep(0)
    return answer
