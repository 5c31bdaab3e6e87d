"""The configuration in memory: newest wins, one look for many, and a file for when the database is away."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from shared.domain.configuration import ConfigSnapshot, Integration, User
from shared.errors import Unavailable
from shared.live_configuration import LiveConfiguration, load_until_there


class Store:
    """A configuration store that can be away, and counts how often it is asked."""

    def __init__(self, version: int = 1) -> None:
        self.stored = snapshot(version)
        self.is_away = False
        self.looks = 0
        self.loads = 0

    async def version(self) -> int:
        """Return the stored version."""
        self.looks += 1
        self._answer()
        return self.stored.version

    async def load(self) -> ConfigSnapshot:
        """Return the stored configuration."""
        self.loads += 1
        self._answer()
        return self.stored

    def _answer(self) -> None:
        if self.is_away:
            raise Unavailable("database: away")


def snapshot(version: int) -> ConfigSnapshot:
    """Return a configuration of this version."""
    return ConfigSnapshot(
        version=version,
        users=(User(id="U1", username=f"alice{version}"),),
        integrations=(Integration(id="C1", name="x", type="webhook", token_digest="d"),),
    )


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "configuration-test.json"


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


async def test_before_anything_was_loaded_it_is_the_empty_version(store: Store, file: Path):
    live = LiveConfiguration(store, file)

    assert (live.current, live.has_any) == (ConfigSnapshot(), False)


async def test_a_version_is_loaded_once(store: Store, file: Path):
    live = LiveConfiguration(store, file)

    await live.load()
    await live.load()

    assert (live.current.version, live.has_any, store.loads) == (1, True, 1)


async def test_an_empty_store_is_loaded_once_and_is_no_configuration(file: Path):
    store = Store(0)
    live = LiveConfiguration(store, file)

    await live.load()
    await live.load()

    assert (live.has_any, store.loads) == (False, 1)


async def test_a_service_that_is_behind_loads_what_an_event_was_decided_with(store: Store, file: Path):
    live = LiveConfiguration(store, file)
    await live.load()
    store.stored = snapshot(2)

    assert (await live.at_least(1)).version == 1
    assert (await live.at_least(2)).version == 2


async def test_a_service_that_is_behind_does_not_decide_with_less(store: Store, file: Path):
    live = LiveConfiguration(store, file)
    await live.load()
    store.is_away = True

    with pytest.raises(Unavailable):
        await live.at_least(2)
    assert (await live.at_least(1)).version == 1


async def test_a_restored_older_version_is_taken_too(file: Path):
    store = Store(5)
    live = LiveConfiguration(store, file)
    await live.load()
    store.stored = snapshot(3)

    await live.load()

    assert live.current.version == 3


async def test_many_who_ask_within_a_second_share_one_look(store: Store, file: Path):
    live = LiveConfiguration(store, file)

    await asyncio.gather(*(live.refresh() for _ in range(50)))

    assert (store.looks, live.current.version) == (1, 1)


async def test_who_asks_during_a_look_waits_for_what_it_finds(store: Store, file: Path):
    live = LiveConfiguration(store, file)
    versions: list[int] = []

    async def ask() -> None:
        await live.refresh()
        versions.append(live.current.version)

    await asyncio.gather(*(ask() for _ in range(5)))

    assert versions == [1] * 5


async def test_a_look_while_the_database_is_away_keeps_what_is_there(store: Store, file: Path):
    live = LiveConfiguration(store, file)
    store.is_away = True

    await live.refresh()

    assert live.current.version == 0


async def test_everybody_who_wants_to_know_is_told_of_a_new_snapshot(store: Store, file: Path):
    live = LiveConfiguration(store, file)
    seen: list[int] = []
    live.on_change(lambda one: seen.append(one.version))

    await live.load()
    await live.load()

    assert seen == [1]


async def test_the_last_good_snapshot_is_kept_for_a_start_without_the_database(store: Store, file: Path):
    await LiveConfiguration(store, file).load()
    store.is_away = True

    late = LiveConfiguration(store, file)
    late.read_file()

    assert (late.current, late.has_any) == (snapshot(1), True)


async def test_only_its_owner_may_read_the_file(store: Store, file: Path):
    await LiveConfiguration(store, file).load()

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in file.parent.iterdir()] == [file.name]


async def test_a_service_keeps_only_what_it_needs_in_memory_and_on_disk(store: Store, file: Path):
    live = LiveConfiguration(store, file, keeps=frozenset({"integrations"}))

    await live.load()

    assert (live.current.users, len(live.current.integrations)) == ((), 1)
    assert "alice" not in file.read_text()


@pytest.mark.parametrize("content", ["", "{", '{"version": "x"}', "[]"])
async def test_a_file_that_cannot_be_read_is_as_none(store: Store, file: Path, content: str):
    file.parent.mkdir()
    file.write_text(content)
    live = LiveConfiguration(store, file)

    live.read_file()

    assert not live.has_any


async def test_a_file_is_completed_from_the_database_though_its_version_is_the_stored_one(
    store: Store, file: Path
):
    """An earlier release kept less, or the folder is from another installation."""
    await LiveConfiguration(store, file, keeps=frozenset({"integrations"})).load()
    live = LiveConfiguration(store, file)
    live.read_file()

    await live.load()

    assert live.current == snapshot(1)


async def test_a_disk_that_takes_no_file_does_not_keep_a_version_from_being_used(store: Store, file: Path):
    file.parent.write_text("a file where the folder should be")
    live = LiveConfiguration(store, file)

    assert (await live.at_least(1)).version == 1


async def test_an_announced_version_is_loaded_in_the_background(store: Store, file: Path):
    live = LiveConfiguration(store, file)
    task = asyncio.create_task(live.keep_up())
    await until(lambda: live.current.version == 1)
    store.stored = snapshot(2)

    live.changed(2)

    await until(lambda: live.current.version == 2)
    task.cancel()


async def test_a_first_start_waits_for_the_database(store: Store, file: Path):
    store.is_away = True
    live = LiveConfiguration(store, file)

    async def come_back(_: float) -> None:
        store.is_away = False

    pause: Callable[[float], Awaitable[None]] = come_back
    await load_until_there(live, pause)

    assert live.current.version == 1


async def test_a_start_with_a_file_does_not_wait_for_the_database(store: Store, file: Path):
    await LiveConfiguration(store, file).load()
    store.is_away = True
    live = LiveConfiguration(store, file)

    await load_until_there(live)

    assert live.current.version == 1


async def test_whoever_is_cancelled_just_as_news_arrive_ends(store: Store, file: Path):
    live = LiveConfiguration(store, file)
    task = asyncio.create_task(live.keep_up())
    await until(lambda: live.current.version == 1)
    await asyncio.sleep(0)

    live.changed(2)
    await asyncio.sleep(0)
    task.cancel()

    done, _ = await asyncio.wait({task}, timeout=2)
    assert done == {task}
