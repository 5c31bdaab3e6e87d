"""What the README promises for a first alert, with curl: sent, paged, acknowledged, traced, resolved."""

from __future__ import annotations

import asyncio
import json
import subprocess
from typing import Any

import pytest

from shared.domain.ingest import alert_id
from tests.e2e.story import CONFIGURATION, FIRST, WEB_TOKEN, calling, until
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


async def curl(*arguments: str) -> tuple[int, Any]:
    """Run curl; return the status and the JSON that was answered."""
    process = await asyncio.create_subprocess_exec(
        "curl", "-sS", "-w", "\n%{http_code}", *arguments, stdout=subprocess.PIPE
    )
    printed, _ = await process.communicate()
    body, _, status = printed.decode().rpartition("\n")
    return int(status), json.loads(body)


async def test_an_alert_sent_with_curl_pages_alice_and_can_be_followed_and_resolved(
    stack: Stack, mailbox: SmtpDouble
) -> None:
    await stack.start(CONFIGURATION)
    ingest = f"{stack.url('receiver')}/integrations/v1/webhook/{WEB_TOKEN}/"
    json_type = ("-H", "Content-Type: application/json")
    fire = {"alert_uid": "disk-db1", "title": "Disk full on db1", "state": "alerting"}

    status, answer = await curl(ingest, *json_type, "-H", "Idempotency-Key: k1", "-d", json.dumps(fire))
    assert status in (200, 202)
    again = await curl(ingest, *json_type, "-H", "Idempotency-Key: k1", "-d", json.dumps(fire))
    assert again[1]["id"] == answer["id"]

    [mail] = await until(lambda: mailbox.of(FIRST))
    async with calling(stack) as api:
        group = await api.the_group("firing")
        assert group["alerts_count"] == 1
        assert alert_id(group["integration_id"], "k1") == answer["id"]

        status, trace = await curl(answer["trace_url"], "-H", f"Authorization: Bearer {stack.token}")
        assert status == 200
        assert answer["id"] in json.dumps(trace)

        await curl(ingest, *json_type, "-d", json.dumps({**fire, "state": "ok"}))
        assert (await api.the_group("resolved"))["alerts_count"] == 2
    assert mailbox.of(FIRST) == [mail]
