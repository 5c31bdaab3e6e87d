"""The spool keeps what it took, in order, whatever happens to its process or its disk."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from services.receiver.spool import Spool, SpoolDamaged, SpoolFailed
from services.receiver.spools import SpoolFull, Spools
from shared.bus.publisher import Encoded

LIMIT = 1024 * 1024


def event(name: str, size: int = 10) -> Encoded:
    return Encoded("alert.received.v1", name, b"x" * size)


def names(spool: Spool) -> list[str]:
    return [one.event.id for one in spool.oldest()]


def test_events_come_back_in_their_order_and_unchanged(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a.db")
    spool.append([event("1"), event("2")], spooled_at=5.0)
    spool.append([event("3")], spooled_at=6.0)
    chunk = spool.oldest()
    assert [(one.event.key, one.event.id, one.event.body, one.spooled_at) for one in chunk] == [
        ("alert.received.v1", "1", b"x" * 10, 5.0),
        ("alert.received.v1", "2", b"x" * 10, 5.0),
        ("alert.received.v1", "3", b"x" * 10, 6.0),
    ]
    spool.close()


def test_only_what_was_confirmed_is_forgotten_and_counts_follow(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a.db")
    spool.append([event("1"), event("2"), event("3")], spooled_at=5.0)
    spool.append([event("4")], spooled_at=9.0)
    spool.delete(spool.oldest(3))
    assert (names(spool), spool.count, spool.oldest_at) == (["4"], 1, 9.0)
    spool.delete(spool.oldest())
    assert (spool.count, spool.size_bytes, spool.oldest_at) == (0, 0, None)
    spool.close()


def test_a_reopened_spool_knows_what_it_holds(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a.db")
    spool.append([event("1", size=100)], spooled_at=5.0)
    size = spool.size_bytes
    spool.close()
    again = Spool(tmp_path / "a.db")
    assert (again.count, again.size_bytes, again.oldest_at, names(again)) == (1, size, 5.0, ["1"])
    again.close()


def test_a_write_is_synced_before_it_returns(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a.db")
    assert spool._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert spool._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    spool.close()


def test_large_events_are_read_a_few_at_a_time(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a.db")
    spool.append([event(str(n), size=600_000) for n in range(3)], spooled_at=5.0)
    assert names(spool) == ["0"]
    spool.close()


def test_a_full_disk_refuses_the_whole_request_and_keeps_what_was_there(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a.db")
    spool.append([event("1")], spooled_at=5.0)
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(SpoolFailed, match="full"):
        spool.append([event("2"), event("3", size=1_000_000)], spooled_at=6.0)
    assert (names(spool), spool.count) == (["1"], 1)
    spool.close()


def test_a_file_that_is_no_database_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"this is not a database, it is a text" * 100)
    with pytest.raises(SpoolDamaged):
        Spool(tmp_path / "a.db")


def test_an_instance_that_never_spooled_leaves_no_file(tmp_path: Path) -> None:
    spools = Spools(tmp_path / "spool", LIMIT)
    spools.adopt()
    spools.close()
    assert not (tmp_path / "spool").exists()


def test_a_living_instance_keeps_its_file_and_a_dead_ones_is_taken_over(tmp_path: Path) -> None:
    first, second = Spools(tmp_path, LIMIT), Spools(tmp_path, LIMIT)
    first.append([event("1")], spooled_at=5.0)
    assert second.adopt() == 0
    first.close()
    assert second.adopt() == 1
    spool = second.next()
    assert spool is not None
    assert names(spool) == ["1"]
    second.close()


def test_a_file_that_was_emptied_is_removed(tmp_path: Path) -> None:
    first, second = Spools(tmp_path, LIMIT), Spools(tmp_path, LIMIT)
    first.append([event("1")], spooled_at=5.0)
    first.close()
    second.adopt()
    spool = second.next()
    assert spool is not None
    spool.delete(spool.oldest())
    second.adopt()
    assert list(tmp_path.iterdir()) == []
    second.close()


def test_the_limit_counts_over_all_held_spools(tmp_path: Path) -> None:
    first = Spools(tmp_path, 2000)
    first.append([event("1", size=1000)], spooled_at=5.0)
    first.close()
    second = Spools(tmp_path, 2000)
    second.adopt()
    with pytest.raises(SpoolFull):
        second.append([event("2", size=1000)], spooled_at=6.0)
    second.append([event("3", size=100)], spooled_at=6.0)
    assert second.count == 2
    second.close()


def test_the_oldest_file_is_emptied_first(tmp_path: Path) -> None:
    first = Spools(tmp_path, LIMIT)
    first.append([event("old")], spooled_at=5.0)
    first.close()
    second = Spools(tmp_path, LIMIT)
    second.append([event("new")], spooled_at=6.0)
    second.adopt()
    spool = second.next()
    assert spool is not None
    assert names(spool) == ["old"]
    assert second.oldest_at == 5.0
    second.close()


def test_a_damaged_file_is_kept_for_people_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_bytes(b"this is not a database, it is a text" * 100)
    good = Spool(tmp_path / "good.db")
    good.append([event("1")], spooled_at=5.0)
    good.close()
    spools = Spools(tmp_path, LIMIT)
    assert spools.adopt() == 1
    assert (tmp_path / "bad.damaged").exists()
    spools.close()


def test_a_spool_found_damaged_later_is_set_aside(tmp_path: Path) -> None:
    spools = Spools(tmp_path, LIMIT)
    spools.append([event("1")], spooled_at=5.0)
    spool = spools.next()
    assert spool is not None
    spools.set_aside(spool)
    assert (spools.next(), spools.count) == (None, 0)
    assert len(list(tmp_path.glob("*.damaged"))) == 1
    spools.append([event("2")], spooled_at=6.0)
    assert spools.count == 1
    spools.close()


def test_a_folder_that_cannot_be_made_is_a_failure_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolFailed):
        Spools(tmp_path / "file" / "spool", LIMIT).append([event("1")], spooled_at=5.0)


def test_another_process_sees_what_was_written_without_any_close(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a.db")
    spool.append([event("1")], spooled_at=5.0)
    with sqlite3.connect(tmp_path / "a.db") as reader:
        assert reader.execute("SELECT id FROM spooled").fetchall() == [("1",)]
    reader.close()
    spool.close()
