"""A repository has to make its own collections and indexes, so its tests begin with a database without any."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deploy.local.servers import Servers
from tests.support import databases


@pytest.fixture
def database(servers: Servers) -> Iterator[str]:
    """Name of a database in which there is nothing yet."""
    with databases.new_database(servers) as name:
        yield name
