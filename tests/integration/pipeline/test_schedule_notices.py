"""The escalator tells what is to be told of schedules, by itself and on every edit."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.escalator.service import service
from shared import clock
from shared.domain.configuration import User
from shared.domain.people import OnCallReminders
from shared.domain.schedules import Schedule
from shared.events import NoticeRequested
from shared.store.duties import Duties
from tests.support.one_service import Surroundings, until
from tests.support.schedules import DAY_S, a_shift, an_override

pytestmark = pytest.mark.integration


async def test_an_override_is_told_in_the_channel_and_to_who_asked_to_be_reminded(
    amqp_url: str, mongo_url: str, tmp_path: Path
):
    remind = OnCallReminders(before=(3600,))
    people = [User(id="A", username="ann"), User(id="F", username="fay", on_call_reminders=remind)]
    schedule = Schedule(id="S", name="Primary", slack_channel_id="C1")
    always = a_shift(start="2024-01-01T00:00:00", duration=DAY_S)
    async with Surroundings(amqp_url, mongo_url, tmp_path) as around, around.running(service) as escalator:

        async def configure(*rows: Any) -> None:
            await around.configure(*rows)
            await escalator.io.config.load()  # nobody announces it: it would be found within ten seconds

        await configure(*people, schedule, always)
        duties = Duties(around.database).collection

        async def is_watched() -> bool:
            return await duties.find_one({"_id": "S", "version": {"$gt": 1}}) is not None

        await until(is_watched)
        soon = clock.now() + timedelta(minutes=30)
        await configure(an_override(f"{soon:%Y-%m-%dT%H:%M:%S}", 2, "F", "O1"))
        (reminder,) = await around.expect(NoticeRequested)
        await configure(an_override("2024-01-01T00:00:00", 10**6, "F", "O1"))
        _, change = await around.expect(NoticeRequested, 2)

    assert (reminder.user_id, reminder.channel, reminder.in_channel) == ("F", "email", False)
    assert reminder.title == "You go on call in 30 minutes"
    assert (change.address, change.in_channel) == ("C1", True)
    assert "fay" in change.text
