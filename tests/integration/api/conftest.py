"""The api that the tests of this folder talk to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.api.api_running import RunningApi, an_api


@pytest.fixture
async def api(mongo_url: str, tmp_path: Path) -> AsyncIterator[RunningApi]:
    """An api with an empty configuration and no broker."""
    async with an_api(mongo_url, tmp_path) as running:
        yield running
