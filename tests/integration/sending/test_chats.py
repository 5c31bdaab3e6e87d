"""Telegram and Mattermost as channels of routes: one message per group, edited in place, with buttons that can act."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.chatops_publisher.service import service
from shared import clock
from shared.domain.model import Group
from shared.events import PostDelivered, PostRequested
from tests.support.http_double import HttpDouble
from tests.support.mattermost_double import CHANNEL, MattermostDouble
from tests.support.one_service import Surroundings, until
from tests.support.outgoing import a_group, acknowledged, post_requested
from tests.support.telegram_double import TelegramDouble

pytestmark = pytest.mark.integration
CHATS: dict[str, tuple[type[HttpDouble], str]] = {
    "telegram": (TelegramDouble, "-100123"),
    "mattermost": (MattermostDouble, CHANNEL),
}
PUBLIC = {"public_url": "https://tocsin.example", "chat_edit_interval_s": 0.2}


@pytest.fixture
async def around(amqp_url: str, mongo_url: str, tmp_path: Path) -> AsyncIterator[Surroundings]:
    async with Surroundings(amqp_url, mongo_url, tmp_path) as around:
        yield around


@pytest.fixture(params=CHATS)
def medium(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def double(medium: str) -> AsyncIterator[HttpDouble]:
    async with CHATS[medium][0]() as double:
        yield double
        assert double.violations == []


@asynccontextmanager
async def later(by: timedelta) -> AsyncIterator[None]:
    """Move the clock of this process."""
    before = clock.use(clock.now)
    clock.use(lambda: before() + by)
    try:
        yield
    finally:
        clock.use(before)


def wanted(medium: str, group: Group) -> PostRequested:
    return post_requested(group, medium=medium, channel=CHATS[medium][1])


def text_of(shown: Any) -> str:
    """Return what a channel shows of a message, its buttons among it."""
    return str(shown)


async def test_a_group_is_posted_once_and_edited_as_it_changes(
    around: Surroundings, double: HttpDouble, medium: str
):
    group = a_group()
    async with around.running(service, **double.settings, **PUBLIC):
        await around.publish(wanted(medium, group))
        (posted,) = await around.expect(PostDelivered)
        before = text_of(double.taken[0])
        await around.publish(wanted(medium, acknowledged(group)))
        _, edited = await around.expect(PostDelivered, 2)

    assert len(double.taken) == 1
    assert "Acknowledge" in before
    assert "[ACKNOWLEDGED]" in text_of(double.taken[0])
    assert "Unacknowledge" in text_of(double.taken[0])
    assert (posted.handle, posted.decision, edited.decision) == (edited.handle, "posted", "edited")


async def test_a_post_whose_answer_was_lost_is_found_where_the_product_can_be_asked(
    around: Surroundings, double: HttpDouble, medium: str
):
    """Telegram shows a bot no older messages: there it is posted once more, rather than never edited."""
    double.faults.lost_answers = 1
    async with around.running(service, **double.settings, **PUBLIC):
        await around.publish(wanted(medium, a_group()))
        await until(lambda: double.taken)
        async with later(timedelta(seconds=10)):
            await around.expect(PostDelivered)

    assert len(double.taken) == (1 if medium == "mattermost" else 2)
