"""A house of services for each test of the pipeline."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.domain.configuration import ConfigSnapshot, Integration
from tests.support.build import a_configuration, notify
from tests.support.house import House, token_digest


@pytest.fixture
async def house(amqp_url: str, mongo_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """Services in this process; nothing runs before `start`."""
    made = House(amqp_url, mongo_url, tmp_path)
    yield made
    await made.close()


@pytest.fixture
def configuration() -> ConfigSnapshot:
    """Integration C1 (webhook) -> route R1 -> chain F1 that notifies alice."""
    integration = Integration(id="C1", name="Hook", type="webhook", token_digest=token_digest())
    return a_configuration(notify("U1"), integrations=(integration,))
