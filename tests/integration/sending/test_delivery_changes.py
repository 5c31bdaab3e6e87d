"""The notifier changes rows that exist: providers' reports, operators' words; and notices go their own way."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from services.notifier.service import service
from shared import clock
from shared.domain.configuration import User
from shared.domain.delivery import DeliveryState
from shared.events import (
    DeliveryActionRequested,
    DeliveryReported,
    NoticeRequested,
    NotificationDelivered,
    NotificationFailed,
    NotificationUnknown,
    StageDecided,
)
from shared.store.deliveries import Deliveries
from tests.support.one_service import Surroundings
from tests.support.outgoing import ALICE as OPERATOR
from tests.support.outgoing import a_group, page_requested
from tests.support.smtp_double import SmtpDouble

pytestmark = pytest.mark.integration

ALICE = User(id="U-alice", username="alice", email="alice@example.org")


@pytest.fixture
async def around(amqp_url: str, mongo_url: str, tmp_path: Path) -> AsyncIterator[Surroundings]:
    async with Surroundings(amqp_url, mongo_url, tmp_path) as around:
        await around.configure(ALICE)
        await around.store(a_group())
        yield around


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpDouble]:
    async with SmtpDouble() as double:
        yield double


@asynccontextmanager
async def notifier(around: Surroundings, smtp: SmtpDouble) -> AsyncIterator[None]:
    given = {"smtp_host": smtp.host, "smtp_port": smtp.port, "smtp_from": "tocsin@example.org"}
    async with around.running(service, **given):
        yield


def report(state: str, page: str, number: int = 1) -> DeliveryReported:
    fields = {"channel": "email", "state": state, "request_id": page, "reason": "so it says"}
    return DeliveryReported.model_validate({"id": f"R-{state}-{number}", "time": clock.now(), **fields})


def asked(action: str, page: str) -> DeliveryActionRequested:
    fields = {"delivery_id": page, "action": action, "actor": OPERATOR}
    return DeliveryActionRequested.model_validate({"id": f"A-{action}", "time": clock.now(), **fields})


async def test_reports_are_kept_and_told_and_nothing_goes_backwards(around: Surroundings, smtp: SmtpDouble):
    page = page_requested().id
    async with notifier(around, smtp):
        await around.publish(report("delivered", page), page_requested())
        await around.expect(NotificationDelivered, 2)
        await around.publish(report("read", page), report("delivered", page, 2), report("failed", page))
        told = await around.expect(NotificationDelivered, 3)
        repeats = await around.expect(StageDecided, 2)

    assert [one.decision for one in told] == ["sent", "delivered", "read"]
    assert {one.decision for one in repeats} == {"repeat"}
    assert around.of(NotificationFailed) == []
    row = await Deliveries(around.database, timedelta(days=1)).get(page)
    assert row is not None
    assert row.state is DeliveryState.READ
    assert row.sent_at is not None
    assert row.delivered_at is not None
    assert row.read_at is not None
    assert len(smtp.mails) == 1


async def test_a_failure_that_is_reported_later_is_told_once(around: Surroundings, smtp: SmtpDouble):
    page = page_requested().id
    async with notifier(around, smtp):
        await around.publish(page_requested())
        await around.expect(NotificationDelivered)
        await around.publish(report("failed", page), report("failed", page), report("failed", page, 2))
        (failed,) = await around.expect(NotificationFailed)
        await around.expect(StageDecided)

    assert failed.reason == "so it says"
    assert len(around.of(NotificationFailed)) == 1


async def test_an_unknown_page_is_sent_again_when_an_operator_says_so_and_only_then(
    around: Surroundings, smtp: SmtpDouble
):
    smtp.faults.drops_after_data = 1
    page = page_requested().id
    async with notifier(around, smtp):
        await around.publish(page_requested())
        await around.expect(NotificationUnknown)
        await around.publish(asked("resend", page), asked("resend", page))
        (told,) = await around.expect(NotificationDelivered)
        decided = await around.expect(StageDecided, 2)

    assert len(smtp.mails) == 2
    assert {one.message_id for one in smtp.mails} == {smtp.mails[0].message_id}
    assert {one.decision for one in decided} >= {"resend"}
    assert told.request_id == page


async def test_what_an_operator_cannot_do_is_refused_with_the_reason(around: Surroundings, smtp: SmtpDouble):
    async with notifier(around, smtp):
        await around.publish(page_requested())
        await around.expect(NotificationDelivered)
        await around.publish(asked("mark_sent", page_requested().id))
        (told,) = await around.expect(StageDecided)

    assert told.decision == "refused"
    assert told.reason == "the delivery is sent; mark_sent is for deliveries that are unknown"


async def test_a_notice_reaches_the_person_without_any_group(around: Surroundings, smtp: SmtpDouble):
    request = NoticeRequested(
        id="N1",
        time=clock.now(),
        user_id="U-alice",
        channel="email",
        title="You are on call\r\nBcc: eve@example.org",
        text="until Monday",
    )
    elsewhere = request.model_copy(update={"id": "N2", "user_id": "", "address": "new@example.org"})
    async with notifier(around, smtp):
        await around.publish(request, request, elsewhere)
        told = await around.expect(StageDecided, 3)

    assert sorted(one.recipient for one in smtp.mails) == ["alice@example.org", "new@example.org"]
    assert smtp.mails[0].message["Subject"] == "You are on call Bcc: eve@example.org"
    assert smtp.mails[0].text.strip() == "until Monday"
    assert sorted(one.decision for one in told) == ["repeat", "sent", "sent"]
