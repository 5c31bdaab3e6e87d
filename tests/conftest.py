"""Fixtures of every suite: real servers, a virtual host and a database of its own for each test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pymongo
import pytest
import structlog
from hypothesis import settings

from deploy.local.servers import LocalServers, Servers
from tests.support import servers as shared_servers
from tests.support import vhosts

# How long one example takes says something of the machine's other work, and nothing of the code.
settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")

_joined: list[Servers] = []
_SESSION = "TOCSIN_TEST_SESSION"  # process id of the pytest that was started; xdist workers inherit it

# A busy machine is no fault of the code; how fast it is, is measured in tests/bench.
hypothesis.settings.register_profile(
    "tocsin", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("tocsin")

# As it comes, structlog colours each traceback with all local variables: seconds in which no event loop goes on.
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S", utc=False),
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


def pytest_configure(config: pytest.Config) -> None:
    """Name the session, so that all its workers share one pair of servers."""
    if not hasattr(config, "workerinput"):
        os.environ[_SESSION] = str(os.getpid())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Delete what was kept for a next test, and stop the servers when this was the last session that used them."""
    servers = _joined.pop() if _joined else None
    if servers is not None:
        vhosts.delete_spares(servers)
    if not hasattr(config, "workerinput"):
        shared_servers.leave(os.getpid())


@pytest.fixture(scope="session")
def servers() -> Servers:
    """The running RabbitMQ and MongoDB; tests that stop servers use `own_servers` instead."""
    joined = shared_servers.join(int(os.environ[_SESSION]))
    _joined.append(joined)
    return joined


@pytest.fixture(scope="session")
def mongo_client(servers: Servers) -> Iterator[pymongo.MongoClient[dict[str, Any]]]:
    """A plain client, for looking at what was stored and for cleaning up."""
    with pymongo.MongoClient[dict[str, Any]](
        servers.mongo_url, tz_aware=True, uuidRepresentation="standard"
    ) as client:
        # What a test writes by a clock of its own, standing in the past, would expire by the wall clock.
        client.admin.command("setParameter", 1, ttlMonitorEnabled=False)
        yield client


@pytest.fixture
def amqp_url(servers: Servers) -> Iterator[str]:
    """URL of a virtual host that only this test uses."""
    with vhosts.fresh_vhost(servers) as url:
        yield url


@pytest.fixture
def database(mongo_client: pymongo.MongoClient[dict[str, Any]]) -> Iterator[str]:
    """Name of a database that only this test uses."""
    name = shared_servers.fresh_name()
    yield name
    mongo_client.drop_database(name)


@pytest.fixture
def mongo_url(servers: Servers, database: str) -> str:
    """URL of a database that only this test uses."""
    return shared_servers.with_database(servers.mongo_url, database)


@pytest.fixture(scope="module")
def own_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServers]:
    """A pair that this module's tests may stop, kill and start again: `own_servers.rabbit.kill()`."""
    base: Path = tmp_path_factory.mktemp("servers")
    shared_servers.keep_in_memory(base)
    local = LocalServers(base)
    try:
        local.start()
        yield local
    finally:
        local.destroy()
