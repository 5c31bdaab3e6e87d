"""Who was paged hears of the resolve once; who was not paged hears nothing, nor does anybody when it fires again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.notifier.service import service
from shared.domain.configuration import User
from shared.domain.model import Group
from shared.events import NotificationCancelled, NotificationDelivered, NotificationRequested, StageDecided
from tests.support.one_service import Surroundings
from tests.support.outgoing import ALICE, NOON, a_group, page_requested
from tests.support.smtp_double import SmtpDouble

pytestmark = pytest.mark.integration
PEOPLE = (
    User(id="U-alice", username="alice", email="alice@example.org"),
    User(id="U-bob", username="bob", email="bob@example.org"),
)


@asynccontextmanager
async def a_paged_group(
    amqp_url: str, mongo_url: str, folder: Path
) -> AsyncIterator[tuple[Surroundings, SmtpDouble]]:
    """Alice was paged about a group that fires."""
    async with Surroundings(amqp_url, mongo_url, folder) as around, SmtpDouble() as smtp:
        await around.configure(*PEOPLE)
        await around.store(a_group())
        given = {"smtp_host": smtp.host, "smtp_port": smtp.port, "smtp_from": "tocsin@example.org"}
        async with around.running(service, **given):
            await around.publish(page_requested())
            await around.expect(NotificationDelivered)
            yield around, smtp


def resolved(**fields: object) -> Group:
    return a_group(version=2, resolved_at=NOON, resolved_by=ALICE, **fields)


def notice(user_id: str) -> NotificationRequested:
    return page_requested(resolved(), part=f"resolved {user_id}", user_id=user_id, resolved=True)


async def test_the_word_goes_once_to_whom_a_page_went(amqp_url: str, mongo_url: str, tmp_path: Path):
    async with a_paged_group(amqp_url, mongo_url, tmp_path) as (around, smtp):
        await around.store(resolved())
        await around.publish(notice("U-alice"), notice("U-bob"), notice("U-alice"))
        await around.expect(NotificationDelivered, 2)
        (bob,) = await around.expect(NotificationCancelled)
        await around.expect(StageDecided)

    assert [one.recipient for one in smtp.mails] == ["alice@example.org"] * 2
    assert "State: resolved" in smtp.mails[1].text
    assert bob.reason == "no page about it went out to this person"


async def test_no_word_goes_out_when_the_group_fires_again(amqp_url: str, mongo_url: str, tmp_path: Path):
    async with a_paged_group(amqp_url, mongo_url, tmp_path) as (around, smtp):
        await around.store(a_group(version=2, run=2))
        await around.publish(notice("U-alice"))
        (told,) = await around.expect(NotificationCancelled)

    assert told.reason == "the alert group is not resolved any more"
    assert len(smtp.mails) == 1
