"""The api that the tests of this folder attack: one for a module, asked more often than a client may."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from tests.integration.api.acting_running import acting_api
from tests.integration.api.api_running import RunningApi


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    async with acting_api(servers, tmp_path_factory.mktemp("security"), api_requests_per_minute=0) as running:
        yield running
