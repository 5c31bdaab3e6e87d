"""Fixtures of every suite: real servers, a virtual host and a database of its own for each test."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import structlog

from deploy.local.servers import LocalServers, Servers
from shared.service import GC_THRESHOLDS
from tests.support import databases, forking, vhosts
from tests.support import servers as shared_servers

_joined: list[Servers] = []
_SESSION = "TOCSIN_TEST_SESSION"  # process id of the pytest that was started; xdist workers inherit it

# How long one example takes says something of the machine's other work; how fast it is, is measured in tests/bench.
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
    """Name the session, so that all its workers share one pair of servers, and say where its files go."""
    forking.use()
    if not hasattr(config, "workerinput"):
        os.environ[_SESSION] = str(os.getpid())
        folder = shared_servers.folder_in_memory()
        if folder is not None:
            os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))


def pytest_collection_finish() -> None:
    """What is loaded now stays; walking it again and again for cycles takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Delete what was kept for a next test, and stop the servers when this was the last session that used them."""
    forking.leave()
    databases.leave()
    servers = _joined.pop() if _joined else None
    if servers is not None:
        vhosts.delete_spares(servers)
    if not hasattr(config, "workerinput"):
        shared_servers.leave(os.getpid())


@pytest.fixture(scope="session")
def servers() -> Servers:
    """The running RabbitMQ and MongoDB; tests that stop servers use `own_servers` instead."""
    fork_server = forking.the_server()  # loads while the servers start
    joined = shared_servers.join(int(os.environ[_SESSION]))
    fork_server.wait_ready()
    _joined.append(joined)
    return joined


@pytest.fixture(scope="session")
def mongo_client(servers: Servers) -> databases.Client:
    """A plain client, for looking at what was stored and for cleaning up."""
    return databases.client_of(servers)


@pytest.fixture
def amqp_url(servers: Servers) -> Iterator[str]:
    """URL of a virtual host that only this test uses."""
    with vhosts.fresh_vhost(servers) as url:
        yield url


@pytest.fixture
def database(servers: Servers) -> Iterator[str]:
    """Name of a database that only this test uses; it may have collections and indexes, but no documents."""
    with databases.fresh_database(servers) as name:
        yield name


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
