"""What every story needs: all services as processes, a mailbox, a chat, and their logs when it fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any

import pytest

from tests.support.slack_double import SIGNING_SECRET, TOKEN, SlackDouble
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack

_FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember whether a test failed, for the fixture that shows its logs."""
    report = yield
    item.stash[_FAILED] = item.stash.get(_FAILED, False) or report.failed
    return report


@pytest.fixture
async def mailbox() -> AsyncIterator[SmtpDouble]:
    """A real SMTP server that keeps its mail."""
    async with SmtpDouble() as double:
        yield double


@pytest.fixture
async def slack() -> AsyncIterator[SlackDouble]:
    """A strict Slack; a story that made it refuse something has failed."""
    async with SlackDouble() as double:
        yield double
    assert double.violations == []


@pytest.fixture
async def stack(
    amqp_url: str,
    mongo_url: str,
    tmp_path: Path,
    mailbox: SmtpDouble,
    slack: SlackDouble,
    request: pytest.FixtureRequest,
) -> AsyncIterator[Stack]:
    """All services, not started yet, told where mail and chat are."""
    settings = {
        "TOCSIN_SMTP_HOST": mailbox.host,
        "TOCSIN_SMTP_PORT": str(mailbox.port),
        "TOCSIN_SLACK_API_URL": slack.url,
        "TOCSIN_SLACK_BOT_TOKEN": TOKEN,
        "TOCSIN_SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "TOCSIN_SLACK_DEFAULT_CHANNEL": "C0ALERTS",
    }
    stack = Stack(amqp_url, mongo_url, tmp_path, settings=settings)
    try:
        yield stack
    finally:
        await stack.stop()
        if request.node.stash.get(_FAILED, True):
            print(stack.logs_tail())
