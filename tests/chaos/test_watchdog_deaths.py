"""Timers deleted by hand while all services run, and the death of who mends: found, mended once, nobody paged twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from deploy.local.ports import free_port
from services.escalator import mending
from shared import clock
from shared.domain.configuration import Integration
from tests.chaos.dying_escalator import hurry
from tests.e2e.story import CONFIGURATION, FIRST, SECOND, WEB_TOKEN, calling
from tests.support.build import a_configuration, notify, wait
from tests.support.house import House, until
from tests.support.instance import ROOT
from tests.support.journal import events_of
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]
HOOK = Integration(id="C1", name="Hook", type="webhook", token_digest="x")


@contextmanager
def dying_escalator(house: House, at: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process that dies in its first repair."""
    environment = os.environ | {
        "TOCSIN_AMQP_URL": house.amqp_url,
        "TOCSIN_MONGO_URL": house.mongo_url,
        "TOCSIN_DATA_DIR": str(folder / "dying"),
        "TOCSIN_SECRET_KEY": house.key,
        "TOCSIN_ENV": "test",
        "TOCSIN_PORT": str(free_port()),
        "TOCSIN_INSTANCE": "dying",
    }
    command = [sys.executable, "-m", "tests.chaos.dying_escalator", at]
    process = subprocess.Popen(command, env=environment, cwd=ROOT)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def told(stored: Any) -> list[str]:
    """Return what was decided about broken groups, each telling once."""
    decided = [one["decision"] for one in events_of(stored, "stage.decided.v1")]
    return [one for one in decided if one in ("mended", "broken_again")]


@pytest.mark.parametrize("at", ["begun", "mended"])
async def test_who_dies_in_the_middle_of_a_repair_leaves_it_to_the_next_and_nobody_is_paged_twice(
    house: House, mongo_client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str
):
    stored = mongo_client[house.database.name]
    await house.configure_all(a_configuration(notify("U1"), wait(60), notify("U2"), integrations=(HOOK,)))
    await house.start("recorder", "router", "grouper", "renderer")

    with dying_escalator(house, at, tmp_path) as process:
        await house.receive({"title": "DiskFull"})
        await until(lambda: _async(events_of(stored, "notification.requested.v1")), 60)
        stored.escalations.delete_many({})
        process.send_signal(signal.SIGUSR1)
        await until(lambda: _async(process.poll() is not None), 60, "the escalator is dead")
        assert process.returncode == -signal.SIGKILL
    assert told(stored) == []

    hurry(monkeypatch.setattr)
    monkeypatch.setattr(mending, "ABANDONED_AFTER_S", 0.5)
    await house.start("escalator")

    await until(lambda: _async(told(stored)), 60, "somebody says that it was mended")
    escalation = stored.escalations.find_one({})
    assert (escalation["ended"], "due_at" in escalation) == ("", True)
    assert told(stored) == ["mended"]
    assert len({one["id"] for one in events_of(stored, "notification.requested.v1")}) == 1


@pytest.mark.deep
async def test_a_timer_deleted_by_hand_is_found_within_thirty_seconds_and_the_next_person_is_paged_once(
    amqp_url: str, mongo_url: str, mongo_client: Any, database: str, tmp_path: Path
):
    async with SmtpDouble() as mailbox:
        mail = {"TOCSIN_SMTP_HOST": mailbox.host, "TOCSIN_SMTP_PORT": str(mailbox.port)}
        stack = Stack(amqp_url, mongo_url, tmp_path, settings=mail)
        stack.move_clock(0)
        try:
            await stack.start(CONFIGURATION)
            async with calling(stack) as api:
                ingest = f"{stack.url('receiver')}/integrations/v1/webhook/{WEB_TOKEN}/"
                await api.client.post(ingest, json={"title": "Disk full", "state": "alerting"})
                await until(lambda: _async(mailbox.of(FIRST)), 60)
            escalations = mongo_client[database].escalations
            await until(lambda: _async(escalations.find_one({"due_at": {"$exists": True}})))
            deleted_at = clock.now()
            escalations.update_many({}, {"$unset": {"due_at": ""}})

            await until(lambda: _async(escalations.find_one({"due_at": {"$exists": True}})), 60)
            found_after = clock.now() - deleted_at
            stack.move_clock(90)
            await until(lambda: _async(mailbox.of(SECOND)), 60)
        finally:
            await stack.stop()

    assert found_after < timedelta(seconds=30)
    assert (len(mailbox.of(FIRST)), len(mailbox.of(SECOND))) == (1, 1)


async def _async(value: Any) -> Any:
    return value
