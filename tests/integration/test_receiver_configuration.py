"""A receiver and the configuration: new tokens are found, the database may go, and what was known is kept."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.domain.configuration import Integration
from shared.domain.model import SYSTEM
from shared.secrets import digest
from shared.store.configuration import ConfigurationStore
from shared.store.mongo import Database
from tests.integration.receiver_running import a_receiver

pytestmark = pytest.mark.integration
AT = datetime(2026, 1, 5, 12, tzinfo=UTC)


async def store(mongo_url: str, token: str) -> None:
    """Store one more integration and tell nobody."""
    database = Database(mongo_url)
    try:
        configuration = ConfigurationStore(database)
        await configuration.prepare()
        added = Integration(id=f"C{token}", name=token, type="webhook", token_digest=digest(token))
        await configuration.change(lambda draft: draft.put(added), SYSTEM, AT)
    finally:
        database.close()


async def test_a_token_that_is_stored_but_was_not_announced_is_found_by_the_first_request(
    amqp_url: str, mongo_url: str, tmp_path: Path
) -> None:
    await store(mongo_url, "first")
    async with a_receiver(amqp_url, tmp_path, configuration=None, mongo_url=mongo_url) as receiver:
        assert (await receiver.post("/integrations/v1/webhook/first/", json={}))[0] // 100 == 2
        await store(mongo_url, "second")
        receiver.running.io.config._looked_at_s = float("-inf")  # as if the last look were a second ago
        assert (await receiver.post("/integrations/v1/webhook/second/", json={}))[0] // 100 == 2
        assert (await receiver.post("/integrations/v1/webhook/third/", json={}))[0] == 403


async def test_what_was_loaded_once_is_enough_to_start_without_the_database(
    amqp_url: str, mongo_url: str, tmp_path: Path
) -> None:
    await store(mongo_url, "first")
    async with a_receiver(amqp_url, tmp_path, configuration=None, mongo_url=mongo_url) as receiver:
        assert (await receiver.post("/integrations/v1/webhook/first/", json={}))[0] // 100 == 2
    async with a_receiver(amqp_url, tmp_path, configuration=None) as receiver:  # its database does not answer
        assert (await receiver.post("/integrations/v1/webhook/first/", json={}))[0] // 100 == 2
    assert [one.stat().st_mode & 0o777 for one in tmp_path.glob("configuration-*.json")] == [0o600]
