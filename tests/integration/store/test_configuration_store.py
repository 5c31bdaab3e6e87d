"""The stored configuration: one version per change, one consistent snapshot, nothing half-written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest

from shared.domain.configuration import Chain, Integration, User
from shared.domain.configuration_draft import Draft
from shared.domain.model import Actor
from shared.store.configuration import ConfigurationStore
from shared.store.mongo import Database

pytestmark = pytest.mark.integration
AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
ALICE = Actor(kind="user", id="U1", name="alice")


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[Database]:
    found = Database(mongo_url)
    yield found
    found.close()


@pytest.fixture
async def store(database: Database) -> ConfigurationStore:
    made = ConfigurationStore(database)
    await made.prepare()
    return made


def adding(*names: str) -> Callable[[Draft], None]:
    def edit(draft: Draft) -> None:
        for name in names:
            draft.put(User(id=f"U{name}", username=name))

    return edit


async def test_nothing_declared_is_version_0(store: ConfigurationStore):
    assert await store.version() == 0
    assert (await store.load()).users == ()


async def test_a_change_is_one_version_that_others_see(store: ConfigurationStore, database: Database):
    other = ConfigurationStore(database)
    assert (await other.load()).version == 0

    edited = await store.change(adding("b", "a"), ALICE, AT)

    assert (edited.version, len(edited.changes)) == (1, 2)
    assert [one.username for one in (await other.load()).users] == ["b", "a"]
    assert await other.load() == await store.load()


async def test_an_edit_that_changes_nothing_makes_no_version(store: ConfigurationStore):
    await store.change(adding("a"), ALICE, AT)
    edited = await store.change(adding("a"), ALICE, AT)

    assert (edited.version, edited.changes) == (1, [])
    assert await store.version() == 1


async def test_an_edit_that_is_refused_stores_nothing(store: ConfigurationStore):
    def edit(draft: Draft) -> None:
        draft.put(User(id="U1", username="a"))
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        await store.change(edit, ALICE, AT)

    assert (await store.load()).users == ()
    assert await store.version() == 0


async def test_a_write_that_the_database_refuses_is_undone_wholly(store: ConfigurationStore):
    def edit(draft: Draft) -> None:
        draft.put(Chain(id="F1", name="c"))
        for one in ("C1", "C2"):
            draft.put(Integration(id=one, name=one, type="webhook", token_digest="same"))

    with pytest.raises(Exception, match="token_digest"):
        await store.change(edit, ALICE, AT)

    found = await store.load()
    assert (found.version, found.chains, found.integrations) == (0, (), ())


async def test_writers_at_the_same_time_all_get_through_one_after_the_other(database: Database):
    stores = [ConfigurationStore(database) for _ in range(3)]
    await stores[0].prepare()

    edits = [stores[number % 3].change(adding(str(number)), ALICE, AT) for number in range(12)]
    versions = sorted(one.version for one in await asyncio.gather(*edits))

    assert versions == list(range(1, 13))
    for one in stores:
        assert len((await one.load()).users) == 12


async def test_every_change_is_kept_with_who_and_what(store: ConfigurationStore):
    await store.change(adding("a"), ALICE, AT)
    await store.change(lambda draft: draft.put(User(id="Ua", username="a", email="e")), ALICE, AT)
    await store.change(lambda draft: draft.remove(User(id="Ua", username="a")), ALICE, AT)

    audit = await store.audit_of("users", "Ua")

    assert [(one["version"], one["before"] is None, one["after"] is None) for one in audit] == [
        (3, False, True),
        (2, False, False),
        (1, True, False),
    ]
    assert audit[0]["actor"]["name"] == "alice"
    assert audit[0]["at"] == AT
    assert audit[1]["after"]["email"] == "e"
