"""Databases for tests: one that a test is done with is emptied and used again by a later one.

Making some fifty collections with their indexes and dropping them takes the server a third of a second;
deleting their few documents takes a tenth of that. What is kept are collections and indexes, never documents.
"""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pymongo
from pymongo import WriteConcern
from pymongo.errors import PyMongoError

from deploy.local.servers import Servers
from tests.support.servers import with_database

Client = pymongo.MongoClient[dict[str, Any]]
# What a process that was killed had just sent has been written long before the database is emptied.
RESTS_S = 3.0
# Waits for itself and everything before it.
_MAJORITY = WriteConcern("majority")
_resting: deque[tuple[float, str]] = deque()
_clients: dict[str, Client] = {}


def client_of(servers: Servers) -> Client:
    """A plain client, one for the whole session, for looking at what was stored and for cleaning up."""
    if servers.mongo_url not in _clients:
        made: Client = pymongo.MongoClient(servers.mongo_url, tz_aware=True, uuidRepresentation="standard")
        # What a test writes by a clock of its own, standing in the past, would expire by the wall clock.
        made.admin.command("setParameter", 1, ttlMonitorEnabled=False)
        _clients[servers.mongo_url] = made
    return _clients[servers.mongo_url]


@contextmanager
def new_database(servers: Servers) -> Iterator[str]:
    """Name of a database in which there is nothing yet; dropped at the end."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    yield name
    client_of(servers).drop_database(name)


@contextmanager
def fresh_database(servers: Servers) -> Iterator[str]:
    """Name of a database that nobody else uses, with no document in it; it may have collections and indexes."""
    name = _rested(client_of(servers)) or f"test_{uuid.uuid4().hex[:12]}"
    try:
        yield name
    finally:
        _resting.append((time.monotonic(), name))


@contextmanager
def fresh_database_url(servers: Servers) -> Iterator[str]:
    """URL of such a database."""
    with fresh_database(servers) as name:
        yield with_database(servers.mongo_url, name)


def leave() -> None:
    """Drop what is kept for the next test: there is none."""
    for client in _clients.values():
        while _resting:
            client.drop_database(_resting.popleft()[1])
        client.close()
    _clients.clear()


def _rested(client: Client) -> str | None:
    if not _resting or time.monotonic() - _resting[0][0] < RESTS_S:
        return None
    name = _resting.popleft()[1]
    try:
        _empty(client, name)
    except PyMongoError:
        client.drop_database(name)  # a transaction of a process that was killed holds its documents
        return None
    return name


def _empty(client: Client, name: str) -> None:
    database = client[name]
    *others, last = [*database.list_collection_names(), "none"]
    for one in others:
        database.get_collection(one, write_concern=WriteConcern(1)).delete_many({})
    database.get_collection(last, write_concern=_MAJORITY).delete_many({})
