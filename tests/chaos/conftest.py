"""A house of services for the tests that break things around it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.house import House


@pytest.fixture
async def house(amqp_url: str, mongo_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """Services in this process; nothing runs before `start`."""
    made = House(amqp_url, mongo_url, tmp_path)
    yield made
    await made.close()
