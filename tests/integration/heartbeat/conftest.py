"""A house in which the clock stands at noon until the test moves it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared import clock
from tests.integration.heartbeat.listening import Listening, integration
from tests.support.house import House


@pytest.fixture
async def listening(
    amqp_url: str, mongo_url: str, mongo_client: Any, database: str, tmp_path: Path
) -> AsyncIterator[Listening]:
    """A house in which the clock stands at noon; the heartbeat service is not started yet."""
    house = House(amqp_url, mongo_url, tmp_path)
    made = Listening(house, mongo_client[database])
    before = clock.use(made.now)
    try:
        await house.configure(integration())
        await house.start("recorder")
        yield made
        await house.close()
    finally:
        clock.use(before)
