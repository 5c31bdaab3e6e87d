"""A real ElastAlert 2 runs the rules of the notes over documents: it pages, groups, resolves, repeats and beats."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.integrations.elastalert import HEARTBEAT_NOTES, NOTES, example
from tests.e2e.story import FIRST, Caller, calling, one_integration, until
from tests.support.elastalert import WRITEBACK, ElastAlert, Rule, rules_of
from tests.support.elasticsearch_double import ElasticsearchDouble
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.deep, pytest.mark.timeout(240)]
TOKEN = "elastalerttoken000000001"
INDEX = "auth-2026.01.05"
BURST = 3
MANY, OF_ADMIN, OF_GUEST = (
    "Many failed logins",
    "Many failed logins of admin",
    "Many failed logins of guest",
)


@pytest.fixture
async def elasticsearch() -> AsyncIterator[ElasticsearchDouble]:
    """A strict Elasticsearch; a story that made it refuse something has failed."""
    async with ElasticsearchDouble() as double:
        yield double
    assert double.violations == []


def frequency(rule: Rule, event: str) -> Rule:
    """Return a rule of the notes with what it looks for: a burst of events of this kind."""
    wanted = [{"term": {"event.action": event}}]
    return {
        **rule,
        "index": "auth-*",
        "type": "frequency",
        "num_events": BURST,
        "timeframe": {"minutes": 1},
        "filter": wanted,
        "realert": {"seconds": 0},
        "max_query_size": BURST - 1,  # so that it needs a second page
    }


def rules(url: str, heartbeat_url: str) -> list[Rule]:
    """Return the rules of the notes, and the one that says that the first is over."""
    [many, by_user] = rules_of(NOTES, url)
    [alive] = rules_of(HEARTBEAT_NOTES, heartbeat_url)
    over: dict[str, Any] = {**many["http_post_static_payload"], "state": "ok"}
    return [
        frequency(many, "refused"),
        frequency({**many, "name": "No failed logins", "http_post_static_payload": over}, "let in"),
        frequency(by_user, "password is wrong"),
        alive,
    ]


def burst(elasticsearch: ElasticsearchDouble, event: str, user: str) -> None:
    """Store as many events as a rule of the notes asks for."""
    for number in range(BURST):
        elasticsearch.add(
            INDEX,
            event={"action": event},
            user=user,
            host={"name": "login2", "ip": ["192.0.2.22"]},
            message=f'Failed password for "{user}" größer {{{{ 7*7 }}}}, try {number}',
        )


def shape(payload: dict[str, Any]) -> dict[str, str]:
    """Return what a payload is made of: names, kinds of values, and how times are written."""
    assert re.fullmatch(r"[\d-]{10}T[\d:]{8}\.\d{3}Z", payload["@timestamp"])
    return {name: type(value).__name__ for name, value in payload.items()}


async def beats(api: Caller) -> None:
    """Wait until the heartbeat of the integration is alive."""
    async with asyncio.timeout(60):
        while (await api.get("/api/v1/integrations/"))["results"][0]["heartbeat"]["status"] != "alive":
            await asyncio.sleep(0.1)


async def test_matches_of_the_rules_in_the_notes_page_group_and_resolve(
    stack: Stack, mailbox: SmtpDouble, elasticsearch: ElasticsearchDouble, tmp_path: Path
) -> None:
    await stack.start(one_integration("elastalert", TOKEN) + "    heartbeat: {timeout: 60}\n")
    url = f"{stack.url('receiver')}/integrations/v1/elastalert/{TOKEN}/"
    async with (
        ElastAlert(elasticsearch.port, tmp_path / "elastalert", rules(url, f"{url}heartbeat/")),
        calling(stack) as api,
    ):
        # The heartbeat rule finds what ElastAlert writes of its own runs.
        await beats(api)

        # `post`: the title of the rule, the document and its facts reach Alice; a second match is the same group.
        burst(elasticsearch, "refused", "admin")
        group = await api.the_group("firing", MANY, alerts_count=1)
        assert group["title"] == MANY
        [page] = await until(lambda: mailbox.of(FIRST))
        for text in ('Failed password for "admin" größer {{ 7*7 }}, try', "Severity: high", "login2", INDEX):
            assert text in page.text
        assert shape(group["last_alert"]["payload"]) == {**shape(example("firing")), "event": "dict"}
        burst(elasticsearch, "refused", "admin")
        await api.the_group("firing", MANY, alerts_count=2)

        # A second rule says that it is over.
        burst(elasticsearch, "let in", "admin")
        assert (await api.the_group("resolved", MANY, alerts_count=3))["id"] == group["id"]

        # `post2`: a group for each `query_key`.
        burst(elasticsearch, "password is wrong", "admin")
        await api.the_group("firing", OF_ADMIN, alerts_count=1)
        burst(elasticsearch, "password is wrong", "guest")
        await api.the_group("firing", OF_GUEST, alerts_count=1)
        burst(elasticsearch, "password is wrong", "admin")
        await api.the_group("firing", OF_ADMIN, alerts_count=2)

        # Nobody takes an alert: ElastAlert keeps it, and sends it when the receiver is there again.
        await until(lambda: len(mailbox.of(FIRST)) == 3)
        stack.kill9("receiver", 0)
        burst(elasticsearch, "password is wrong", "guest")
        await until(lambda: [one for one in elasticsearch.sources(WRITEBACK) if not one["alert_sent"]])
        await stack.start_one("receiver", 0)
        await api.the_group("firing", OF_GUEST, alerts_count=2)
        assert len(await api.groups()) == 3
        assert len(mailbox.of(FIRST)) == 3
    assert elasticsearch.scrolled > 0
