"""An event that kills its process: the other 63 of its batch arrive, and it ends in the dead letters."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared.domain.configuration import ConfigSnapshot
from shared.secrets import new_key
from tests.chaos.poisoned_stage import POISON
from tests.support.build import an_alert
from tests.support.house import House, received, until
from tests.support.queues import letters

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(120)]
ROOT = Path(__file__).resolve().parents[2]
SLOWEST_S = 90.0


@pytest.fixture
def stage(amqp_url: str, mongo_url: str, tmp_path: Path) -> Any:
    """The poisoned stage as a process; it runs from `stage()` on."""
    (tmp_path / "configuration-router.json").write_text(ConfigSnapshot(version=1).model_dump_json())
    environment = os.environ | {
        "TOCSIN_AMQP_URL": amqp_url,
        "TOCSIN_MONGO_URL": mongo_url,
        "TOCSIN_DATA_DIR": str(tmp_path),
        "TOCSIN_SECRET_KEY": new_key(),
        "TOCSIN_INSTANCE": "poisoned",
        "TOCSIN_LOG_LEVEL": "warning",
    }
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        command = [sys.executable, "-m", "tests.chaos.poisoned_stage"]
        started.append(subprocess.Popen(command, env=environment, cwd=ROOT))

    yield start
    for one in started:
        one.send_signal(signal.SIGTERM)
        one.wait(10)


async def test_an_event_that_kills_its_process_ends_alone_and_the_other_63_arrive(house: House, stage: Any):
    batch = [received(an_alert(f"a{one}", payload=POISON if one == 30 else {"n": one})) for one in range(64)]
    await house.publish(*batch)

    await asyncio.to_thread(stage)

    async def dead() -> Any:
        return await letters(house.amqp_url, "tocsin.router.dead")

    (letter,) = await until(dead, SLOWEST_S, what="the poison is in the dead letters")
    assert letter.events[0]["alertid"] == batch[30].alert_id
    assert [one["reason"] for one in letter.headers["x-death"]] == ["delivery_limit"]
    routed = [
        event["alertid"] for one in await letters(house.amqp_url, "tocsin.grouper") for event in one.events
    ]
    assert set(routed) == {one.alert_id for one in batch} - {batch[30].alert_id}
    assert await letters(house.amqp_url, "tocsin.router") == []
